"""The faults of a connection to the embedded server, as a bare client meets it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from captivate_nb.errors import UsageError
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.faults import connection as injection
from captivate_nb.server.faults.connection import Delayed, FaultyNetwork
from captivate_nb.server.faults.profiles import ConnectionLimits
from captivate_nb.server.faults.spec import Faults
from support.bare import Bare, connect, texts
from support.rogue import until


@asynccontextmanager
async def serving(faults: Any = None, **options: Any) -> AsyncIterator[EmbeddedServer]:
    server = EmbeddedServer(faults=faults, **options)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def talking(faults: Any = None, **options: Any) -> AsyncIterator[tuple[EmbeddedServer, Bare]]:
    """A conversation begun on a good network, which then becomes a bad one."""
    async with serving(**options) as server, connect(server) as client:
        await client.start()
        server.faults = faults
        yield server, client


async def greeting(client: Bare) -> list[str]:
    await client.say("")
    return texts(await client.bot())


async def closed(client: Bare) -> int:
    """Read until the connection closes, and return the code; 1006 is none at all."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            async for _ in client.socket:
                pass
    assert client.socket.close_code is not None
    return client.socket.close_code


async def test_faults_can_be_changed_at_any_time_from_any_thread():
    async with talking() as (server, client):
        assert server.faults == Faults()
        other = threading.Thread(target=setattr, args=(server, "faults", "drop-after=1"))
        other.start()
        other.join()
        assert server.faults.drop_after == 1
        assert server.faults.seed is not None
        with pytest.raises(UsageError, match="Did you mean"):
            server.faults = "dorp"
        await client.say("hello")
        assert await closed(client) == 1006
        server.faults = "off"
        async with connect(server) as again:
            await again.start()
            assert await greeting(again)


async def test_a_delay_keeps_the_order():
    async with talking("delay=20, jitter=20, seed=1", flow="everything") as (_, client):
        for text in ("one", "two", "three"):
            await client.say(text)
        told = await client.ask("conversation_transcript_request", "conversation_transcript")
        said = [str(entry) for entry in told["transcript"] if "'from': 'user'" in str(entry)]
        assert [text in line for text, line in zip(("one", "two", "three"), said, strict=True)]
        assert len(said) == 3


async def test_a_message_can_come_twice():
    async with talking("duplicate=1, seed=1") as (_, client):
        await client.say("")
        assert await client.bot() == await client.bot()


async def test_a_message_can_come_after_the_next_and_the_last_comes_all_the_same():
    async with talking("reorder=1, seed=1") as (_, client):
        for kind in ("metadata_request", "conversation_transcript_request"):
            await client.send(kind, conversation_id=client.conversation_id)
        kinds = [(await client.next())[0] for _ in range(2)]
        assert kinds == ["conversation_transcript", "conversation_metadata"]
        assert await greeting(client)


async def test_the_end_of_a_message_can_be_cut_off_either_way():
    async with talking("truncate=1, seed=1") as (server, client):
        await client.send("metadata_request", conversation_id=client.conversation_id)
        broken = await asyncio.wait_for(client.socket.recv(), 5)
        with pytest.raises(json.JSONDecodeError):
            json.loads(broken)
        server.faults = "off"
        await client.send("metadata_request", conversation_id=client.conversation_id)
        assert (await client.next())[0] == "conversation_metadata"


async def test_nonsense_can_come_before_a_message():
    async with talking("garbage=1, seed=1") as (_, client):
        await client.say("")
        with pytest.raises((json.JSONDecodeError, KeyError, TypeError)):
            await client.next()
        assert await client.bot()


async def test_what_the_bot_says_can_come_as_a_link():
    async with talking("413=1, seed=1") as (server, client):
        await client.say("")
        error = await client.until("general_error")
        assert error["error_code"] == 413
        connection = f"{error['message_link']}?apiKey={server.key}"
        body = json.loads(await asyncio.to_thread(lambda: urlopen(connection).read()))
        assert body["event_type"] == "bot_message"
        assert body["botMessage"]["content"] == body["event_payload"]["content"]
        await client.ask("metadata_request", "conversation_metadata")


@pytest.mark.parametrize("seed", range(8))
async def test_a_connection_can_break_before_or_after_a_message(seed: int):
    async with talking(f"drop=1, seed={seed}") as (_, client):
        await client.say("")
        assert await closed(client) == 1006


