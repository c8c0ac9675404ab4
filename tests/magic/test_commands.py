"""%captivate: in IPython of this process, in a real kernel, and at a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb import sessions as start
from captivate_nb.errors import (
    CaptivateError,
    InvalidFile,
    InvalidKey,
    InvalidMessage,
    KeyRefused,
    NoSession,
    UnknownChoice,
    UsageError,
)
from captivate_nb.magic import commands as magic
from captivate_nb.magic import extension
from support.kernels import Kernel
from support.rogue import Socket, frame, rogue, until
from support.shells import Shell, Terminal


@pytest.fixture
def shell(ipython: Shell) -> Iterator[Shell]:
    start._opened.clear()
    ipython.ip.run_line_magic("load_ext", "captivate_nb")
    yield ipython
    start._opened.clear()


def lines(output: str) -> list[str]:
    return output.strip().splitlines()


class Cells:
    """Runs cells of a real kernel that has the extension loaded; text of what they show."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        assert kernel.execute("%load_ext captivate_nb").error is None

    def __call__(self, code: str) -> str:
        done = self.kernel.execute(code)
        assert done.error is None, done
        return done.text

    def fails(self, code: str) -> str:
        """The text of the error, which must be one line and no traceback."""
        done = self.kernel.execute(code)
        assert done.error is not None, done
        assert len(done.traceback) == 1, done.traceback
        assert "\n" not in done.traceback[0]
        return done.traceback[0]


@pytest.fixture
def cells(kernel: Kernel) -> Cells:
    return Cells(kernel)


def test_a_whole_chat_by_magics_alone(cells: Cells, tmp_path: Path):
    assert "ChatPanel" in cells("panel = %captivate\nprint(type(panel).__name__)")
    assert cells("session is __import__('captivate_nb').current()") == "True"
    assert "bot: Hi. I'm the Captivate Bot." in cells("%captivate transcript")
    reply = cells("%captivate click chat to agent")
    assert "Maya: Hi, this is Maya" in reply
    assert "Maya: " in cells('%captivate say it\'s --fine, say "what" \\n you like')
    said = cells("print([m.text for m in session.transcript if m.sender == 'user'])")
    cells("name = 'Ann'")
    assert "Maya: " in cells("reply = %captivate say is {name} here, for $name?\nreply")
    assert "{name} here, for $name?" in cells(
        "print(session.transcript.where(sender='user')[-1].text)"
    )
    assert cells("%captivate?") == ""
    assert repr('it\'s --fine, say "what" \\n you like') in said
    path = tmp_path / "with space.txt"
    path.write_text("hi")
    cells(f"%captivate send-file {path}")
    assert "with space.txt" in cells("%captivate transcript")
    cells("%captivate send-file https://sample.pdf/sample.pdf")
    assert cells('%captivate metadata plan=vip seats=3 name="Ann B"') == (
        "{'plan': 'vip', 'seats': 3, 'name': 'Ann B'}"
    )
    assert "'deep': [1]" in cells('%captivate metadata {"deep": [1]} --target bot')
    assert "'plan': 'vip'" in cells("%captivate metadata")
    assert "bot_message" in cells("%captivate events")
    assert "open: ws://127.0.0.1" in cells("%captivate status")
    coded = cells.kernel.execute("%captivate code botium")
    assert coded.error is None
    first = cells("print(session.conversation_id)")
    assert first in cells("%captivate conversations")
    assert "Hi. I'm" in cells("%captivate restart")
    assert "Maya" in cells(f"%captivate resume {first}")
    assert "--yes" in cells.fails("%captivate delete")
    assert first in cells(f"%captivate delete {first} --yes")
    assert "Deleted all" in cells("%captivate delete --all --yes")
    assert "restart" in cells.fails("%captivate say anyone?")
    cells("%captivate restart")
    assert "Closed" in cells("%captivate close")
    assert "NoSession" in cells.fails("%captivate say anyone?")
    assert "%captivate say TEXT" in cells("%captivate help")
    assert "%captivate agent [NAME]" in cells("%captivate help")
    assert cells("%captivate help say").strip().splitlines() == [
        "%captivate say TEXT",
        "    say TEXT just as written, and show the reply",
    ]
    assert "Did you mean “say”" in cells.fails("%captivate help sya")


