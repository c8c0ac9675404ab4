"""Export: a conversation as code that does it again."""

from __future__ import annotations

import ast
import asyncio
import functools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import captivate_nb as cn
from captivate_nb.conversation.code import Step, as_botium, as_magics, as_python, steps_of, to_code
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.errors import UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import Action, Buttons, File, Option, Text
from captivate_nb.protocol.content_decoder import write_content
from strategies import json_objects
from support.rogue import Rogue, Socket, bot, frame, rogue, until
from support.shells import Shell


def recorded(*events: e.Event) -> EventLog:
    log = EventLog()
    for at, event in enumerate(events):
        log.record("out" if isinstance(event, e.ClientEvent) else "in", encode(event), float(at))
    return log


def said(text: str, *files: File) -> e.UserMessage:
    return e.UserMessage(conversation_id="c", client_msg_id=f"m-{text}", text=text, files=files)


LOG = recorded(
    e.ConversationStarted(conversation_id="old"),
    e.ConversationStarted(conversation_id="c"),
    said(""),
    e.BotMessage(
        content=(Text("Hi"), Buttons("Pick", (Option("Red | dead", "r"), Option("B", "b"))))
    ),
    said("r"),
    e.BotMessage(content=(Text("?what\n#me too"),)),
    said("two\nlines"),
    said("look", File("https://h/a.png", "a.png"), File("data:text/plain,x", "b.txt")),
    e.ActionSent(conversation_id="c", action=Action("escalateToHuman", {"a": True})),
    e.ConversationUpdate(type="livechatAgentConnected", data={"name": "Maya"}),
    e.LivechatMessage(content=(Text("Hello"),)),
    e.MetadataSet(conversation_id="c", client_msg_id="m", metadata={"x": 1}, target="bot"),
    e.MetadataSet(conversation_id="c", client_msg_id="m", metadata={"y": 1}),
    said("bye"),
)


def test_what_was_sent_again_is_said_once():
    log = recorded(
        e.ConversationStarted(conversation_id="c"), said("one"), said("one"), said("two")
    )
    assert [step.text for step in steps_of(log)] == ["", "one", "two"]
    for form in ("python", "magic", "botium"):
        assert to_code(log, form).count("one") == 1


def test_the_steps_of_the_newest_conversation():
    steps = steps_of(LOG)
    assert [step.n for step in steps] == [1, 4, 6, 7, 8, 11, 12, 13]
    assert steps[0].reply[0].text.startswith("Hi")
    assert steps[1].choice == Option("Red | dead", "r")
    assert [message.sender for message in steps[4].reply] == ["agent"]


