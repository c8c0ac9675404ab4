"""Messages and the sequences of them: slices, searches, text, exports, reprs."""

from __future__ import annotations

import json
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation.message import Message, readable
from captivate_nb.conversation.transcript import ROOM, SHOWN, Choices, Reply, Transcript
from captivate_nb.errors import MissingExtra
from captivate_nb.protocol import content as c
from strategies import HOSTILE, contents
from support.markup import dangers, tags, words

AGENT = c.Option("Chat to Agent", "agent")
SITE = c.Option("Our site", "", "https://ok.example")
PICTURE = c.File("https://ok.example/p.png", "p.png", "image/png", 12)
GREETING = Message(
    id="b-1",
    sender="bot",
    text="Hi.\nHow can I help?\nChat to Agent",
    content=(c.Text("Hi."), c.Buttons("How can I help?", (AGENT,))),
    time=1.5,
    source={"content": []},
)
ASKED = Message(id="u-1", sender="user", text="Agent, please", delivery="sent")
JOINED = Message(id="s-1", sender="system", text="Grace joined the conversation")
ANSWER = Message(
    id="a-1",
    sender="agent",
    text="Hello\np.png",
    content=(c.Text("Hello"), c.Files((PICTURE,))),
    actions=(c.Action("notify", {"n": 1}),),
    agent_name="Grace",
)
TALK = Transcript([GREETING, ASKED, JOINED, ANSWER])


# --- messages ---------------------------------------------------------------------------------


def test_a_message_offers_choices_and_carries_files():
    cards = Message(
        id="b-2",
        sender="bot",
        text="",
        content=(c.Cards((c.Card("Tea", options=(SITE,)),)), c.Buttons("", (AGENT,))),
    )
    assert cards.choices == (SITE, AGENT)
    assert ANSWER.files == (PICTURE,)
    assert (ASKED.choices, ASKED.files) == ((), ())


@pytest.mark.parametrize(
    ("sender", "name", "who"),
    [
        ("agent", "Grace", "Grace"),
        ("agent", None, "agent"),
        ("agent", "\u202e", "agent"),
        ("bot", "Grace", "bot"),
    ],
)
def test_an_agent_is_told_by_name(sender, name, who):
    assert Message(id="1", sender=sender, text="", agent_name=name).who == who


def test_a_message_shows_as_one_line():
    assert repr(ANSWER) == "<Message Grace: 'Hello\\np.png'>"
    long = Message(id="1", sender="bot", text="x" * 61)
    assert repr(long) == f"<Message bot: '{'x' * 59}…'>"
    assert repr(Message(id="1", sender="bot", text="x" * 60)).count("x") == 60


def test_a_message_shows_in_a_cell_as_text_and_html():
    shown = ANSWER._repr_mimebundle_(include=None)
    assert shown["text/plain"] == "Grace: Hello\n       p.png"
    assert ("img", "https://ok.example/p.png") in [
        (tag, fields.get("src")) for tag, fields in tags(shown["text/html"])
    ]


# --- sequences --------------------------------------------------------------------------------


def test_a_transcript_is_a_sequence():
    assert len(TALK) == 4
    assert (TALK[0], TALK[-1]) == (GREETING, ANSWER)
    assert list(TALK) == [GREETING, ASKED, JOINED, ANSWER]
    assert next(reversed(TALK)) == ANSWER
    assert ASKED in TALK
    assert TALK.index(ASKED) == 1
    assert TALK.count(JOINED) == 1
    with pytest.raises(IndexError):
        TALK[4]


@given(
    st.integers(-6, 6) | st.none(),
    st.integers(-6, 6) | st.none(),
    st.integers(-3, 3).filter(bool) | st.none(),
)
def test_a_slice_is_a_transcript_of_its_own(start, stop, step):
    part = TALK[start:stop:step]
    assert type(part) is Transcript
    assert list(part) == list(TALK)[start:stop:step]


