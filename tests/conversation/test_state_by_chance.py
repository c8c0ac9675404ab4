"""Whatever comes in whatever order: the same events give the same state."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.evidence import Ask
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.notes import (
    ARRIVED,
    CHECKED_AFTER,
    DISCONNECTED,
    MISSED,
    encode_note,
)
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from strategies import break_frame, events
from support.conversations import (
    CONV,
    bot,
    entry,
    look,
    note,
    say,
    started,
    state,
    told,
    update,
)

FOLDER = Path(__file__).parents[1] / "fixtures" / "socket_api"
AGENT, LEAVE = c.Option("Chat to Agent", "agent"), c.Option("Leave Details", "leave")
PDF = c.File("https://a/x.pdf", "x.pdf")
GRACE = {"name": "Grace", "id": 7}


def check(conversation):
    """Whatever came, what a conversation shows fits together."""
    messages = list(conversation.transcript)
    assert all(type(message) is Message for message in messages)
    for message in messages:
        assert message.sender in ("user", "bot", "agent", "system")
        assert isinstance(message.id, str)
        assert isinstance(message.text, str)
        assert (message.delivery is not None) is (message.sender == "user")
        assert message.agent_name is None or message.sender == "agent"
        json.dumps(message.raw)
    turns = [message for message in messages if message.sender != "system"]
    answered = not turns or turns[-1].sender == "user"
    assert conversation.choices == (() if answered else turns[-1].choices)
    assert conversation.agent is None or conversation.agent.name
    assert all(isinstance(problem.message, str) for problem in conversation.errors)
    assert conversation.transcript[-20:].to_html()
    assert json.loads(conversation.transcript.to_json()) == conversation.transcript.to_dicts()
    assert conversation.transcript._repr_mimebundle_()
    assert conversation.choices._repr_mimebundle_()


words = st.sampled_from(["yes", "no", "a longer line of the user's"])


names = st.sampled_from(["u-1", "u-2", "u-3"])


own = st.builds(say, words, names)


told_back = st.lists(
    st.builds(entry, st.sampled_from(["user", "bot"]), words, message_id=st.none() | names),
    max_size=4,
).map(lambda entries: told(*entries))


TALK = {
    "out": st.one_of(
        own,
        own,
        st.just(e.TranscriptRequest(conversation_id=CONV)),
        st.builds(
            e.EditMessage,
            conversation_id=st.just(CONV),
            client_msg_id=st.just("m"),
            message_id=names,
            text=words,
        ),
    ),
    "in": st.one_of(
        own,
        told_back,
        told_back,
        st.builds(bot, words, message_id=st.none() | names),
        st.just(e.MessageEdited(conversation_id=CONV, message_id="u-1")),
        st.sampled_from([e.GeneralError(code=429), e.GeneralError(code=400, conversation_id=CONV)]),
    ),
}


FRAMES = {way: (talk | talk | events()).map(encode) for way, talk in TALK.items()}
FRAMES["note"] = st.one_of(
    st.just(note(MISSED, conversation_id=CONV)),
    st.just(note(DISCONNECTED, conversation_id=CONV)),
    st.builds(lambda seconds: note(CHECKED_AFTER, {"seconds": seconds}), st.floats(0.1, 9)),
    st.builds(lambda name: note(ARRIVED, {"message": name}, conversation_id=CONV), names),
).map(encode_note)


PASSED = st.sampled_from(["in", "in", "out", "out", "note"]).flatmap(
    lambda direction: st.tuples(
        st.just(direction),
        FRAMES[direction],
        st.integers(0, 4),
        st.booleans(),
    )
)


@given(st.lists(PASSED, max_size=25), st.booleans(), st.data())
def test_a_log_replayed_gives_the_state_that_was(tmp_path_factory, passed, counting, data):
    """Delivery and errors too, whether the log counts connections or not."""
    conversation, log, states = Conversation(), EventLog(), []
    start = encode(e.ConversationStarted(conversation_id=CONV))
    at, connection = 0.0, 1
    for direction, frame, later, breaks in [("in", start, 0, False), *passed]:
        states.append(state(conversation))
        at, connection = at + later, connection + breaks
        number = connection if counting else None
        conversation.apply_record(log.record(direction, frame, at, number))
    check(conversation)
    path = log.save(tmp_path_factory.mktemp("logs") / "talk.jsonl")
    assert state(Conversation.replay(EventLog.load(path))) == state(conversation)
    part = data.draw(st.integers(0, len(log) - 1))
    assert state(Conversation.replay(log[:part])) == states[part]


TEXTS = st.sampled_from(["yes", "no", "hello"])


STORY = st.lists(
    st.tuples(st.sampled_from(["say", "hear", "line", "lose", "break"]), TEXTS), max_size=25
)


class Honest:
    """A conversation, and an honest server, whose transcript is a list.

    What is said just before a break is lost, and arrives when it is sent again; what the other side
    says meanwhile is missed. Once something is lost, it is an agent who speaks: what a bot says may
    be the answer to it.
    """

    def __init__(self):
        self.conversation = started()
        self.transcript = []
        self.lines = 0
        self.lost = []
        self.asleep = False
        self.now = 0.0
        self.say("begin")

    def apply(self, event):
        self.now += 1
        self.conversation.apply(event, at=self.now)

    def say(self, text):
        if not self.asleep and not self.lost:
            self.apply(say(text, f"u-{self.now}"))
            self.transcript.append(entry("user", text))

    def lose(self, text):
        if not self.asleep:
            self.apply(say(text, f"u-{self.now}"))
            self.lost.append(text)

    def hear(self, text):
        self.transcript.append(entry("agent" if self.lost else "bot", text))
        if not self.asleep and not self.lost:
            self.apply(bot(text))

    def line(self, text):
        if not self.asleep:
            self.lines += 1
            self.apply(update(str(self.lines)))

    def break_(self, _):
        self.asleep = not self.asleep
        if self.asleep:
            return
        self.apply(e.SocketConnected())
        look(self.conversation, self.now, *self.transcript)
        while todo := self.conversation.deliveries.step():
            if isinstance(todo, Ask):
                self.now = max(self.now, todo.at)
                look(self.conversation, self.now, *self.transcript)
            else:
                assert todo.event.text == self.lost.pop(0)
                self.transcript.append(entry("user", todo.event.text))
                self.apply(todo.event)
        assert self.lost == []


@given(STORY)
@settings(max_examples=200)
def test_after_any_broken_connections_the_transcript_is_the_servers(story):
    server = Honest()
    steps = {
        "say": server.say,
        "hear": server.hear,
        "line": server.line,
        "lose": server.lose,
        "break": server.break_,
    }
    for step, text in [*story, ("break", ""), ("break", "")]:
        steps[step](text)
    conversation = server.conversation
    assert conversation.undecided == []
    turns = [(m.sender, m.text) for m in conversation.transcript if m.sender != "system"]
    assert turns == [(entry.sender, entry.content[0].text) for entry in server.transcript]
    ours = [m.text.rpartition(" ")[2] for m in conversation.transcript.where(sender="system")]
    assert ours == [str(number) for number in range(1, server.lines + 1)]
    check(conversation)


GOOD = [path.read_text() for path in sorted(FOLDER.glob("*.json"))] + [
    encode(event)
    for event in (
        e.SocketConnected(socket_id="s-1", upload_url="http://a/f"),
        e.ConversationStarted(conversation_id=CONV),
        bot("hi", AGENT, LEAVE, event_id="e-1"),
        e.BotMessage(
            content=(
                c.Cards((c.Card("Tea", "Hot", "https://a/t.png", "https://a", (AGENT,)),)),
                c.Files((PDF,), "Read"),
                c.Html("<b>x</b>"),
                c.Markdown("*x*"),
                c.Table("<table><tr><td>x</td></tr></table>"),
                c.Pause(500),
                c.Unknown("sticker", {"type": "sticker", "n": 1}),
            ),
            conversation_id=CONV,
        ),
        say("hello", files=(PDF,)),
        update("livechatAgentConnected", GRACE, conversation_id=CONV),
        update("livechatAgentDisconnected", conversation_id=CONV),
        e.LivechatMessage(content=(c.Text("hi"),), agent_name="Grace"),
        e.ActionsReceived(actions=(c.Action("go", {"a": 1}),)),
        e.MetadataSet(conversation_id=CONV, client_msg_id="m", metadata={"a": 1}),
        e.ConversationMetadata(conversation_id=CONV, metadata={"a": 1}),
        e.MetadataUpdated(conversation_id=CONV),
        e.TranscriptRequest(conversation_id="conv-2"),
        told(entry("user", "hello"), entry("bot", "hi"), entry("agent", "ho", name="Grace")),
        told(entry("bot", "there"), conversation_id="conv-2"),
        e.EditMessage(conversation_id=CONV, client_msg_id="m", message_id="id of hello", text="x"),
        e.MessageEdited(conversation_id=CONV, message_id="id of hello"),
        e.UserConversations(
            conversations=(e.ConversationSummary(CONV, {"a": 1}),), pagination=e.Pagination()
        ),
        e.GetConversations(user_id="ada", variant="get_user_conversations_v2", page=1, limit=5),
        e.ConversationDeleted(conversation_id=CONV, user_id="ada"),
        e.GeneralError(code=413, message_link="https://a/large"),
        e.UnknownEvent(type="typing", payload={"on": True}),
    )
]


@pytest.mark.parametrize(
    "logs", [100, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_broken_frames_break_nothing(logs, capsys):
    """20,000 of them in 100 logs, and 1,000,000 in 5,000."""
    seed = int(os.environ.get("CAPTIVATE_NB_SEED") or random.randrange(2**32))
    with capsys.disabled():
        print(f"\n{logs * 200:,} broken frames, CAPTIVATE_NB_SEED={seed}")
    chance = random.Random(seed)
    read = 0
    for _ in range(logs):
        conversation, log = started(), EventLog()
        for number in range(200):
            frames = [break_frame(chance.choice(GOOD), chance)]
            if number % 4 == 0:
                frames.append(chance.choice(GOOD))
            for frame in frames:
                direction = chance.choice(["in", "in", "in", "out"])
                record = log.record(direction, frame, float(number))
                read += record.event is not None
                changed = conversation.apply_record(record)
                assert changed is None or 0 <= changed <= len(conversation.transcript)
        check(conversation)
        again = started()
        for record in log:
            again.apply_record(record)
        assert state(again) == state(conversation)
    assert read > logs * 140  # all 50 good ones of a log, and most broken ones in part