def test_metadata_that_is_private_is_a_comment():
    both = e.MetadataSet(
        conversation_id="c", client_msg_id="m", metadata={"plan": 1, "private": "•••"}
    )
    alone = e.MetadataSet(
        conversation_id="c", client_msg_id="m", metadata={"private": "•••"}, target="bot"
    )
    steps = [Step(1, metadata=both), Step(2, metadata=alone)]
    comment = "# Private metadata was set here; it is not kept. Set it anew: {'private': {...}}\n"
    python = f"await session.set_metadata({{'plan': 1}})\n{comment}{comment}"
    assert as_python(steps) == python
    magic = f'%captivate metadata {{"plan": 1}} --target default\n{comment}{comment}'
    assert as_magics(steps) == magic
    compile(python, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_what_is_not_kept_whole_is_a_comment():
    code = "# Event 4 is not kept whole, and so is not here: 'aa…\\nb'\n"
    step = Step(4, "aa…\nb", shortened=True)
    assert (as_python([step]), as_magics([step])) == (code, code)


def test_as_python():
    code = as_python(steps_of(LOG))
    assert code == (
        "import captivate_nb as cn\n# Hi\n# Pick\n# Red | dead\n# B\n"
        "reply = await session.click('Red | dead')\n# ?what\n# #me too\n"
        "reply = await session.say('two\\nlines')\n"
        "reply = await session.send_files([cn.File(url='https://h/a.png', name='a.png'),"
        " cn.File(url='data:text/plain,x', name='b.txt')], 'look')\n"
        "await session.act('escalateToHuman', {'a': True})\n# Hello\n"
        "await session.set_metadata({'x': 1}, target='bot')\n"
        "await session.set_metadata({'y': 1})\n"
        "reply = await session.say('bye')\n"
    )


def test_as_magics():
    assert as_magics(steps_of(LOG)) == (
        "import captivate_nb as cn\n%captivate click Red | dead\n"
        "reply = await session.say('two\\nlines')\n"
        "reply = await session.send_files([cn.File(url='https://h/a.png', name='a.png'),"
        " cn.File(url='data:text/plain,x', name='b.txt')], 'look')\n"
        '%captivate act escalateToHuman {"a": true}\n'
        '%captivate metadata {"x": 1} --target bot\n%captivate metadata {"y": 1} --target default\n'
        "%captivate say bye\n"
    )


def test_as_botium():
    assert as_botium(steps_of(LOG), "my chat") == (
        "my chat\n\n#bot\nHi\nPick\nBUTTONS Red \\| dead|B\n"
        "\n#me\nBUTTON r|Red \\| dead\n\n#bot\n??what\n #me too\n"
        "\n#me\ntwo\nlines\n"
        "\n#me\nlook\nMEDIA https://h/a.png\nMEDIA data:text/plain,x\n"
        "\n#bot\nHello\n"
        "\n#me\nbye\n"
    )


def test_the_forms_there_are():
    assert to_code(LOG, "botium").startswith("conversation\n")
    with pytest.raises(UsageError, match="Did you mean “python”"):
        to_code(LOG, "pyton")


@example("0", "\x00")
@given(st.text(), st.text())
def test_no_text_becomes_code(user: str, bot: str):
    log = recorded(
        e.ConversationStarted(conversation_id="c"),
        said(""),
        e.BotMessage(content=(Text(bot),)),
        said(user),
    )
    tree = ast.parse(as_python(steps_of(log)), mode="exec") if user else ast.parse("")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) == bool(user)
    assert [json.loads(json.dumps(call.args[0].value)) for call in calls] == [user] * len(calls)


async def test_the_python_of_a_chat_does_it_again():
    async with await cn.demo() as session:
        await session.click("Leave Contact Details")
        await session.say("Ada")
        code = session.to_code()
        await session.restart()
        before = len(session.events)
        scope = {"session": session}
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        await eval(compile(code, "cell", "exec", flags=flags), scope)
        assert len(session.events) > before
        assert [m.text for m in session.transcript.where(sender="user")] == [
            "Leave Contact Details",
            "Ada",
        ]


# --- the code sends what was sent -------------------------------------------------------------

BUY = [Option("Buy", "mug"), Option("Buy", "lamp"), Option("lamp", "mug"), Option("", "back")]
ONES_OWN = ("user_message", "action", "metadata")


async def answering(options: list[Option], socket: Socket) -> None:
    """Offer the same options at once, and after everything the user says."""
    question = bot(*write_content((Buttons("Well?", tuple(options)),)))
    await socket.connect()
    await socket.receive("conversation_start")
    of: dict[str, Any] = {"conversation_id": "c-1"}
    await socket.send(frame("conversation_start_success", of), question)
    while True:
        await socket.receive()
        match socket.rogue.received[-1]["event_type"]:
            case "user_message":
                await socket.send(question)
            case "metadata":
                await socket.send(frame("metadata_update_success", of))
            case "metadata_request":
                await socket.send(frame("conversation_metadata", {**of, "content": {}}))


@asynccontextmanager
async def talk(server: Rogue) -> AsyncIterator[cn.Session]:
    """A session to which the bot has spoken; what it sends is noted afresh."""
    server.received.clear()
    async with await cn.connect(server.url, "k" * 20, greet="user") as session:
        await until(lambda: len(session.transcript))
        yield session


async def sent(server: Rogue, session: cn.Session) -> list[dict[str, Any]]:
    """What the user did, without the IDs that each sending has of its own, once it is all there."""
    await until(lambda: len(server.received) == len(session.events.where(direction="out")))
    own = [event for event in server.received if event["event_type"] in ONES_OWN]
    ids = ("client_msg_id", "conversation_id")
    return [
        {key: value for key, value in event["event_payload"].items() if key not in ids}
        for event in own
    ]


class Hasty:
    """A session whose replies are complete at once."""

    def __init__(self, session: cn.Session) -> None:
        self.session = session

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.session, name)
        turn = name in ("say", "click", "send_files")
        return functools.partial(method, settle=0) if turn else method


Doing = tuple[str, tuple[Any, ...]]


