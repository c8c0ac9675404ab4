"""The vendor's own npm client, under Node, holds whole conversations with the embedded server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from captivate_nb.server.embedded import EmbeddedServer

FOLDER = Path(__file__).parents[1] / "vendor_client"
SCENARIOS = {
    "support": [
        "greeting",
        "userFirst",
        "liveChat",
        "metadata",
        "lists",
        "editAndTranscript",
        "files",
        "deletion",
        "unknownConversation",
        "wrongKey",
        "reconnect",
    ],
    "shop": ["actions"],
    "everything": ["largeMessage"],
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, EmbeddedServer]]:
    servers = {flow: EmbeddedServer(flow).start() for flow in SCENARIOS}
    yield servers
    for server in servers.values():
        server.stop()


def run(server: EmbeddedServer, scenario: str) -> dict[str, Any]:
    node = shutil.which("node")
    assert node, "Node is missing: `make test` installs it"
    assert (FOLDER / "node_modules" / "captivate-chat-api").is_dir(), (
        f"The vendor's client is missing: `make test` installs it, or `npm install` in {FOLDER}"
    )
    ran = subprocess.run(
        [node, "driver.mjs", scenario],
        cwd=FOLDER,
        env={
            **os.environ,
            "WS_URL": server.ws_url,
            "HTTP_URL": server.http_url,
            "API_KEY": server.key,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize(
    ("flow", "scenario"),
    [(flow, scenario) for flow, names in SCENARIOS.items() for scenario in names],
)
def test_the_vendor_s_client(servers: dict[str, EmbeddedServer], flow: str, scenario: str):
    run(servers[flow], scenario)


def test_every_scenario_is_run():
    source = (FOLDER / "driver.mjs").read_text(encoding="utf-8")
    listed = [name for names in SCENARIOS.values() for name in names]
    assert source.count("\n  async ") == len(listed)
