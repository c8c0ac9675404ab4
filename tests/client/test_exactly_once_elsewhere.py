"""Exactly once, on evidence, with servers that nobody here wrote: each odd in its own way.

Only public names are used, and the server shares no code with the client. What is right is the
same for all of them: nothing arrives twice, nothing is lost silently, nothing is shown twice or out
of order, and the session is of use afterwards. Time flies in these tests: they wait for seconds
in moments.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import captivate_nb as cn
from captivate_nb.errors import CaptivateError, ReplyTimeout, RequestTimeout, ServerError
from support.flying import Flying, until, within
from support.judge import Judge, settled
from support.odd import INTERNAL, PAGE, PLAIN, TIMED_OUT, Odd, OddServer, general_error, odd_server
from support.odd_lines import RELABELS, SHAPES, Ids, Relabel, Shape

KEY = "a-key-of-the-tests"


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> Flying:
    return Flying(asyncio.get_running_loop(), monkeypatch)


class Visit:
    """A user at an odd server: says things, and looks in the end at what came of them."""

    def __init__(self, session: cn.Session, server: OddServer) -> None:
        self.session = session
        self.server = server
        self.said: list[str] = []

    @property
    def odd(self) -> Odd:
        return self.server.odd

    async def say(self, text: str, **options: Any) -> Any:
        """Say it, and return the reply, or the error that came instead."""
        self.said.append(text)
        try:
            return await within(300, self.session.say(text, **options))
        except CaptivateError as error:
            return error

    async def click(self, label: str) -> Any:
        value = next(o.value for o in self.session.choices if o.label.startswith(label))
        self.said.append(value)
        try:
            return await within(300, self.session.click(value))
        except CaptivateError as error:
            return error

    async def reconnected(self) -> None:
        """Break the connection, and wait until there is another and nothing is in the making."""
        known = self.server.connections
        await self.server.cut_off()
        await until(lambda: self.server.connections > known)
        await settled(self.session)

    async def rest(self, seconds: float = 30) -> None:
        """Let time pass, so that whatever is still being found out is found out."""
        await settled(self.session)
        await asyncio.sleep(seconds)

    async def end(self, *, whole: bool = True) -> None:
        """Judge it all, once as it is, and once more after an honest transcript and a last line."""
        await self.rest()
        judge = Judge(self.session, self.server, self.said)
        assert judge.faults(whole=False) == []
        self.server.still()
        await self.session.fetch_transcript()
        reply = await self.say("99 the last line")
        assert isinstance(reply, cn.Reply), reply
        assert reply.text
        await self.rest()
        judge = Judge(self.session, self.server, self.said)
        assert judge.faults(whole=whole) == []


@asynccontextmanager
async def visit(**oddity: Any) -> AsyncIterator[Visit]:
    """Open a session with a server that is odd in these ways."""
    async with (
        odd_server(Odd(**oddity)) as server,
        await cn.connect(server.url, KEY) as session,
    ):
        yield Visit(session, server)


def lines(visit: Visit) -> list[str]:
    return [str(problem) for problem in visit.session.errors]


# --- an honest server: the judge itself is right ---------------------------------------------


@pytest.mark.parametrize("ids", ["none", "server", "client"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_nothing_is_wrong_where_nothing_is_odd(shape: Shape, ids: Ids):
    async with visit(shape=shape, ids=ids) as v:
        await v.say("01 hello")
        await v.say("02 menu")
        await v.click("Large")
        await v.end()

        assert v.session.outbox == ()
        assert lines(v) == []
        assert all(m.delivery in ("sent", "confirmed") for m in v.session.transcript[1::2])


# --- a break, and a server that tells the truth about it -------------------------------------


@pytest.mark.parametrize("fate", ["lost", "half-open"])
async def test_what_never_arrived_is_sent_again_once_and_a_line_says_so(fate: Any):
    async with visit() as v:
        v.server.next = ["half-open"] if fate == "half-open" else ["answered", fate]
        await v.say("01 hello")
        reply = await v.say("02 on its way", timeout=30)

        assert isinstance(reply, cn.Reply), reply
        assert "02 on its way" in reply.text
        assert v.server.count("02 on its way") == 1
        await v.end()
        assert v.session.outbox == ()
        assert any("02 on its way" in line for line in lines(v))


async def test_what_never_arrived_is_back_within_seconds_on_a_prompt_and_honest_server():
    async with visit() as v:
        await v.say("01 hello")
        v.server.next = ["lost"]

        assert "02 lost" in (await v.say("02 lost", timeout=4)).text


async def test_what_never_arrived_goes_out_in_the_order_in_which_it_was_said():
    async with visit() as v:
        await v.say("01 hello")
        v.server.next = ["lost"]
        for text in ("02 lost", "03 behind it", "04 and behind that"):
            await v.say(text, wait=False)
        await v.end()

        assert [arrival.text[:2] for arrival in v.server.arrivals] == ["01", "02", "03", "04", "99"]


@pytest.mark.parametrize("fate", ["kept", "unanswered", "broken"])
@pytest.mark.parametrize("ids", ["none", "server", "client"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_what_arrived_before_the_break_is_found_in_the_transcript(
    shape: Shape, ids: Ids, fate: Any
):
    async with visit(shape=shape, ids=ids) as v:
        await v.say("01 hello")
        v.server.next = [fate]
        await v.say("02 received")
        await v.reconnected()
        await v.end()

        assert v.session.outbox == ()
        assert [m.delivery for m in v.session.transcript if m.text == "02 received"] == [
            "confirmed"
        ]


async def test_files_that_arrived_before_the_break_are_not_sent_again():
    async with visit() as v:
        await v.say("01 hello")
        v.server.next = ["unanswered"]
        photo = ("photo.txt", b"a photo", "text/plain")
        with pytest.raises(ReplyTimeout):
            await within(60, v.session.send_files([photo], "02 a photo"))
        await v.reconnected()
        await v.rest()

        assert v.server.count("02 a photo") == 1
        assert v.session.outbox == ()


# --- transcripts that lag or lack something --------------------------------------------------

ROUND: list[Any] = ["answered", "kept", "broken", "answered", "unanswered"]


@pytest.mark.parametrize("seed", range(4))
async def test_a_transcript_behind_with_a_line_cut_now_and_then(seed: int):
    async with visit(stale=1.5, cut=0.5, seed=seed) as v:
        v.server.next = ROUND * 3
        for number in range(1, 16):
            await v.say(f"{number:02} line")
            if number % 5 == 0:
                await v.reconnected()
        await v.end()


@pytest.mark.parametrize("fate", ["unanswered", "kept"])
async def test_a_message_stored_some_time_after_its_receipt(fate: Any):
    async with visit(store_late=1) as v:
        await v.say("01 hello")
        v.server.next = [fate]
        await v.say("02 stored late")
        await v.end()

        assert v.session.outbox == ()


async def test_what_was_answered_is_never_sent_again_whatever_a_transcript_lacks():
    async with visit(stale=600) as v:
        for number in range(1, 6):
            await v.say(f"{number:02} line")
        for _ in range(3):
            await v.reconnected()
            await v.rest(5)

        assert v.server.arrivals == v.server.arrivals[:5]
        assert v.session.outbox == ()
        await v.end()


async def test_an_answer_on_a_later_connection_is_evidence_too():
    async with visit(stale=600, answers_after=3) as v:
        await v.say("01 hello")
        await v.say("02 answered after the break", wait=False)
        await until(lambda: v.server.count("02 answered after the break"))
        await v.reconnected()
        await v.rest()

        assert v.session.outbox == ()
        assert v.server.count("02 answered after the break") == 1
        await v.end()


async def test_a_lag_that_was_seen_prolongs_the_wait():
    async with visit(stale=6) as v:
        await v.say("01 hello")
        await v.say("02 told late")
        await v.reconnected()
        v.server.next = ["unanswered"]
        await v.say("03 received, and told late")
        await v.end()


@pytest.mark.parametrize("fate", ["unanswered", "lost"])
async def test_transcripts_without_the_users_turns_leave_it_unknown(fate: Any):
    async with visit(users_turns=False) as v:
        await v.say("01 hello")
        await v.say("02 again")
        v.server.next = [fate]
        await v.say("03 in doubt", timeout=30)
        await v.rest()

        assert [(m.text, m.delivery) for m in v.session.outbox] == [("03 in doubt", "unknown")]
        assert any("03 in doubt" in line for line in lines(v))
        assert v.server.count("03 in doubt") == (fate == "unanswered")
        await v.end()


async def test_answered_orders_are_not_sent_again_where_a_transcript_has_the_newest_lines_only():
    async with visit(last=6) as v:
        for number in range(1, 6):
            await v.say(f"{number:02} order: " + "a long order " * 100)
        await v.say("06 short")
        for _ in range(2):
            await v.reconnected()

        assert v.session.outbox == ()
        await v.end()


@pytest.mark.parametrize("fate", ["unanswered", "lost"])
async def test_a_transcript_of_the_newest_lines_is_no_evidence_of_absence(fate: Any):
    async with visit(last=6) as v:
        for number in range(1, 6):
            await v.say(f"{number:02} line")
        v.server.next = [fate]
        await v.say("06 in doubt", timeout=30)
        await v.end()


# --- transcripts that show things differently ------------------------------------------------

SHOWN_OTHERWISE: dict[Relabel, str] = {
    "escaped": '02 <b>“a” & b</b> isn\'t "c"',
    "nfc": "02 cafe\u0301, A\u030angstro\u0308m",
    "case": "02 Mixed Case",
    "spaces": "02 two  words\nand lines",
    "ends": "02 a text that is longer than what the transcript has of it",
}


@pytest.mark.parametrize("ids", ["none", "server"])
@pytest.mark.parametrize("relabel", SHOWN_OTHERWISE)
async def test_a_text_shown_otherwise_is_the_same_message(relabel: Relabel, ids: Ids):
    async with visit(relabel=relabel, ids=ids) as v:
        await v.say("01 hello")
        v.server.next = ["unanswered"]
        await v.say(SHOWN_OTHERWISE[relabel])
        await v.say("03 answered, " + SHOWN_OTHERWISE[relabel])
        for _ in range(3):
            await v.reconnected()
        await v.end()

        assert v.session.outbox == ()


@pytest.mark.parametrize("ids", ["none", "server"])
async def test_an_option_shown_by_its_label_is_the_same_message(ids: Ids):
    async with visit(relabel="label", ids=ids) as v:
        await v.say("01 menu")
        v.server.next = ["unanswered"]
        await v.click("Large")
        await v.say("02 menu")
        await v.click("Small")
        for _ in range(3):
            await v.reconnected()
        await v.end()

        assert v.session.outbox == ()


@pytest.mark.parametrize("relabel", RELABELS)
async def test_what_is_shown_otherwise_and_never_arrived_is_sent_once(relabel: Relabel):
    async with visit(relabel=relabel) as v:
        await v.say("01 a line that is long enough to be cut")
        v.server.next = ["lost"]
        await v.say("02 another that is long enough to be cut", timeout=30)
        await v.end()


# --- equal lines, and ids that say nothing ---------------------------------------------------


@pytest.mark.parametrize("ids", ["none", "server", "client"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_equal_lines_are_counted_and_merging_twice_is_merging_once(shape: Shape, ids: Ids):
    async with visit(shape=shape, ids=ids, equal=True) as v:
        for _ in range(3):
            await v.say("01 yes")
        before = [(m.sender, m.text) for m in v.session.transcript]
        for _ in range(4):
            await v.reconnected()
            await v.session.fetch_transcript()

        assert [(m.sender, m.text) for m in v.session.transcript] == before
        await v.end()


@pytest.mark.parametrize("ids", ["none", "server", "client"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_equal_lines_that_only_a_transcript_has_are_counted_too(shape: Shape, ids: Ids):
    async with visit(shape=shape, ids=ids) as v:
        await v.say("01 hello")
        for sender, text in (("user", "yes"), ("user", "yes"), ("bot", "No."), ("bot", "No.")):
            v.server.keep(v.session.conversation_id, sender, text)
        await v.reconnected()
        told = [(m.sender, m.text) for m in await v.session.fetch_transcript()]
        for _ in range(4):
            await v.reconnected()

            assert [(m.sender, m.text) for m in v.session.transcript] == told
        assert [arrival.text for arrival in v.server.arrivals] == ["01 hello"]


@pytest.mark.parametrize("fate", ["lost", "unanswered", "kept"])
async def test_an_equal_line_at_a_break_is_counted(fate: Any):
    async with visit(shape="one group", equal=True) as v:
        await v.say("01 yes")
        await v.say("01 yes")
        v.server.next = [fate]
        await v.say("01 yes", timeout=30)
        await v.end()

        assert v.server.count("01 yes") == 3


@pytest.mark.parametrize("message_ids", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
async def test_the_same_event_id_for_ever_is_no_reason_to_drop_anything(
    shape: Shape, message_ids: bool
):
    async with visit(same_ids=True, message_ids=message_ids, shape=shape) as v:
        for number in range(1, 4):
            await v.say(f"{number:02} line")
        v.server.next = ["lost"]
        assert "04 lost" in (await v.say("04 lost", timeout=30)).text
        v.server.next = ["kept"]
        await v.say("05 received")
        await v.end()

        assert v.session.outbox == ()


@pytest.mark.parametrize("same_ids", [True, False])
async def test_a_message_that_comes_again_is_shown_once(same_ids: bool):
    async with visit(redeliver=1, same_ids=same_ids) as v:
        await v.say("01 hello")
        await v.say("02 menu")
        await v.reconnected()
        await v.say("03 hello again")
        await v.end()


# --- frames that are no event ----------------------------------------------------------------

BEATS = ("ping", "pong", "", " ", '{"type":"ping"}', "{}", "[]", "2", "null", "♥")


@pytest.mark.parametrize("beat", BEATS)
async def test_a_heartbeat_is_no_error_and_no_reason_to_ask(beat: str):
    async with visit(heartbeats=4, beats=(beat,)) as v:
        await v.say("01 hello")
        await asyncio.sleep(5)

        assert lines(v) == []
        assert v.server.asked() == []
        await v.end()


async def test_a_message_arrives_once_amid_heartbeats_and_a_transcript_that_lags():
    async with visit(heartbeats=4, stale=1, answers_after=2) as v:
        for number in range(1, 4):
            await v.say(f"{number:02} line")
        assert lines(v) == []
        v.server.next = ["unanswered"]
        await v.say("04 received")
        await v.end()


GATEWAY = {
    "internal": INTERNAL,
    "timeout": TIMED_OUT,
    "429": general_error(429, "Too many requests"),
    "500": general_error(500, "Something went wrong"),
    "400": general_error(400, "Bad request"),
}


@pytest.mark.parametrize("fate", ["refused", "stumbled"])
@pytest.mark.parametrize("error", GATEWAY)
async def test_an_error_of_no_conversation_is_told_at_once_and_sends_nothing(error: str, fate: Any):
    async with visit(error=GATEWAY[error]) as v:
        await v.say("01 hello")
        v.server.next = [fate]
        told = await v.say("02 in vain")

        assert isinstance(told, ServerError), told
        await v.rest()
        assert v.server.count("02 in vain") == 1
        assert lines(v)
        assert "03 again" in (await v.say("03 again")).text
        await v.end()
        assert v.server.count("02 in vain") == 1


@pytest.mark.parametrize("error", GATEWAY)
async def test_an_error_that_nobody_waits_for_is_listed_and_sends_nothing(error: str):
    async with visit(error=GATEWAY[error]) as v:
        await v.say("01 hello")
        v.server.next = ["stumbled"]
        await v.say("02 in vain", wait=False)
        await v.rest()

        assert v.server.count("02 in vain") == 1
        assert lines(v)
        await v.end()


@pytest.mark.parametrize("error", GATEWAY)
async def test_an_answer_may_come_after_an_error(error: str):
    async with visit(error=GATEWAY[error]) as v:
        await v.say("01 hello")
        v.server.next = ["late"]
        assert isinstance(await v.say("02 slow"), ServerError)
        await v.reconnected()
        await v.rest()

        assert v.server.count("02 slow") == 1
        assert v.session.outbox == ()
        await v.end()


@pytest.mark.parametrize("error", [PLAIN, PAGE, '"no"', '{"error": {"code": 7}}'])
async def test_a_text_for_an_answer_sends_nothing(error: str):
    """It may be a heartbeat or an error: the user is told of either, at once or in time."""
    async with visit(error=error) as v:
        await v.say("01 hello")
        v.server.next = ["stumbled"]
        told = await v.say("02 in vain")
        await v.rest()

        assert isinstance(told, ServerError | ReplyTimeout)
        assert v.server.count("02 in vain") == 1
        assert len(v.server.asked()) <= (5 if isinstance(told, ServerError) else 0)
        await v.end()


@pytest.mark.parametrize("stale", [0, 1.5])
async def test_an_answer_cut_short_is_fetched(stale: float):
    async with visit(stale=stale) as v:
        await v.say("01 hello")
        v.server.next = ["garbled"]
        await v.say("02 what")
        await v.end()

        assert v.server.count("02 what") == 1


# --- edits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("edits", ["garbled", "broken"])
@pytest.mark.parametrize("ids", ["none", "server", "client"])
async def test_an_edit_whose_answer_is_cut_off_doubles_nothing(ids: Ids, edits: Any):
    async with visit(ids=ids) as v:
        await v.say("01 hello")
        await v.say("02 tpyo")
        v.odd.edits = edits
        message = next(m for m in v.session.transcript if m.text == "02 tpyo")
        with contextlib.suppress(CaptivateError):
            await within(120, v.session.edit(message.id, "02 typo"))
        v.odd.edits = "answered"
        await v.reconnected()
        await v.rest()
        await v.session.fetch_transcript()

        assert [arrival.text for arrival in v.server.arrivals] == ["01 hello", "02 tpyo"]
        own = [m.text for m in v.session.transcript if m.sender == "user"]
        assert own == ["01 hello", "02 typo"]
        assert v.session.outbox == ()
        assert "03 on" in (await v.say("03 on")).text


# --- refusals, and what cannot be read -------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.5, 5, 45])
@pytest.mark.parametrize("refuse", ["401", "403", "1008", "key", "503"])
async def test_a_refusal_while_reconnecting_is_tried_again(refuse: Any, seconds: float):
    async with visit(refuse=refuse, refuse_for=seconds) as v:
        await v.say("01 hello")
        v.server.next = ["kept"]
        await v.say("02 received", wait=False)
        await until(lambda: v.session.status == "reconnecting")
        await v.say("03 said meanwhile", wait=False) if seconds < 1 else None
        await settled(v.session)

        assert v.server.refusals or seconds < 1
        await v.end()
        assert v.session.outbox == ()


@pytest.mark.parametrize(
    ("refuse", "reason"), [("401", "401"), ("403", "403"), ("1008", "1008"), ("key", "keyspace")]
)
async def test_a_refusal_that_lasts_ends_the_session_with_the_reason(refuse: Any, reason: str):
    async with visit(refuse=refuse, refuse_for=3600) as v:
        await v.say("01 hello")
        await v.server.cut_off()
        await until(lambda: v.session.status == "reconnecting")
        told = await v.say("02 said meanwhile", timeout=200)
        await until(lambda: v.session.status == "closed", 200)

        assert isinstance(told, CaptivateError)
        assert any(reason in line for line in lines(v))
        assert list(Judge(v.session, v.server, v.said).faults(whole=False)) == []
        assert v.server.refusals < 100


async def test_asking_for_a_transcript_that_cannot_be_read_is_bounded():
    async with visit(unreadable=1) as v:
        await v.say("01 hello")
        with pytest.raises(CaptivateError) as raised:
            await within(300, v.session.fetch_transcript())

        asked = v.server.asked()
        waits = [later - sooner for sooner, later in itertools.pairwise(asked)]
        assert 2 <= len(asked) <= 6
        assert waits == sorted(waits)
        assert not isinstance(raised.value, RequestTimeout), "it is not what was wrong"
        await v.end()


async def test_a_transcript_that_cannot_be_read_does_not_keep_a_session_from_going_on():
    async with visit(unreadable=1) as v:
        await v.say("01 hello")
        v.server.next = ["unanswered"]
        await v.say("02 in doubt")
        await settled(v.session, 300)
        await v.rest()

        assert [(m.text, m.delivery) for m in v.session.outbox] == [("02 in doubt", "unknown")]
        assert len(v.server.asked()) <= 18
        assert "03 on" in (await v.say("03 on")).text
        await v.end()


async def test_a_transcript_over_the_frame_limit_is_told_and_the_session_of_use():
    async with visit(padding=17 * 1024 * 1024) as v:
        await v.say("01 hello")
        await v.say("02 again")
        await v.server.cut_off()
        await until(lambda: v.server.connections > 1)
        await settled(v.session, 300)

        assert lines(v)
        assert v.server.connections <= 10
        assert "03 on" in (await v.say("03 on", timeout=60)).text
        with pytest.raises(CaptivateError):
            await within(300, v.session.fetch_transcript())
        await settled(v.session, 300)
        assert "04 on" in (await v.say("04 on", timeout=60)).text
        await v.end()


# --- what the user decides -------------------------------------------------------------------


@asynccontextmanager
async def in_doubt(fate: Any) -> AsyncIterator[tuple[Visit, cn.Message]]:
    """Bring a message in doubt for good."""
    async with visit(users_turns=False) as v:
        await v.say("01 hello")
        v.server.next = [fate]
        await v.say("02 in doubt", timeout=30)
        await v.rest()
        (message,) = v.session.outbox
        assert message.delivery == "unknown"
        yield v, message


@pytest.mark.parametrize("by_id", [True, False])
async def test_send_again_sends_it_and_shows_it_once(by_id: bool):
    async with in_doubt("lost") as (v, message):
        await within(60, v.session.send_again(message.id if by_id else message))
        await v.rest()

        assert v.session.outbox == ()
        assert v.server.count("02 in doubt") == 1
        await v.end()


@pytest.mark.parametrize("by_id", [True, False])
async def test_it_arrived_takes_it_out_of_the_outbox_for_good(by_id: bool):
    async with in_doubt("unanswered") as (v, message):
        await within(60, v.session.mark_arrived(message.id if by_id else message))

        assert v.session.outbox == ()
        await v.reconnected()
        await v.end()
        assert v.server.count("02 in doubt") == 1


async def test_a_new_conversation_is_of_use_whatever_was_in_doubt():
    async with in_doubt("lost") as (v, _):
        await within(60, v.session.restart())
        reply = await v.say("03 in another conversation")

        assert "03 in another" in reply.text
        await v.reconnected()
        assert v.server.count("02 in doubt") == 0
        assert [m.text for m in v.session.transcript if m.sender == "user"] == [
            "03 in another conversation"
        ]


# --- what is said is what is shown -----------------------------------------------------------

SAID = (
    'curl -H "x-api-key: YOUR_KEY" https://host/path',
    '<a href="https://host/?apikey=1">the page</a>',
    "apikey=abc\nand the line below it",
    "x-api-key: abc",
    'say {"apiKey": "x"} and {"api_keys": ["a", "b"]} like that',
    "https://host/?a=1&apiKey=abc&b=2#part",
    "api_key= at the end, apikey=",
)


@pytest.mark.parametrize("text", SAID)
async def test_what_the_bot_says_is_what_is_shown(text: str):
    async with visit() as v:
        await v.say("01 hello")
        await v.server.say(v.session.conversation_id, text)
        await until(lambda: v.session.transcript[-1].text == text)
        await v.reconnected()
        told = await v.session.fetch_transcript()

        assert told[-1].text == text
        assert v.session.transcript[-1].text == text
        assert lines(v) == []
        await v.end()


PIECES = st.sampled_from(
    ["apikey=", "x-api-key: ", '"apiKey":"', "&", '"', "'", "\\", "\n", "<a href=", "•••", " ", "a"]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text() | st.lists(PIECES).map("".join), min_size=1, max_size=20))
async def test_any_text_is_shown_as_it_was_said(texts: list[str]):
    said = [f"{number}: {text}" for number, text in enumerate(texts)]
    async with visit() as v:
        for text in said:
            await v.server.say(v.session.conversation_id, text)
        await until(lambda: len(v.session.transcript) == 1 + len(said))

        assert [m.text for m in v.session.transcript[1:]] == said
        assert [m.text for m in (await v.session.fetch_transcript())[1:]] == said


@pytest.mark.parametrize("key", ["bot_message", "event_type", "socket_connected", "event_payload"])
async def test_a_key_that_is_a_word_of_the_wire_changes_nothing(key: str):
    async with odd_server() as server, await cn.connect(server.url, key) as session:
        v = Visit(session, server)
        await v.say("01 hello")
        v.server.next = ["lost"]
        await v.say("02 lost", timeout=30)
        await v.end()

        assert key not in repr(session)