async def do(session: Any, doings: list[Doing]) -> None:
    for name, told in doings:
        await getattr(session, name)(*told)


async def both(options: list[Option], doings: list[Doing]) -> tuple[list[Any], list[Any]]:
    """What a user sent, and what the Python of that conversation sends."""
    async with rogue(functools.partial(answering, options)) as server:
        async with talk(server) as session:
            await do(Hasty(session), doings)
            code, first = session.to_code(), await sent(server, session)
        async with talk(server) as session:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            scope = {"session": Hasty(session)}
            await eval(compile(code, "cell", "exec", flags=flags), scope)
            return first, await sent(server, session)


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
ends = st.sampled_from(["", "\\", "?", '"', "'", "\n", " ", '"""', "${x}", "#"])
spoken = st.builds("".join, st.tuples(words, ends)).filter(str.strip)
options_of_a_bot = st.builds(Option, words | st.just("Buy"), words)
files = st.builds(
    File,
    url=st.sampled_from(
        ["https://h/a.png", "https://h/{a}?b=$c", "data:text/plain,x", "https://h", "http://["]
    ),
    name=st.sampled_from(["", "a.png"]) | words,
    type=st.sampled_from(["", "image/png", "image"]),
    size=st.none() | st.integers(0, 9),
    extra=st.dictionaries(st.just("textContent"), words, max_size=1),
)


def doings(options: list[Option]) -> st.SearchStrategy[list[Doing]]:
    each: list[st.SearchStrategy[Doing]] = [
        st.tuples(st.just("say"), st.tuples(spoken)),
        st.tuples(st.just("click"), st.tuples(st.sampled_from(options))),
        st.tuples(
            st.just("send_files"),
            st.tuples(st.lists(files, min_size=1, max_size=2), spoken | st.none()),
        ),
        st.tuples(st.just("act"), st.tuples(words, json_objects)),
        st.tuples(
            st.just("set_metadata"), st.tuples(json_objects, st.sampled_from(["default", "bot"]))
        ),
    ]
    return st.lists(st.one_of(each), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_python_of_a_chat_sends_the_same_frames(data: st.DataObject):
    options = data.draw(st.lists(options_of_a_bot, min_size=1, max_size=4))
    first, again = asyncio.run(both(options, data.draw(doings(options))))
    assert again == first


HARD: list[Doing] = [
    ("click", (BUY[1],)),
    ("click", (BUY[2],)),
    ("click", (BUY[3],)),
    ("say", ("it ends in \\",)),
    ("say", ('say """ {x} $y # no comment?',)),
    ("say", ("two\nlines",)),
    ("say", (" spaces ",)),
    ("send_files", ([File("https://h/a.png", "a.png", "image/png")],)),
    ("send_files", ([File("https://h/{a}?b=$c", "", "x")],)),
    ("send_files", ([File("https://h/a.png"), File("data:text/plain,x", "b.txt")], "two files")),
    ("act", ("book table", {"a": True})),
    ("act", ("escalateToHuman", {"a": [1, None, "é"]})),
    ("act", ("say", "text")),
    ("set_metadata", ({"a": {"b": "--target x"}}, "bot")),
]


@pytest.mark.parametrize("form", ["python", "magic"])
async def test_the_code_of_a_chat_sends_the_same_frames(form: str, ipython: Shell):
    await ipython.run("%load_ext captivate_nb")
    async with rogue(functools.partial(answering, BUY)) as server:
        async with talk(server) as session:
            await do(Hasty(session), HARD)
            code, first = session.to_code(form), await sent(server, session)
        assert len(first) == len(HARD)
        async with talk(server) as session:
            ipython.names["session"] = session
            await ipython.run(code)
            assert await sent(server, session) == first


def test_a_text_that_an_option_says_and_no_label_finds_is_said():
    three = (Option("A", "x"), Option("A", "y"), Option("A: y", "z"))
    log = recorded(
        e.ConversationStarted(conversation_id="c"),
        said(""),
        e.BotMessage(content=(Buttons("", three),), event_id="1"),
        said("y"),
        e.BotMessage(content=(Buttons("", three),), event_id="2"),
        said("z"),
    )
    assert [line for line in as_python(steps_of(log)).splitlines() if line[0] != "#"] == [
        "reply = await session.click('A: y')",
        "reply = await session.say('z')",
    ]