def test_sequences_are_equal_by_their_messages():
    assert Transcript(list(TALK)) == TALK
    assert TALK[:2] == Reply([GREETING, ASKED])
    assert Transcript() != TALK
    assert list(TALK) != TALK
    with pytest.raises(TypeError):
        hash(TALK)


def test_a_view_grows_and_its_slices_do_not():
    messages = [GREETING]
    view = Transcript.view(messages)
    part = view[:]
    messages.append(ASKED)
    assert (len(view), len(part)) == (2, 1)


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, [GREETING, ASKED, JOINED, ANSWER]),
        ({"sender": "agent"}, [ANSWER]),
        ({"sender": "agent", "agent_name": "Ada"}, []),
        ({"contains": "HELLO"}, [ANSWER]),
        ({"contains": "agent"}, [GREETING, ASKED]),
        ({"contains": "agent", "sender": "user"}, [ASKED]),
        ({"contains": ""}, [GREETING, ASKED, JOINED, ANSWER]),
        ({"delivery": None, "time": None}, [JOINED, ANSWER]),
        ({"choices": (AGENT,)}, [GREETING]),
    ],
)
def test_where_finds_the_messages_that_meet_every_condition(conditions, found):
    assert list(TALK.where(**conditions)) == found


def test_where_takes_a_test_of_ones_own():
    assert list(TALK.where(lambda message: bool(message.files))) == [ANSWER]
    assert list(TALK.where(lambda message: bool(message.files), sender="bot")) == []
    with pytest.raises(AttributeError):
        TALK.where(colour="red")


# --- text and exports -------------------------------------------------------------------------


def test_the_text_is_a_line_a_message_with_who_says_it():
    assert TALK.text == (
        "bot: Hi.\n"
        "     How can I help?\n"
        "     Chat to Agent\n"
        "user: Agent, please\n"
        "system: Grace joined the conversation\n"
        "Grace: Hello\n"
        "       p.png"
    )
    assert Transcript().text == ""


def test_a_message_of_actions_alone_names_them():
    acted = Message(id="1", sender="bot", text="", actions=(c.Action("open cart"),))
    assert Transcript([acted]).text == "bot: [action open cart]"
    assert acted.text == ""


def test_dicts_are_plain_json_values_with_choices_and_files():
    greeting, asked, _, answer = TALK.to_dicts()
    assert greeting["content"] == [
        {"type": "text", "text": "Hi."},
        {
            "type": "buttons",
            "title": "How can I help?",
            "options": [{"label": "Chat to Agent", "value": "agent"}],
        },
    ]
    assert greeting["choices"] == [{"label": "Chat to Agent", "value": "agent"}]
    assert (greeting["time"], greeting["raw"]) == (1.5, {"content": []})
    assert (asked["sender"], asked["delivery"], asked["content"]) == ("user", "sent", [])
    assert answer["files"] == [
        {"url": "https://ok.example/p.png", "name": "p.png", "type": "image/png", "size": 12}
    ]
    assert answer["actions"] == [{"id": "notify", "data": {"n": 1}, "type": "normal"}]


def test_an_unknown_item_is_told_by_its_own_type():
    message = Message(
        id="1", sender="bot", text="", content=(c.Unknown("sticker", {"type": "sticker", "n": 1}),)
    )
    (told,) = Transcript([message]).to_dicts()
    assert told["content"] == [{"type": "sticker", "data": {"type": "sticker", "n": 1}}]


def test_json_is_the_dicts_readable_in_any_script():
    told = Transcript([Message(id="1", sender="bot", text="Grüße 日本")]).to_json()
    assert "Grüße 日本" in told
    assert json.loads(TALK.to_json()) == TALK.to_dicts()


def test_html_is_a_page_of_its_own_where_nothing_runs():
    page = TALK.to_html()
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert "Chat to Agent" in words(page)


