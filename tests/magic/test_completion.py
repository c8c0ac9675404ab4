"""What Tab offers after `%captivate`: only what fits there, and only one line of it."""

from __future__ import annotations

import pytest
from IPython.core.completer import CompletionContext, provisionalcompleter

from captivate_nb.magic.arguments import unquote
from captivate_nb.magic.commands import COMMANDS
from captivate_nb.magic.completion import complete_captivate
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.server import flows
from captivate_nb.sessions import demo


def complete(line, before="", after=""):
    """What Tab offers at the end of a line in a cell with lines before and after it."""
    return complete_captivate(
        CompletionContext(
            token=line.rpartition(" ")[2],
            full_text=f"{before}{line}{after}",
            cursor_position=len(line),
            cursor_line=before.count("\n"),
            limit=None,
        )
    )


def offered(line, **cell):
    result = complete(line, **cell)
    assert result["suppress"] is True
    return [completion.text for completion in result["completions"]]


@pytest.mark.parametrize(
    "line", ["", "capt", "%captivate", "%capt", "x = 1", "%matplotlib ", "print('captivate ')"]
)
def test_lines_that_are_not_ours_are_left_to_ipython(line):
    assert complete(line) == {"completions": [], "suppress": False}


def test_subcommands_are_offered_and_nothing_else():
    assert offered("%captivate ") == list(COMMANDS)
    assert offered("%captivate s") == ["say", "send-file", "status"]
    assert offered("%captivate ST") == ["status"]
    assert offered("%captivate zzz") == []


def test_the_line_of_the_cursor_counts_whatever_stands_around_it():
    assert offered("panel = %captivate res") == ["resume", "restart"]
    assert offered("  %captivate res", before="x = 1\n", after=" gone\n%captivate ") == [
        "resume",
        "restart",
    ]
    assert complete("%captivate res")["matched_fragment"] == "res"


def test_free_text_is_never_completed():
    assert offered("%captivate say res") == []
    assert offered("%captivate say what is %captivate res") == []


def test_flows_are_offered():
    assert offered("%captivate open ") == list(flows())
    assert offered("%captivate open su") == ["support"]


def test_forms_of_code_are_offered():
    assert offered("%captivate code p") == ["python"]


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("connect --u", ["--user"]),
        ("connect wss://host/dev --user ada --key-", ["--key-env", "--key-file"]),
        ("connect ", []),
        ("connect wss", []),
        ("delete -", ["--all", "--yes"]),
        ("metadata plan=vip --t", ["--target"]),
        ("metadata --target ", ["default", "bot", "live", "bot_live"]),
        ("metadata plan=vip --target bo", ["bot", "bot_live"]),
        ("metadata pl", []),
        ("status --", []),
    ],
)
def test_options_and_their_values_are_offered(line, options):
    assert offered(f"%captivate {line}") == options


def test_without_a_session_there_is_nothing_to_click_or_resume():
    assert offered("%captivate click ") == []
    assert offered("%captivate resume ") == []
    assert offered("%captivate delete ") == []


async def test_labels_of_the_newest_message_are_offered_whole():
    async with await demo("support") as session:
        assert offered("%captivate click ") == ["Leave Contact Details", "Chat to Agent"]
        assert offered("%captivate click chat to") == ["Chat to Agent"]
        assert complete("%captivate click chat to")["matched_fragment"] == "chat to"
        await session.click("Leave Contact Details")
        assert "Chat to Agent" not in offered("%captivate click ")


async def test_labels_are_offered_as_click_takes_them():
    labels = ["\u200fכן", "L" * 250, "", 'say "', '"quoted"', "C:\\"]
    options = [*(c.Option(label, f"v{n}") for n, label in enumerate(labels)), c.Option("C:\\", "d")]
    async with await demo("support") as session:
        await session._parts._receiver.receive(
            encode(e.BotMessage(content=(c.Buttons("", tuple(options)),)))
        )
        found = offered("%captivate click ")
        assert found == [
            *("כן", "L" * 199 + "…", "v2", 'say "', '""quoted""', "C:\\: v5", "C:\\: d"),
        ]
        for option, text in zip(options, found, strict=True):
            await session.click(unquote(text), wait=False)
            said = session.transcript.where(sender="user")[-1].text
            assert said == option.value
            await session._parts._receiver.receive(
                encode(e.BotMessage(content=(c.Buttons("", tuple(options)),)))
            )


async def test_conversations_seen_are_offered_the_newest_first():
    async with await demo("support", user_id="ada") as session:
        first = session.conversation_id
        await session.restart()
        second = session.conversation_id
        assert offered("%captivate resume ") == [second, first]
        assert offered(f"%captivate delete {first}") == [first]
        await session.resume(first)
        await session.conversations()
        assert sorted(offered("%captivate resume ")) == sorted([first, second])


async def test_what_a_server_names_cannot_put_a_second_line_into_the_cell():
    hostile = "Yes\nimport os; os.system('x')"
    async with await demo("support") as session:
        known = offered("%captivate resume ")
        buttons = c.Buttons("", (c.Option(hostile, "y"), c.Option("\x1b[31mNo\u202e", "n")))
        await session._parts._receiver.receive(encode(e.BotMessage(content=(buttons,))))
        listed = tuple(e.ConversationSummary(name) for name in (hostile, "conv-2\r", "conv-3"))
        await session._parts._receiver.receive(encode(e.UserConversations(conversations=listed)))
        assert offered("%captivate click ") == ["Yes import os; os.system('x')", "[31mNo"]
        assert offered("%captivate resume ") == ["conv-3", *known]


async def test_ipythons_own_completer_shows_that_and_only_that(ipython):
    await ipython.run("%load_ext captivate_nb")
    with provisionalcompleter():
        for line, texts in (("%captivate open su", ["support"]), ("%captivate say imp", [])):
            found = ipython.ip.Completer.completions(line, len(line))
            assert [completion.text for completion in found] == texts


async def test_networks_of_a_demo_session():
    assert offered("%captivate network h") == []
    async with await demo() as session:
        assert offered("%captivate network h") == ["hotel wifi"]
        session.server, server = None, session.server
        assert offered("%captivate network ") == []
        session.server = server
