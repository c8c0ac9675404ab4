"""Many conversations at once; the large version, with figures, is benchmarks/server_load.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from support.crowd import FLOW, Tally, crowd


@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "in a file"])
async def test_no_message_is_lost_or_crossed(kept: bool, tmp_path: Path):
    path = tmp_path / "echo.yaml"
    path.write_text(FLOW)
    tally, rounds = Tally(), iter(range(50))
    with EmbeddedServer(path, store=tmp_path / "store.db" if kept else None) as server:
        await crowd(
            server.ws_url,
            server.key,
            guests=50,
            turns=4,
            again=lambda: next(rounds, None) is not None,
            tally=tally,
        )
        assert tally == Tally(turns=400, conversations=100)
        assert not list(server.service.store), "what was deleted is forgotten"