def test_a_data_frame_has_a_row_a_message():
    frame = TALK.to_dataframe()
    import pandas as pd  # a third of a second, which each worker would pay

    assert isinstance(frame, pd.DataFrame)
    assert list(frame["sender"]) == ["bot", "user", "system", "agent"]
    assert list(frame.columns)[:3] == ["id", "sender", "text"]
    assert len(Transcript().to_dataframe()) == 0


def test_a_data_frame_without_pandas_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"pip install 'captivate-nb\[pandas\]'"):
        TALK.to_dataframe()


@given(st.lists(contents, max_size=3))
def test_every_content_can_be_exported(said):
    talk = Transcript(
        Message(id=str(n), sender="bot", text=readable(content), content=content)
        for n, content in enumerate(said)
    )
    assert json.loads(talk.to_json()) == talk.to_dicts()
    assert talk.to_html()
    assert talk.text.splitlines() == talk._repr_mimebundle_()["text/plain"].splitlines() or not said


# --- in a cell --------------------------------------------------------------------------------


def test_a_transcript_shows_its_newest_messages():
    many = Transcript(Message(id=str(n), sender="bot", text=f"line {n}") for n in range(SHOWN + 7))
    shown = many._repr_mimebundle_()
    lines = shown["text/plain"].splitlines()
    assert lines[0] == "… 7 earlier messages"
    assert (lines[1], lines[-1], len(lines)) == ("bot: line 7", "bot: line 56", SHOWN + 1)
    assert "… 7 earlier messages" in words(shown["text/html"])
    assert len([tag for tag, _ in tags(shown["text/html"]) if tag == "div"]) == 2 + SHOWN * 4
    assert repr(many) == "<Transcript of 57 messages>"


def test_of_much_text_the_newest_is_shown():
    long = Transcript(
        Message(id=str(n), sender="bot", text=f"{n}\n" + "a" * (ROOM // 4))
        for n in range(SHOWN + 7)
    )
    shown = long._repr_mimebundle_()["text/plain"].split("\n")
    assert shown[:2] == ["… 54 earlier messages", "bot: 54"]
    assert len(shown) == 1 + 2 * 3
    assert long.text.count("bot: ") == SHOWN + 7


def test_an_empty_transcript_says_so():
    shown = Transcript()._repr_mimebundle_()
    assert shown["text/plain"] == "<Transcript of 0 messages>"
    assert "No messages yet." in words(shown["text/html"])


def test_choices_show_their_labels():
    offered = Choices([AGENT, SITE])
    assert offered == (AGENT, SITE)
    assert offered.labels == ["Chat to Agent", "Our site"]
    assert repr(offered) == "<Choices Chat to Agent | Our site>"
    shown = offered._repr_mimebundle_()
    assert shown["text/plain"] == repr(offered)
    assert "Chat to Agent" in words(shown["text/html"])
    assert repr(Choices([c.Option("", "back"), c.Option("")])) == "<Choices back | (no label)>"
    assert repr(Choices()) == "<Choices none>"


def test_a_reply_is_what_came_back():
    reply = Reply(
        [GREETING, JOINED, Message(id="b", sender="bot", text=""), ANSWER],
        latency=0.25,
        actions=[c.Action("go")],
    )
    assert reply.text == f"{GREETING.text}\n{JOINED.text}\n{ANSWER.text}"
    assert reply.choices == (AGENT,)
    assert isinstance(reply.choices, Choices)
    assert (reply.latency, reply.actions) == (0.25, (c.Action("go"),))
    assert repr(reply) == "<Reply of 4 messages>"
    assert repr(Reply(reply[:1])) == "<Reply of 1 message>"
    assert "No messages in this reply." in Reply()._repr_mimebundle_()["text/html"]
    assert type(reply[1:]) is Transcript
    empty = Reply()
    assert (empty.text, empty.choices, empty.latency, empty.actions) == ("", (), None, ())


@pytest.mark.parametrize("hostile", [*HOSTILE, "\x9b31m", "a\rb", "\u2066x"])
def test_no_repr_lets_a_bot_drive_the_page_or_the_terminal(hostile):
    option = c.Option(hostile, hostile, hostile)
    message = Message(
        id=hostile,
        sender="agent",
        text=hostile,
        content=(c.Text(hostile), c.Buttons(hostile, (option,))),
        agent_name=hostile,
    )
    shown = [
        message._repr_mimebundle_(),
        Transcript([message])._repr_mimebundle_(),
        Choices([option])._repr_mimebundle_(),
    ]
    lines = [repr(message), repr(Choices([option])), Transcript([message]).text]
    for text in [*lines, *(bundle["text/plain"] for bundle in shown)]:
        assert all(char.isprintable() or char == "\n" for char in text)
    assert all(len(line.splitlines()) == 1 for line in lines[:2])
    for bundle in shown:
        html = bundle["text/html"].partition("</style>")[2]
        assert [danger for danger in dangers(html) if "<style>" not in danger] == []


# --- what a person reads ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (c.Text("a\nb"), "a\nb"),
        (c.Text(""), ""),
        (c.Buttons("Sure?", (AGENT, SITE)), "Sure?\nChat to Agent\nOur site"),
        (c.Buttons("", (AGENT,)), "Chat to Agent"),
        (c.Buttons("", (c.Option("", "back"), c.Option(" Yes ", "y"))), "back\n Yes "),
        (
            c.Cards((c.Card("Tea", "Hot", "https://i", "https://l", (AGENT,)), c.Card("Cake"))),
            "Tea\nHot\nChat to Agent\nCake",
        ),
        (c.Files((PICTURE, c.File("https://x")), "Read"), "Read\np.png\nhttps://x"),
        (c.Html("<p>a</p><b>b</b><script>c</script>"), "a\nb"),
        (c.Table("<table><tr><td>a<td>b</table>"), "a\tb"),
        (c.Markdown("# T\n\n*a* [b](https://ok.example)"), "T\na b"),
        (c.Pause(5), ""),
        (c.Unknown("sticker", {}), "[sticker]"),
        (c.Unknown("", {}), "[unknown]"),
    ],
)
def test_the_text_of_content_is_what_a_person_reads(item, text):
    assert readable([item]) == text