def test_errors_are_one_line_that_says_what_to_do(cells: Cells):
    assert "Open one with %captivate" in cells.fails("%captivate say hello")
    assert "Did you mean “say”" in cells.fails("%captivate sya hello")
    assert "Did you mean “support”" in cells.fails("%captivate open suport")
    cells("panel = %captivate open support")
    assert "Did you mean “Chat to Agent”" in cells.fails("%captivate click Chat to agnet")
    assert 'near “{"a": }”' in cells.fails('%captivate metadata {"a": }')
    assert "character 7" in cells.fails('%captivate metadata {"a": }')
    assert "KEY=VALUE" in cells.fails("%captivate metadata plan")
    assert "Did you mean “--target”" in cells.fails("%captivate metadata a=1 --traget bot")
    assert "empty" in cells.fails("%captivate say")
    assert "act needs" in cells.fails("%captivate act")
    assert "send-file needs" in cells.fails("%captivate send-file")
    assert "resume needs" in cells.fails("%captivate resume")
    assert "cannot be read" in cells.fails("%captivate send-file /no/such")
    assert "not a URL" in cells.fails("%captivate connect ws://x:y --key-env HOME")
    assert "No server answers" in cells.fails("%captivate connect ws://127.0.0.1:1 --key-env HOME")
    assert "NOT_SET is not set" in cells.fails(
        "%captivate connect ws://127.0.0.1:1 --key-env NOT_SET"
    )
    assert "is saved with the notebook" in cells.fails("%captivate connect --key abc")
    assert "is saved with the notebook" in cells.fails("%captivate connect wss://h/dev?apiKey=abc")
    assert "No API key was given" in cells.fails("%captivate connect ws://127.0.0.1:1")
    assert "takes nothing after it" in cells.fails("%captivate status now")
    assert cells("print(session.status)") == "open"


def test_the_users_own_session_keeps_its_name(cells: Cells):
    cells("session = 'mine'\npanel = %captivate")
    assert cells("print(session)") == "mine"
    cells("del session\nx = %captivate open")
    assert "Session open" in cells("print(session)")


def test_tab_completes_what_can_stand_there(cells: Cells):
    complete = cells.kernel.complete
    assert complete("%captivate cl") == ["click", "close"]
    assert complete("%captivate ag") == ["agent"]
    assert complete("%captivate open ") == list(
        __import__("captivate_nb.server", fromlist=["x"]).flows()
    )
    assert "Chat to Agent" not in complete("%captivate click ")
    cells("panel = %captivate")
    assert complete("%captivate click ") == ["Leave Contact Details", "Chat to Agent"], (
        "as the bot orders them"
    )
    assert complete("%captivate click chat t") == ["Chat to Agent"]
    assert complete("x = %captivate metadata a=1 --target bo") == ["bot", "bot_live"]
    assert complete("%captivate connect --k") == ["--key-env", "--key-file"]
    first = cells("print(session.conversation_id)")
    cells("%captivate restart")
    assert first in complete("%captivate resume ")


def test_a_plain_ipython_prompt(terminal: Terminal):
    terminal.run("%load_ext captivate_nb")
    terminal.run("p = %captivate")
    assert "Maya: Hi, this is Maya" in terminal.run("%captivate click Chat to Agent")
    assert "Maya" in terminal.run("%captivate say hello there")
    assert "hello there" in terminal.run("%captivate transcript")
    assert "the little shop" in terminal.run("%captivate open shop")
    assert terminal.run("%captivate click My basket").count("Your basket") == 1
    shown = terminal.run("%captivate sya x")
    assert "UsageError: %captivate has no “sya”. Did you mean “say”?" in shown
    assert "Traceback" not in shown
    assert "closed" in terminal.run("%captivate close").lower()


async def test_a_magic_cell_runs_its_lines_in_order(shell: Shell):
    shown = await shell.run("%%captivate\nopen support\n\nclick Chat to Agent\nstatus")
    assert shown is None
    session = shell.names["session"]
    assert session.agent.name == "Maya"
    await session.close()


async def test_a_magic_cells_first_line_counts_and_comments_do_not(shell: Shell):
    await shell.run("panel = %captivate open support")
    cell = "%%captivate say the first #1\n# say nothing\n\n   # click me\nsay the second # 2"
    shown = await shell.run(cell)
    said = cn.current().transcript.where(sender="user")
    assert [message.text for message in said] == ["the first #1", "the second # 2"]
    assert shown == cn.current().transcript[-1:]
    assert await shell.run("%%captivate\n# nothing at all") is None
    await cn.current().close()


async def test_status_moves_no_terminal(shell: Shell, capsys: pytest.CaptureFixture[str]):
    async def greet(socket: Socket) -> None:
        await socket.greet("c\x1b[2J-1")
        agent = {"type": "livechatAgentConnected", "data": {"agent": {"name": "Maya\x1b[31m"}}}
        await socket.send(frame("conversation_update", agent))

    async with rogue(greet) as server, await cn.connect(server.url, "key") as session:
        await until(lambda: session.agent)
        await shell.run("%captivate status")
        assert "conversation c[2J-1 of anon, Maya[31m is in it\n" in capsys.readouterr().out
        assert "\x1b" not in repr(session)


