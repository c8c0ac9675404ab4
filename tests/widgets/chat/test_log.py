"""The log's model: numbered batches to the page, and what the page may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from captivate_nb.conversation.message import Delivery, Message
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.errors import InvalidFile, UsageError
from captivate_nb.protocol.content import Buttons, Option, Text
from captivate_nb.widgets.chat.log import CHUNK, HANDED_OVER, PROBLEMS, TAIL, LogWidget
from captivate_nb.widgets.chat.message_view import ROOM
from support.front_end import FrontEnd
from support.rogue import until

Choose = Callable[[Message, Option], Awaitable[None]]


def said(index: int, text: str = "") -> Message:
    words = text or f"message {index}"
    return Message(id=f"m{index}", sender="bot", text=words, content=(Text(words),), time=1.7e9)


def waiting(index: int) -> Message:
    return mine(index, "queued")


def mine(index: int, delivery: Delivery) -> Message:
    return Message(id=f"m{index}", sender="user", text="hm", delivery=delivery)


class Chat:
    """A transcript that grows, and the log that shows it."""

    def __init__(self, front_end: FrontEnd, known: int = 0, choose: Choose | None = None) -> None:
        self.messages = [said(index) for index in range(known)]
        self.transcript = Transcript.view(self.messages)
        self.outbox: tuple[Message, ...] = ()
        self.front_end = front_end
        self.log = LogWidget(self, asyncio.get_running_loop(), choose or self.chosen)
        self.clicked: list[tuple[str, str]] = []

    async def chosen(self, message: Message, option: Option) -> None:
        self.clicked.append((message.id, option.label))

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            self.messages.append(said(len(self.messages)))
            self.log.changed(len(self.messages) - 1)

    def batches(self, kind: str = "append") -> list[dict[str, Any]]:
        return self.front_end.custom(self.log, kind)

    def spans(self, kind: str = "append") -> list[tuple[int, int, int]]:
        """Start, end and total of every batch."""
        return [
            (batch["start"], batch["start"] + len(batch["items"]), batch["total"])
            for batch in self.batches(kind)
        ]

    async def total(self, count: int) -> None:
        """Wait until the page was told of so many messages."""
        await until(lambda: self.batches() and self.batches()[-1]["total"] == count)


# --- what the page is told ---------------------------------------------------------------------


async def test_a_view_begins_with_the_newest(front_end: FrontEnd):
    chat = Chat(front_end, 200)
    saved = front_end.sent[-1].data["state"]["saved"]
    assert saved["start"] == 200 - TAIL
    assert [item["id"] for item in saved["items"]] == [f"m{n}" for n in range(150, 200)]
    assert chat.batches() == []


async def test_a_message_is_one_small_batch_at_once(front_end: FrontEnd):
    chat = Chat(front_end, 10_000)
    before = len(front_end.sent)
    chat.add()
    assert len(front_end.sent) == before + 1
    assert front_end.sent[-1].size < 300
    assert chat.spans() == [(10_000, 10_001, 10_001)]


async def test_what_follows_at_once_is_put_together(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.add(50)
    assert chat.spans() == [(0, 1, 1)]
    await chat.total(50)
    assert chat.spans() == [(0, 1, 1), (1, 50, 50)]
    assert [item["id"] for item in chat.batches()[1]["items"]] == [f"m{n}" for n in range(1, 50)]


async def test_of_a_burst_the_newest_come_first_and_the_page_asks_for_the_rest(
    front_end: FrontEnd,
):
    chat = Chat(front_end)
    chat.add(5000)
    await chat.total(5000)
    assert chat.spans() == [(0, 1, 1), (5000 - CHUNK, 5000, 5000)]
    assert "first" not in chat.batches()[-1]
    front_end.say(chat.log, {"kind": "need", "start": 1, "stop": 5000 - CHUNK})
    await until(lambda: chat.batches("fill"))
    assert chat.spans("fill") == [(5000 - 2 * CHUNK, 5000 - CHUNK, 5000)]


async def test_a_change_in_the_middle_is_replaced_alone(front_end: FrontEnd):
    chat = Chat(front_end, 1000)
    chat.messages[5] = said(5, "edited")
    chat.log.changed(5)
    assert chat.spans() == [(5, 6, 1000)]
    assert chat.batches()[0]["items"][0]["parts"] == [{"kind": "text", "text": "edited"}]
    assert "first" not in chat.batches()[0]


async def test_a_change_of_very_much_is_told_from_its_end(front_end: FrontEnd):
    chat = Chat(front_end, 1000)
    chat.messages[:] = [said(index, "other") for index in range(1000)]
    chat.log.changed(0)
    assert chat.spans() == [(1000 - CHUNK, 1000, 1000)]
    assert chat.batches()[0]["first"] == 0


async def test_of_long_messages_the_page_asks_for_those_that_had_no_room(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.messages += [said(index, "a" * (ROOM // 3)) for index in range(10)]
    assert chat.log.tail()["start"] == 8
    chat.log.changed(0)
    assert chat.spans() == [(8, 10, 10)]
    front_end.say(chat.log, {"kind": "need", "start": 0, "stop": 8})
    await until(lambda: chat.batches("fill"))
    assert chat.spans("fill") == [(6, 8, 10)]


async def test_long_messages_that_changed_are_told_anew_from_the_first(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.messages += [said(index, "a") for index in range(10)]
    chat.log.changed(0)
    await until(lambda: chat.log._timer is None)
    chat.messages[2:7] = [said(index, "a" * (ROOM // 3)) for index in range(2, 7)]
    chat.log.changed(2)
    assert chat.batches()[-1]["first"] == 2
    assert chat.spans()[-1] == (5, 10, 10)


async def test_messages_put_in_between_are_told_with_all_behind_them(front_end: FrontEnd):
    chat = Chat(front_end, 10)
    chat.messages.insert(4, said(99))
    chat.log.changed(4)
    assert chat.spans() == [(4, 11, 11)]
    assert chat.batches()[0]["first"] == 4


async def test_a_new_conversation_forgets_the_old_one(front_end: FrontEnd):
    chat = Chat(front_end, 10)
    chat.messages.clear()
    chat.log.changed(0)
    assert chat.batches() == [{"kind": "append", "start": 0, "items": [], "total": 0, "first": 0}]
    chat.add()
    await chat.total(1)
    assert chat.spans()[-1] == (0, 1, 1)


async def test_nothing_new_is_nothing_said(front_end: FrontEnd):
    chat = Chat(front_end, 3)
    chat.log.changed()
    chat.log.changed(3)
    assert chat.batches() == []


async def test_what_waits_to_be_sent_is_shown_until_it_is(front_end: FrontEnd):
    chat = Chat(front_end, 1)
    chat.outbox = (waiting(1), waiting(2))
    chat.log.changed()
    assert [item["id"] for item in chat.batches()[0]["outbox"]] == ["m1", "m2"]
    chat.add()
    await chat.total(2)
    assert [item["id"] for item in chat.batches()[-1]["outbox"]] == ["m2"]
    chat.outbox = ()
    chat.log.changed()
    await until(lambda: chat.batches()[-1].get("outbox") == [])


async def test_what_is_in_doubt_is_not_shown_twice(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.messages.extend([mine(0, "unknown"), mine(1, "failed")])
    chat.outbox = (chat.messages[0], waiting(1), waiting(2), mine(3, "failed"))
    chat.log.changed(0)
    front_end.say(chat.log, {"kind": "need", "start": 0})
    await until(lambda: chat.batches("fill"))
    chat.log.look_at(chat)
    for batch in (chat.batches()[0], *chat.batches("fill")):
        assert [item["id"] for item in batch["outbox"]] == ["m2", "m3"]
    assert [item["delivery"] for item in chat.batches()[0]["items"]] == ["unknown", "failed"]
    chat.outbox = (mine(2, "failed"), mine(3, "failed"))
    chat.log.changed()
    await until(lambda: [i["delivery"] for i in chat.batches()[-1]["outbox"]] == ["failed"] * 2)


async def test_the_newest_errors_are_shown_until_dismissed(front_end: FrontEnd):
    chat = Chat(front_end)
    for number in range(PROBLEMS + 1):
        chat.log.problem(f"Error {number}\u202e", "details")
    told = chat.batches("problems")[-1]["problems"]
    assert [line["message"] for line in told] == ["Error 1", "Error 2", "Error 3"]
    assert told[0]["detail"] == "details"
    front_end.say(chat.log, {"kind": "dismiss", "id": told[1]["id"]})
    await until(lambda: len(chat.batches("problems")) == PROBLEMS + 2)
    left = chat.batches("problems")[-1]["problems"]
    assert [line["message"] for line in left] == ["Error 1", "Error 3"]


async def test_the_newest_line_about_a_message_takes_the_place_of_the_others(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.log.problem("m1 may be lost", about="m1")
    chat.log.problem("Something else")
    chat.log.problem("m2 may be lost", about="m2")
    chat.log.problem("m1 arrived", about="m1", good=True)
    told = chat.batches("problems")[-1]["problems"]
    assert [(line["message"], line["good"]) for line in told] == [
        ("Something else", False),
        ("m2 may be lost", False),
        ("m1 arrived", True),
    ]


async def test_a_turn_of_the_bot_is_sent_again_and_its_line_goes(front_end: FrontEnd):
    chat = Chat(front_end)
    sent: list[int] = []

    async def again(turn: int) -> None:
        if turn == 8:
            raise UsageError("Turn 8 is not kept")
        sent.append(turn)

    chat.log = LogWidget(chat, asyncio.get_running_loop(), chat.chosen, again=again)
    chat.log.problem("The bot raised KeyError", turn=7)
    chat.log.problem("The bot raised ValueError", turn=8)
    for turn in (7, 8):
        front_end.say(chat.log, {"kind": "sendturn", "ask": str(turn), "turn": turn})
    await until(lambda: len(chat.batches("answer")) == 2)
    assert sent == [7]
    assert [
        (line["message"], line["turn"]) for line in chat.batches("problems")[-1]["problems"]
    ] == [
        ("The bot raised ValueError", 8),
        ("Turn 8 is not kept", 0),
    ]


async def test_a_line_offers_to_begin_anew_and_goes_when_that_is_done(front_end: FrontEnd):
    chat = Chat(front_end)
    begun: list[str] = []

    async def restart() -> None:
        begun.append("anew")

    async def again(turn: int) -> None:
        raise UsageError(f"Turn {turn} is not kept")

    loop = asyncio.get_running_loop()
    chat.log = LogWidget(chat, loop, chat.chosen, again=again, restart=restart)
    chat.log.problem("The flow was saved", good=True, restart=True)
    chat.log.problem("Something else")
    front_end.say(chat.log, {"kind": "sendturn", "ask": "0", "turn": 0})  # which no turn has
    await until(lambda: len(chat.batches("answer")) == 1)
    assert begun == []
    front_end.say(chat.log, {"kind": "restart", "ask": "1"})
    await until(lambda: len(chat.batches("answer")) == 2)
    assert begun == ["anew"]
    assert [line["message"] for line in chat.batches("problems")[-1]["problems"]] == [
        "Something else",
        "Turn 0 is not kept",
    ]


async def test_bad_news_about_a_message_goes_when_that_is_decided(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.log.problem("Something else")
    chat.log.problem("m1 may be lost", about="m1")
    chat.log.problem("m2 arrived", about="m2", good=True)
    chat.log.decided(["m1"])
    assert len(chat.batches("problems")) == 3
    chat.log.decided([])
    left = chat.batches("problems")[-1]["problems"]
    assert [line["message"] for line in left] == ["Something else", "m2 arrived"]


async def test_the_state_is_saved_when_asked(front_end: FrontEnd):
    chat = Chat(front_end)
    chat.add(3)
    chat.log.save()
    assert [item["id"] for item in front_end.updates(chat.log, "saved")[-1]["items"]] == [
        "m0",
        "m1",
        "m2",
    ]


async def test_another_conversation_takes_the_place_of_all(front_end: FrontEnd):
    one, other = Chat(front_end, 2), Chat(front_end, CHUNK + 5)
    one.add()
    one.log.show(other)
    assert one.spans()[-1] == (5, CHUNK + 5, CHUNK + 5)
    assert one.batches()[-1]["first"] == 0
    one.add()
    other.messages.append(said(CHUNK + 5))
    one.log.changed(CHUNK + 5)
    assert one.spans()[-1] == (CHUNK + 5, CHUNK + 6, CHUNK + 6)
    one.log.show(other)
    assert one.batches()[-1]["total"] == CHUNK + 6


# --- what the page says ------------------------------------------------------------------------


async def test_a_page_is_told_what_it_lacks(front_end: FrontEnd):
    chat = Chat(front_end, 1200)
    chat.outbox = (waiting(1200),)
    chat.log.problem("Something")
    for need in (
        {"start": 1200, "stop": None},
        {"start": 650, "stop": 1150},
        {"start": 0, "stop": 9999},
        {"start": -5, "stop": 10},
    ):
        front_end.say(chat.log, {"kind": "need", **need})
    await until(lambda: len(chat.batches("fill")) == 4)
    assert chat.spans("fill") == [
        (1200, 1200, 1200),
        (650, 1150, 1200),
        (700, 1200, 1200),
        (0, 10, 1200),
    ]
    for batch in chat.batches("fill"):
        assert [item["id"] for item in batch["outbox"]] == ["m1200"]
        assert [line["message"] for line in batch["problems"]] == ["Something"]


async def test_a_click_is_handed_on_and_settled(front_end: FrontEnd):
    chat = Chat(front_end)
    options = (Option("Yes"), Option("No"))
    chat.messages.append(Message(id="q", sender="bot", text="?", content=(Buttons("?", options),)))
    front_end.say(chat.log, {"kind": "click", "index": 0, "id": "q", "option": 1})
    await until(lambda: chat.batches("answer"))
    assert chat.clicked == [("q", "No")]
    assert chat.batches("answer") == [{"kind": "answer", "ask": "q"}]


@pytest.mark.parametrize("index", [0, 1])
async def test_a_click_on_what_is_gone_says_so(front_end: FrontEnd, index: int):
    chat = Chat(front_end, 1)
    front_end.say(chat.log, {"kind": "click", "index": index, "id": "other", "option": 0})
    await until(lambda: chat.batches("answer"))
    assert chat.clicked == []
    [line] = chat.batches("problems")[-1]["problems"]
    assert line["message"].startswith("That message is no longer in the conversation")


async def test_an_error_of_a_click_is_shown(front_end: FrontEnd):
    async def fail(message: Message, option: Option) -> None:
        raise OSError("no")

    chat = Chat(front_end, choose=fail)
    content = (Buttons("?", (Option("Yes"),)),)
    chat.messages.append(Message(id="q", sender="bot", text="?", content=content))
    front_end.say(chat.log, {"kind": "click", "index": 0, "id": "q", "option": 0})
    await until(lambda: chat.batches("answer"))
    assert chat.batches("problems")[-1]["problems"][0]["message"] == "OSError: no"


async def test_what_is_decided_on_a_message_is_handed_on_and_told_as_done(front_end: FrontEnd):
    decided: list[tuple[str, str]] = []

    async def decide(ident: str, decision: str) -> None:
        decided.append((ident, decision))
        if decision == "arrived":
            raise OSError("no")

    chat = Chat(front_end)
    log = LogWidget(chat, asyncio.get_running_loop(), chat.chosen, decide=decide)
    for number, how in enumerate(("again", "arrived", "forget it")):
        front_end.say(log, {"kind": "decide", "ask": how, "id": f"m{number}", "how": how})
    await until(lambda: len(front_end.custom(log, "answer")) == 2)
    assert decided == [("m0", "again"), ("m1", "arrived")]
    assert [told["ask"] for told in front_end.custom(log, "answer")] == ["again", "arrived"]
    [line] = front_end.custom(log, "problems")[-1]["problems"]
    assert line["message"] == "OSError: no"


async def test_what_makes_no_sense_is_nothing(front_end: FrontEnd):
    chat = Chat(front_end, 1)
    before = len(front_end.sent)
    for content in ({}, {"kind": "need"}, {"kind": "click", "index": "0"}, {"kind": "x"}, "x", 5):
        front_end.say(chat.log, content)
    await asyncio.sleep(0)
    assert len(front_end.sent) == before


async def test_a_message_is_told_as_the_wire_had_it(front_end: FrontEnd):
    chat = Chat(front_end, 2)
    chat.messages[1] = Message(id="m1", sender="bot", text="é", source={"text": "é", "x": [1]})
    asked = [(1, "m1"), (0, "m0"), (1, "other"), (7, "m7")]
    for index, ident in asked:
        front_end.say(chat.log, {"kind": "raw", "ask": ident, "index": index, "id": ident})
    await until(lambda: len(chat.batches("answer")) == len(asked))
    told, *others = chat.batches("answer")
    assert told["ask"] == "m1"
    assert ["error" in other for other in others] == [True] * 3
    assert told["text"] == '{\n  "text": "é",\n  "x": [\n    1\n  ]\n}'


async def test_the_reader_can_stop_the_wait(front_end: FrontEnd):
    stopped = asyncio.Event()

    async def stop() -> None:
        stopped.set()

    chat = Chat(front_end)
    front_end.say(chat.log, {"kind": "stop"})
    log = LogWidget(chat, asyncio.get_running_loop(), chat.chosen, stop)
    front_end.say(log, {"kind": "stop"})
    await asyncio.wait_for(stopped.wait(), 10)


async def test_a_file_that_only_this_machine_can_reach_is_handed_over(front_end: FrontEnd):
    async def fetch(url: str) -> tuple[str, bytes]:
        if url == "bad":
            raise InvalidFile("There is none.")
        return "image/png", b"x" * (HANDED_OVER + 1 if url == "large" else 1)

    chat = Chat(front_end)
    front_end.say(chat.log, {"kind": "file", "url": "any"})
    await until(lambda: chat.batches("answer"))
    [told] = chat.batches("answer")
    assert told["error"] == "There is no session to fetch it with."
    log = LogWidget(chat, asyncio.get_running_loop(), chat.chosen, fetch=fetch)
    for url in ("good", "bad", "large"):
        front_end.say(log, {"kind": "file", "url": url})
    await until(lambda: len(front_end.custom(log, "answer")) == 3)
    good, bad, large = front_end.custom(log, "answer")
    assert good == {"kind": "answer", "ask": "q", "text": "image/png"}
    assert bad["error"] == "There is none."
    assert large["error"].startswith("It has 2,500,001 bytes")
