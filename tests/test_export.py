"""Export: a conversation as code that does it again."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import captivate_nb as cn
from captivate_nb.errors import UsageError
from captivate_nb.eventlog import EventLog
from captivate_nb.export import as_botium, as_magics, as_python, steps_of, to_code
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import Action, Buttons, File, Option, Text


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


def test_the_steps_of_the_newest_conversation():
    steps = steps_of(LOG)
    assert [step.n for step in steps] == [1, 4, 6, 7, 8, 11, 12, 13]
    assert steps[0].reply[0].text.startswith("Hi")
    assert steps[1].choice == Option("Red | dead", "r")
    assert [message.sender for message in steps[4].reply] == ["agent"]


def test_as_python():
    code = as_python(steps_of(LOG))
    assert code == (
        "# Hi\n# Pick\n# Red | dead\n# B\n"
        "reply = await session.click('Red | dead')\n# ?what\n# #me too\n"
        "reply = await session.say('two\\nlines')\n"
        "reply = await session.send_files(['https://h/a.png', 'b.txt'], 'look')\n"
        "await session.act('escalateToHuman', {'a': True})\n# Hello\n"
        "await session.set_metadata({'x': 1}, target='bot')\n"
        "await session.set_metadata({'y': 1})\n"
        "reply = await session.say('bye')\n"
    )


def test_as_magics():
    assert as_magics(steps_of(LOG)) == (
        "%captivate click Red | dead\n"
        "reply = await session.say('two\\nlines')\n"
        "%captivate send-file https://h/a.png\n%captivate send-file data:text/plain,x\n"
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