async def test_a_connection_can_break_in_the_middle_of_a_message():
    async with talking("drop-mid-message=1") as (_, client):
        await client.say("")
        assert await closed(client) == 1006


async def test_a_connection_can_seem_to_be_there():
    async with talking("half-open=1") as (server, client):
        await client.say("")
        pong = await client.socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(pong), 0.1)
        (connection,) = server._network.connections
        server.call(connection._close_going_away)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.socket.recv(), 0.1)
        client.socket.transport.abort()
        await until(lambda: not server._network.connections)


async def test_a_restart_breaks_every_connection_and_lets_nobody_in_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(injection, "DOWN", 0.3)
    async with talking() as (server, client), connect(server) as other:
        server.faults = "restart=1"
        await client.say("")
        assert await closed(client) == await closed(other) == 1006
        server.faults = "off"
        with pytest.raises(InvalidStatus, match="503"):
            async with connect(server):
                pass
        await until_in(server)


async def until_in(server: EmbeddedServer) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                async with connect(server):
                    return
            except InvalidStatus:
                continue


async def test_a_key_can_be_refused():
    async with serving("wrong-key") as server:
        with pytest.raises(InvalidStatus, match="401"):
            async with connect(server):
                pass


async def refusal(server: EmbeddedServer) -> int | None:
    """How connecting is refused: an HTTP status or a close code, None for not at all."""
    try:
        async with connect(server):
            return None
    except InvalidStatus as error:
        return error.response.status_code
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd and "key" in error.rcvd.reason else -1


async def test_after_a_break_connecting_is_refused_in_every_way_a_service_has():
    async with serving("refuse=3600, seed=1") as server:
        async with connect(server) as client:
            assert await refusal(server) is None  # closed by its client, and not broken
            assert await refusal(server) is None
            client.socket.transport.abort()
            await until(lambda: not server._network.connections)
        assert {await refusal(server) for _ in range(20)} == {401, 403, 1008}
        await until(lambda: not server.service.router.sockets)
        server.faults = "off"
        assert await refusal(server) is None


async def test_a_refusal_has_its_end_and_is_no_break_itself():
    async with talking("refuse=3600, drop=1, seed=1") as (server, client):
        await client.say("")
        assert await closed(client) == 1006
        server.faults = "refuse=3600, seed=1"
        assert await refusal(server) in {401, 403, 1008}
        server.faults = "refuse=0.5, seed=1"
        async with asyncio.timeout(5):
            while await refusal(server) is not None:
                pass


async def test_a_client_can_leave_a_slow_handshake():
    async with serving("slow-handshake=600000") as server:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect(server).__aenter__(), 0.1)
        server.faults = "slow-handshake=1"
        async with connect(server) as client:
            assert await client.start()


async def test_nothing_goes_through_what_is_closed():
    passed: list[str] = []

    class Endpoint:
        def write_frame(self, frame: str) -> None:
            passed.append(frame)

        def receive(self, message: str | bytes) -> None:
            passed.append("received")

    connection = FaultyNetwork(None, ConnectionLimits()).open(Endpoint(), None)  # type: ignore[arg-type]  # no more is asked of it
    connection.send("before")
    connection.close()
    connection.send("after")
    connection.receive("after")
    assert passed == ["before"]


async def drawn_faults(faults: str) -> list[set[str]]:
    """What happens to 40 messages of the same connection."""

    class Endpoint:
        def write_frame(self, frame: str) -> None: ...

    connection = FaultyNetwork(faults, ConnectionLimits()).open(Endpoint(), None)  # type: ignore[arg-type]  # nothing else is asked of it
    drawn = [connection._draw_faults("out").names for _ in range(40)]
    connection.close()
    return drawn


async def test_a_seed_repeats_a_run_and_another_does_not():
    assert await drawn_faults("drop=0.5, seed=1") == await drawn_faults("drop=0.5, seed=1")
    assert await drawn_faults("drop=0.5, seed=1") != await drawn_faults("drop=0.5, seed=2")


async def test_one_more_fault_leaves_the_others_as_they_were():
    alone = await drawn_faults("drop=0.5, seed=1")
    both = await drawn_faults("drop=0.5, garbage=0.5, seed=1")
    assert [names - {"garbage"} for names in both] == alone


