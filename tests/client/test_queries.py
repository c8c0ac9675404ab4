"""Records: what the server keeps and is asked for."""

from __future__ import annotations

from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.client.queries import (
    EMPTY,
    METADATA_SHOWN,
    SHOWN,
    ConversationRecord,
    Conversations,
)
from captivate_nb.errors import NoConversation, ServerError, UsageError
from support.markup import typeset
from support.rogue import Socket, frame, rogue


async def test_metadata_goes_both_ways_and_private_stays_private():
    async with await cn.demo(metadata={"plan": "free"}) as session:
        assert session.metadata == {"plan": "free"}
        seen: list[Any] = []
        session.observe(lambda change: seen.append(change["new"]), "metadata")

        told = await session.set_metadata({"plan": "vip", "private": {"card": 1}}, target="bot")

        assert told == session.metadata == {"plan": "vip"}
        assert seen[-1] == {"plan": "vip"}
        assert await session.fetch_metadata() == {"plan": "vip"}


async def test_an_unknown_metadata_target_names_the_nearest():
    async with await cn.demo() as session:
        with pytest.raises(UsageError, match="bot_live"):
            await session.set_metadata({"a": 1}, target="bot-live")
        with pytest.raises(UsageError, match="Metadata is a dict"):
            await session.set_metadata(["vip"])  # type: ignore[arg-type]


async def test_lists_filters_pages_and_deletes():
    async with await cn.demo(user_id="ann", metadata={"plan": "vip", "city": "Bern"}) as session:
        first = session.conversation_id
        await session.restart(metadata={"plan": "free", "city": "Basel"})
        second = session.conversation_id
        assert first != second

        assert {c.id for c in await session.conversations()} == {first, second}
        found = await session.conversations(filter={"plan": "vip"})
        assert [(c.id, c.metadata["city"]) for c in found] == [(first, "Bern")]
        assert len(await session.conversations("ann", page=2, limit=1)) == 1
        assert await session.conversations(search={"city": "Ba"}) == [
            (second, {"plan": "free", "city": "Basel"})
        ]

        await session.delete(first)
        assert [c.id for c in await session.conversations()] == [second]
        await session.delete_all()
        assert await session.conversations() == []
        with pytest.raises(ServerError, match="conversation nobody"):  # and does not wait for it
            await session.delete_all("nobody")
        with pytest.raises(NoConversation, match=r"restart\(\)"):
            await session.say("still there?")
        await session.restart()
        assert session.choices


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.set_metadata({"price": float("nan")}),
        lambda session: session.set_metadata({}, target=5),
        lambda session: session.conversations(5),
        lambda session: session.conversations(filter=5),
        lambda session: session.conversations(search=[1]),
        lambda session: session.conversations(page=0),
        lambda session: session.conversations(page=1, limit="all"),
        lambda session: session.delete(5),
        lambda session: session.delete_all(5),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_sent(call: Any):
    async with await cn.demo() as session:
        known = len(session.events)
        with pytest.raises(UsageError, match=" not | holds NaN | no metadata target "):
            await call(session)
        assert len(session.events) == known


async def test_lists_fall_back_to_the_older_event():
    soon = cn.Timeouts(unsure=0.05)

    async def older(socket: Socket) -> None:
        await socket.greet()
        assert await socket.receive("get_conversations") == {"userId": "anon"}
        await socket.receive("get_user_conversations")
        await socket.send(frame("user_conversations", {"conversations": ["a", "b"]}))
        await socket.receive("metadata")
        await socket.receive("metadata_request")
        await socket.send(
            frame("conversation_metadata", {"conversation_id": "c-1", "content": {"z": 1}})
        )
        await socket.receive("get_conversations")
        await socket.send(frame("general_error", {"error_code": 400, "error_desc": "what?"}))
        await socket.receive("get_user_conversations")
        await socket.send(frame("user_conversations", {"conversations": []}))

    async with (
        rogue(older) as server,
        await cn.connect(server.url, "a-long-test-key", timeouts=soon) as session,
    ):
        assert [c.id for c in await session.conversations()] == ["a", "b"]
        assert await session.set_metadata({"y": 1}) == {"z": 1}
        assert await session.conversations() == []


async def test_a_file_of_the_embedded_server_is_fetched():
    async with await cn.demo() as session:
        await session.click("Chat to Agent")
        [file] = session.transcript[-1].files or session.transcript[-2].files
        kind, data = await session.fetch_file(file.url)
        assert kind == "image/svg+xml"
        assert b"<svg" in data


# --- how a list of conversations shows ---------------------------------------------------------


def test_conversations_show_as_a_table():
    known = Conversations(
        [
            ConversationRecord("a-1", {"plan": "vip", "name": "Zoë"}),
            ConversationRecord("b\x1b[31m", {"<b>": "x" * 500}),
        ]
    )
    shown = known._repr_mimebundle_()
    first, second = shown["text/plain"].splitlines()
    assert first == 'a-1  {"plan": "vip", "name": "Zoë"}'
    assert second.startswith('b[31m  {"<b>": "xxx')
    assert len(second) < METADATA_SHOWN + 10
    assert second.endswith("…")
    assert "<b>" not in shown["text/html"]
    assert shown["text/html"].count("<tr>") == 3
    assert known == list(known)


def test_prices_in_metadata_are_no_formula():
    shown = Conversations([ConversationRecord("$a$", {"month": "$5", "year": "$50"})])
    html = shown._repr_mimebundle_()["text/html"]
    assert "$50" in html
    assert "$" not in typeset(html)


def test_many_conversations_and_none():
    many = Conversations(ConversationRecord(f"c-{n}", {}) for n in range(SHOWN + 1))
    shown = many._repr_mimebundle_()
    assert len(shown["text/plain"].splitlines()) == SHOWN + 1
    for text in shown.values():
        assert text.endswith("… 1 more conversation")
    for text in Conversations()._repr_mimebundle_().values():
        assert EMPTY in text