async def test_status_tells_of_the_network_and_of_what_is_not_settled(
    shell: Shell, capsys: pytest.CaptureFixture[str]
):
    async with await cn.demo(timeouts=cn.Timeouts(reconnect_first=3600)) as session:
        session.server.faults = "wrong-key"
        session.server.call(session.server._network.restart)
        await until(lambda: session.status == "reconnecting")
        waiting = asyncio.create_task(session.say("are you there?"))
        await session.reconnect_now()
        await until(lambda: session.reconnect_error)
        await shell.run("%captivate status")
        shown = capsys.readouterr().out
        waiting.cancel()
        assert f"reconnecting: {session.url}\n    {session.reconnect_error}\n" in shown
        assert "network wrong-key" in shown
        assert "\noutbox: “are you there?”, queued\n" in shown
        assert ", 1 error\n" in shown


async def test_agent_opens_the_agents_panel(shell: Shell):
    with pytest.raises(NoSession):
        magic.execute("agent")
    await shell.run("p = %captivate open support")
    for line, name in (("agent", "Maya"), ("agent 'Ann Lee'", "Ann Lee")):
        panel = await shell.run(f"%captivate {line}")
        assert (type(panel).__name__, panel.agent_name) == ("AgentPanel", name)
        panel.close()
    await cn.current().close()


async def test_metadata_is_set_as_it_is_written(shell: Shell):
    await shell.run("panel = %captivate open support")
    for line, values in (
        (r're=\d+ path="C:\new" id="123456" {"a": 1}', {"re": r"\d+", "path": r"C:\new", "id": "123456", "a": 1}),
        ('{"b": 1} b=2 version="1.10"', {"b": 2, "version": "1.10"}),
    ):  # fmt: skip
        assert (await shell.run(f"%captivate metadata {line}")).items() >= values.items()
    known = len(cn.current().events)
    with pytest.raises(UsageError, match="--target needs what to set"):
        await shell.run("%captivate metadata --target bot")
    assert len(cn.current().events) == known
    await cn.current().close()


async def test_a_variable_stands_for_what_is_no_free_text(shell: Shell):
    await shell.run("flow = 'support'\npanel = %captivate open $flow")
    session = cn.current()
    first = session.conversation_id
    shell.names.update(first=first, chat=SimpleNamespace(id=first))
    for line in ("$first", "$chat.id", "'$first'"):
        await session.restart()
        await shell.run(f"transcript = %captivate resume {line}")
        assert session.conversation_id == first
    await session.restart()
    inside = "def go(ident):\n    %captivate resume $ident\ngo(first)"
    await shell.run(inside)
    assert session.conversation_id == first
    await session.restart()
    await shell.run("%%captivate\nsay $first or {first}?\nresume $first")
    assert session.conversation_id == first
    with pytest.raises(CaptivateError, match="conversation_id"):
        await shell.run("%captivate resume $nobody")
    await shell.run("%captivate say is it $first?")
    assert session.transcript.where(sender="user")[-1].text == "is it $first?"
    await session.close()


async def test_the_conversation_in_use_is_deleted_when_one_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    await shell.run("panel = %captivate open support")
    session = cn.current()
    first = session.conversation_id
    await session.restart()
    asked: list[str] = []
    answers = ["", "no", "Y", "yes"]
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answers.pop(0))
    await shell.run(f"%captivate delete {first}")
    assert asked == []
    for line in ("", "--all"):
        await shell.run(f"%captivate delete {line}")
        assert capsys.readouterr().out.endswith("Nothing was deleted.\n")
    assert not session.conversation.deleted
    await shell.run("%captivate delete $session.conversation_id")
    assert session.conversation.deleted
    await session.restart()
    await shell.run("%captivate delete --all")
    assert session.conversation.deleted
    assert len(asked) == 4
    assert "You are using the conversation anon-" in asked[0]
    assert "all conversations of anon" in asked[1]
    await session.close()


async def test_a_bad_network_is_rehearsed(shell: Shell, capsys: pytest.CaptureFixture[str]):
    await shell.run("p = %captivate open support")
    session = cn.current()
    await shell.run("%captivate network")
    assert "%captivate network hotel wifi\n    Slow and uneven" in capsys.readouterr().out
    await shell.run("%captivate network 'drops'")
    assert session.server.faults.drop == 0.1
    assert "network: drops" in capsys.readouterr().out
    with pytest.raises(UsageError, match="Did you mean “delay”"):
        await shell.run("%captivate network dely=3")
    await shell.run("%captivate network off")
    assert capsys.readouterr().out.endswith("network: off\n")
    session.server, server = None, session.server
    with pytest.raises(UsageError, match="%captivate open"):
        await shell.run("%captivate network drops")
    session.server = server
    await session.close()