async def test_what_is_delayed_can_be_forgotten():
    done: list[int] = []
    delayed = Delayed()
    delayed.add(lambda: done.append(0), 0)
    delayed.add(lambda: done.append(1), 0.001)
    delayed.add(lambda: done.append(2), 0)
    await until(lambda: done == [0, 1, 2])
    delayed.add(lambda: done.append(3), 0.001)
    delayed.clear()
    last = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, last.set)
    await last.wait()
    assert done == [0, 1, 2]


async def heard(client: Bare, count: int) -> list[str]:
    return [str(await asyncio.wait_for(client.socket.recv(), 5)) for _ in range(count)]


async def test_heartbeats_come_between_the_messages_from_when_they_are_asked_for():
    async with talking() as (server, client):
        server.faults = "heartbeats=100"
        assert set(await heard(client, len(injection._HEARTBEATS))) == set(injection._HEARTBEATS)
        await client.say("")
        assert set(await before_a_message(client)) <= set(injection._HEARTBEATS)
        server.faults = "off"
        for _ in range(2):  # what was on its way comes before the first answer
            await client.send("metadata_request", conversation_id=client.conversation_id)
            late = await before_a_message(client)
        assert late == []


async def before_a_message(client: Bare) -> list[str]:
    """What comes before the next message."""
    frames = await heard(client, 1)
    while not frames[-1].startswith('{"action":"receiveMessage"'):
        frames += await heard(client, 1)
    return frames[:-1]


async def test_heartbeats_keep_a_connection_from_being_idle():
    async with talking("heartbeats=20", profile="apigateway, idle=0.2") as (server, client):
        assert len(await heard(client, 10)) == 10
        server.faults = "off"
        assert await closed(client) == 1001


@pytest.mark.parametrize("end", ["close", "half-open"])
async def test_heartbeats_end_with_their_connection(end: str):
    async with talking("heartbeats=100") as (server, client):
        await heard(client, 1)
        (connection,) = server._network.connections
        if end == "half-open":
            server.faults = "heartbeats=100, half-open=1"
            await client.say("")
            await until(lambda: connection._closed)
            server.faults = "heartbeats=50"  # nobody hears them any more
        else:
            await client.socket.close()
            await until(lambda: not server._network.connections)
        server.call(lambda: None)
        assert connection._heartbeat._timer is not None
        assert connection._heartbeat._timer.cancelled()
        client.socket.transport.abort()


# --- the limits of a service --------------------------------------------------------------------

SMALL = ConnectionLimits(message=4000, frame=1000)


async def test_a_frame_too_large_closes_with_1009():
    async with talking(profile=SMALL) as (_, client):
        await client.socket.send("x" * 1001)
        assert await closed(client) == 1009
        assert client.socket.close_reason == "A frame has at most 1000 bytes"


async def test_a_message_too_large_closes_with_1009_whatever_its_frames():
    async with talking(profile=SMALL) as (_, client):
        await client.socket.send(["x" * 900] * 6)
        assert await closed(client) == 1009
        assert client.socket.close_reason == "A message has at most 4000 bytes"


async def test_a_message_in_fragments_is_taken():
    async with talking(profile=SMALL) as (_, client):
        payload = {"conversation_id": client.conversation_id, "padding": "x" * 1500}
        event = {"event_type": "metadata_request", "event_payload": payload}
        frame = json.dumps({"action": "sendMessage", "event": event})
        await client.socket.send([frame[:900], frame[900:]])
        assert await client.until("conversation_metadata")


@pytest.mark.parametrize("limit", ["idle", "life"])
async def test_a_connection_is_closed_when_its_time_is_over(limit: str):
    async with (
        serving(profile=f"apigateway, {limit}=0.1") as server,
        connect(server) as client,
    ):
        assert await closed(client) == 1001
        assert client.socket.close_reason == "Going away"


async def test_messages_keep_a_connection_from_being_idle():
    async with talking(profile="apigateway, idle=1") as (_, client):
        last = asyncio.get_running_loop().time() + 2.5
        while asyncio.get_running_loop().time() < last:
            await client.ask("metadata_request", "conversation_metadata")
        assert await closed(client) == 1001