def test_the_text_of_several_items_has_no_empty_lines():
    assert readable([c.Text("a"), c.Pause(1), c.Text(""), c.Text("b")]) == "a\nb"
    assert readable([]) == ""


@pytest.mark.parametrize(
    ("delivery", "doubt"),
    [
        ("confirmed", ""),
        ("queued", " (waiting)"),
        ("failed", " (not delivered)"),
        ("unknown", " (not known whether it arrived)"),
    ],
)
def test_a_message_whose_delivery_is_in_doubt_says_so(delivery, doubt):
    asked = Transcript([Message(id="u", sender="user", text="Book it", delivery=delivery)])
    assert asked.text == f"user{doubt}: Book it"
    for shown in (asked._repr_mimebundle_(), asked[0]._repr_mimebundle_()):
        assert shown["text/plain"] == asked.text
        assert words(shown["text/html"]).endswith(f"user{doubt}Book it")


def test_a_message_without_a_text_has_that_of_its_content_and_keeps_it(
    monkeypatch: pytest.MonkeyPatch,
):
    content = (c.Text("a"), c.Buttons("b", (c.Option("Yes", "y"),)))
    said = Message(id="1", sender="bot", content=content)
    same = Message(id="1", sender="bot", content=content, text="a\nb\nYes")
    assert said == same
    assert hash(said) == hash(same)
    assert said != Message(id="1", sender="bot", content=content, text="other")
    assert said != msgspec.structs.replace(same, delivery="sent")
    assert said != "a\nb\nYes"

    again = msgspec.structs.replace(said, content=(c.Text("c"),), text=None)
    assert again.text == "c"
    monkeypatch.delattr("captivate_nb.conversation.message.readable")
    assert (said.text, again.text) == ("a\nb\nYes", "c")
