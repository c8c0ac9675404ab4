"""What a service keeps, and for how long."""

from __future__ import annotations

from pathlib import Path

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.store.files import StoredFile
from support.bare import connect
from support.fetching import fetch
from support.until import until


async def test_what_has_not_changed_for_longest_makes_room():
    with EmbeddedServer(limits=Limits(kept=6000)) as server:
        async with connect(server) as client, connect(server) as other:
            first, second = await client.start(), await other.start()
            await client.say("x" * 1500)
            await client.bot()
            for _ in range(4):
                await other.say("x" * 1500)
                await other.bot()
            told = await client.until("general_error")
            assert (told["error_code"], told["conversation_id"]) == (410, first)
            assert told["error_desc"] == (
                "The server keeps 6000 bytes, and no more: start a new conversation"
            )
            assert [one.id for one in server.service.store] == [second]


async def test_a_store_that_is_too_large_for_its_limits_is_made_smaller(tmp_path: Path):
    store = tmp_path / "store.db"
    with EmbeddedServer(store=store) as server:
        async with connect(server) as client:
            names = [await client.start(metadata={"big": "x" * 1000}) for _ in range(3)]
    with EmbeddedServer(store=store, limits=Limits(kept=4000)) as server:
        assert [one.id for one in server.service.store] == names[1:]


async def test_files_are_forgotten_like_conversations():
    with EmbeddedServer(limits=Limits(idle=0.05)) as server:
        url = server.call(
            lambda: server.service.add_file(StoredFile("a.txt", "text/plain", b"x"))
        ).url
        await until(lambda: not server.service.files._stored)
        assert (await fetch(url)).status == 404


async def test_an_idle_conversation_is_forgotten_and_its_client_told():
    with EmbeddedServer(limits=Limits(idle=0.05)) as server:
        async with connect(server) as client:
            await client.start()
            error = await client.until("general_error")
            assert (error["error_code"], error["conversation_id"]) == (410, client.conversation_id)
            assert error["error_desc"] == "Nothing was said for 0.05 s: start a new conversation"
            await client.say("Still there?")
            assert (await client.until("general_error"))["error_desc"] == "Invalid conversation_id"
            assert not list(server.service.store)
