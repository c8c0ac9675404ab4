"""The WebSocket side."""

from __future__ import annotations

import pytest
import websockets

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import Bare, connect
from support.fetching import fetch
from support.until import until


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("garbage", "The frame is not JSON"),
        ("[1]", "and not an object"),
        ('{"event": {}}', "event_type"),
        ('{"event": {"event_type": "user_message"}}', "The user_message event cannot be read"),
        (b"\xff\xfe", "The frame is not JSON"),
    ],
)
async def test_a_malformed_frame_is_an_error_and_the_socket_lives(
    client: Bare, frame: str | bytes, words: str
):
    await client.socket.send(frame)
    error = await client.until("general_error")
    assert error["error_code"] == 400
    assert words in error["error_desc"]
    await client.start()


async def test_fragments_are_one_message(client: Bare):
    await client.socket.send(['{"event": {"event_type": "conver', 'sation_start"}}'])
    await client.until("conversation_start_success")


async def test_a_message_over_the_limit_closes_with_1009(client: Bare):
    await client.start()
    await client.say("x" * (127 * 1024))
    await client.bot()
    await client.say("x" * (128 * 1024))
    with pytest.raises(websockets.ConnectionClosed) as caught:
        await client.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


async def test_a_client_that_is_gone_is_forgotten(server: EmbeddedServer):
    async with connect(server) as client, connect(server) as other:
        await client.start()
        await client.say("agent")
        client.socket.transport.abort()  # no closing handshake
        await client.socket.wait_closed()
        other.conversation_id = client.conversation_id
        assert await other.ask("metadata_request", "conversation_metadata")
        await until(lambda: len(server.service.router.sockets) == 1)


async def test_what_is_sent_to_a_socket_just_closed_is_lost_and_no_more(server: EmbeddedServer):
    async with connect(server) as client:
        await client.start()
        socket = next(reversed(server.service.router.sockets.values()))

        def close_and_send():
            socket.close(1000, "")
            socket.send("x")
            return socket in server.service.router.sockets.values()

        assert not server.call(close_and_send)
        assert socket not in server.service.router.sockets.values()


async def test_a_page_that_is_no_websocket(server: EmbeddedServer):
    answer = await fetch(f"{server.http_url}/dev", x_api_key=server.key)
    assert answer.status == 404
    assert "connect with ws://" in answer.json()["event"]["event_payload"]["error_desc"]


async def test_a_client_that_does_not_read_is_closed(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_text("nodes: {a: Hi.}\nfallback: [{text: 'x', times: 100000}]")
    with EmbeddedServer(path, limits=Limits(queue=1 << 20)) as server:
        async with connect(server) as client:
            await client.start()
            client.socket.transport.pause_reading()
            conversation = server.service.find(client.conversation_id)
            while server.service.router.sockets:
                said = len(conversation.entries)
                await client.say("more")
                await until(lambda said=said: len(conversation.entries) == said + 2)
            client.socket.transport.resume_reading()
            with pytest.raises(websockets.ConnectionClosed):
                await client.until("nothing that ever comes")
            assert client.socket.close_code == 1013
            assert client.socket.close_reason == "Too slow: 1048576 bytes wait to be read"


async def test_a_server_has_so_many_sockets():
    with EmbeddedServer(limits=Limits(sockets=1)) as server:
        async with connect(server):
            with pytest.raises(websockets.InvalidStatus) as caught:
                async with connect(server):
                    pass
            assert caught.value.response.status_code == 503
            body = caught.value.response.body or b""
            assert b"This server has 1 sockets open, and no more: close some" in body
        await until(lambda: not server.service.router.sockets)
        async with connect(server):
            pass