async def test_a_plain_line_shows_the_current_sessions_panel(shell: Shell):
    panel = await shell.run("%captivate open support")
    again = await shell.run("%captivate")
    assert type(panel).__name__ == type(again).__name__ == "ChatPanel"
    assert again.session is panel.session is cn.current()
    assert isinstance(await shell.run("%captivate act somethingUnknown"), cn.Reply)
    assert isinstance(await shell.run('%captivate act escalateToHuman {"why": 1}'), cn.Reply)
    await cn.current().close()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("nope", UsageError),
        ("say x", NoSession),
        ("open --flow x", CaptivateError),
    ],
)
async def test_errors_are_of_our_tree(shell: Shell, line: str, error: type[Exception]):
    with pytest.raises(error):
        magic.execute(line)


async def test_connect_takes_everything_but_a_key(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
):
    async with await cn.demo() as host:
        url, key = host.url, host.server.key
        monkeypatch.setenv("MY_KEY", key)
        line = (
            f"%captivate connect {url} --key-env MY_KEY --user ann --name 'Ann Lee'"
            ' --email a@b.c --metadata {"plan": "vip"}'
        )
        panel = await shell.run(line)
        session: Any = panel.session
        assert session.user_id == "ann"
        assert session.metadata == {"plan": "vip"}
        start_frame = session.events.where(type="conversation_start")[0]
        assert start_frame.event.user == {"firstName": "Ann", "lastName": "Lee", "email": "a@b.c"}
        await session.close()

        path = tmp_path / "key"
        path.write_text(key)
        path.chmod(0o600)
        filed = (await shell.run(f"%captivate connect {url} --key-file {path}")).session
        await filed.close()
        path.chmod(0o644)
        with pytest.raises(InvalidKey, match="chmod 600"):
            await shell.run(f"%captivate connect {url} --key-file {path}")

        monkeypatch.setattr(magic, "getpass", lambda prompt: key)
        monkeypatch.setenv("CAPTIVATE_URL", url)
        asked = (await shell.run("%captivate connect")).session
        assert asked.status == "open"
        await asked.close()

        monkeypatch.setattr(magic, "getpass", lambda prompt: "wrong-key")
        with pytest.raises(KeyRefused, match="refused"):
            await shell.run("%captivate connect")
        assert key not in "".join(capsys.readouterr())


async def test_code_goes_into_the_next_cell(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    given: list[str] = []
    monkeypatch.setattr(shell.ip, "set_next_input", given.append)
    await shell.run("p = %captivate open support")
    await cn.current().click("Chat to Agent")
    for form, line in (("", "click('Chat to Agent')"), ("magic", "%captivate click Chat to Agent")):
        assert await shell.run(f"%captivate code {form}") is None
        assert line in given[-1]
    with pytest.raises(UsageError, match="Did you mean “botium”"):
        magic.execute("code botum")
    monkeypatch.setattr(magic, "get_ipython", lambda: None)
    magic.execute("code")
    await cn.current().close()


async def test_free_text_is_taken_as_written(shell: Shell):
    await shell.run("p = %captivate open support")
    with pytest.raises(InvalidMessage):
        magic.execute("say   ")
    magic.execute('say   two  spaces --all {"a"} ')
    assert cn.current().transcript.where(sender="user")[0].text == '  two  spaces --all {"a"}'
    with pytest.raises(UnknownChoice):
        magic.execute('click "Nothing"')
    with pytest.raises(InvalidFile):
        magic.execute("send-file 'no such file'")
    await cn.current().close()


def test_loading_twice_is_harmless(shell: Shell):
    matchers = list(shell.ip.Completer.custom_matchers)
    shell.ip.run_line_magic("reload_ext", "captivate_nb")
    assert shell.ip.Completer.custom_matchers == matchers


class Prompt:
    """As much of a terminal's IPython as decides which loop its prompt runs on."""

    def __init__(self, *, simple: bool, active: str | None) -> None:
        self.simple_prompt = simple
        self.active_eventloop = active
        self.enabled: list[str] = []

    def enable_gui(self, name: str) -> None:
        self.enabled.append(name)


@pytest.mark.parametrize(
    ("simple", "active", "enabled"),
    [(False, None, ["asyncio"]), (True, None, []), (False, "qt", [])],
)
def test_a_terminals_prompt_runs_on_the_sessions_loop(
    simple: bool, active: str | None, enabled: list[str]
):
    prompt: Any = Prompt(simple=simple, active=active)
    extension._keep_loop_running(prompt)
    assert prompt.enabled == enabled
