"""`%captivate`: a line is parsed, handed to the session, and shown.

Each subcommand is a function of at most a few lines, with its usage beside it. Text after `say`
and `click` is taken as it is written; keys are never taken in a line, since lines are saved.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from getpass import getpass
from typing import Any

from IPython.core.error import StdinNotImplementedError
from IPython.core.getipython import get_ipython

from captivate_nb.client.session import Session
from captivate_nb.conversation.transcript import Reply
from captivate_nb.errors import (
    InvalidKey,
    NoSession,
    ReplyTimeout,
    UsageError,
    counted,
    did_you_mean,
)
from captivate_nb.kernel import run
from captivate_nb.rendering.sanitize import clean, quoted
from captivate_nb.sessions import connect, current, demo

from . import credentials
from .arguments import fill_in, parse, read_json, unquote
from .benches import opened
from .registry import CELL_COMMANDS, COMMANDS, Command, command

ACTION_WAIT = 3.0
"""Seconds that `act` waits for a reply; an action need not have one."""


def panel(session: Session | None = None) -> Any:
    """Return a chat panel on a session, by default the current one."""
    from captivate_nb.widgets import ChatPanel

    return ChatPanel(session or current())


@command(
    "open [FLOW|BOT] [--at NODE] [--metadata JSON]",
    "open a demo session and its panel: on a shipped flow, a YAML file, a function of yours, a bot's"
    " address",
    variables=True,
)
def _open(rest: str) -> Any:
    return panel(opened(rest))


@command(
    "connect [URL] [--key-env NAME | --key-file PATH] [--user ID] [--name N] [--email E]"
    " [--metadata JSON]",
    "connect to a server; the key comes from the environment or a file, or you are asked for it",
    variables=True,
)
def _connect(rest: str) -> Any:
    known = ("key-env", "key-file", "user", "name", "email", "metadata")
    words, options = parse(rest, known, at_most=1)
    url = words[0] if words else os.environ.get("CAPTIVATE_URL")
    if "apikey=" in (url or "").lower():
        raise UsageError(
            "A key in a cell is saved with the notebook. Leave it out of the URL: put it into the"
            f" environment variable {credentials.VARIABLE}, or be asked for it."
        )
    first, _, last = options.get("name", "").partition(" ")
    told = {"firstName": first, "lastName": last, "email": options.get("email", "")}
    session = run(
        connect(
            url,
            _key(options),
            options.get("user", "anon"),
            {key: value for key, value in told.items() if value},
            read_json(options.get("metadata", "{}"), dict),
        )
    )
    return panel(session)


def _key(options: dict[str, str]) -> str:
    """Return the API key from where the options say, or ask for it."""
    if "key-file" in options:
        return credentials.from_file(options["key-file"])
    if "key-env" in options:
        return credentials.from_environment(options["key-env"])
    with contextlib.suppress(InvalidKey):
        return credentials.from_environment()
    with contextlib.suppress(StdinNotImplementedError, EOFError):
        if key := getpass("API key: ").strip():
            return key
    raise UsageError(
        f"No API key was given. Set the environment variable {credentials.VARIABLE}, or name a file that"
        " only you can read with --key-file."
    )


@command("say TEXT", "say TEXT just as written, and show the reply")
def _say(rest: str) -> Any:
    return run(current().say(rest))


@command("click LABEL", "choose the option with that label")
def _click(rest: str) -> Any:
    return run(current().click(unquote(rest)))


@command("send-file URL|PATH", "send a file by address, or one of this machine", variables=True)
def _send_file(rest: str) -> Any:
    if not rest:
        raise UsageError("send-file needs a URL or a path: %captivate send-file photo.png")
    return run(current().send_files([unquote(rest)]))


@command("act ID [JSON]", "send an action, such as escalateToHuman, with its data")
def _act(rest: str) -> Any:
    name, _, data = rest.partition(" ")
    if not name:
        raise UsageError("act needs the action's id: %captivate act escalateToHuman")
    fields = read_json(data or "{}")
    try:
        return run(current().act(name, fields, wait=True, timeout=ACTION_WAIT))
    except ReplyTimeout as error:
        return Reply(error.reply)


@command("metadata [KEY=VALUE… | JSON] [--target T]", "show the metadata, or set some of it")
def _metadata(rest: str) -> Any:
    if not rest:
        return run(current().fetch_metadata())
    words, options = parse(rest, ("target",), assignments=True)
    if not words:
        raise UsageError("--target needs what to set: %captivate metadata plan=vip --target bot")
    values: dict[str, Any] = {}
    for word in words:
        values.update(word if isinstance(word, dict) else [word])
    return run(current().set_metadata(values, target=options.get("target", "default")))


@command("transcript", "the conversation so far")
def _transcript(rest: str) -> Any:
    _no_more("transcript", rest)
    return _caught_up().transcript


@command("events", "every event in and out")
def _events(rest: str) -> Any:
    _no_more("events", rest)
    return _caught_up().events


@command("conversations [USER]", "a user's conversations, by default yours", variables=True)
def _conversations(rest: str) -> Any:
    return run(current().conversations(unquote(rest) or None))


@command("resume ID", "go on in an earlier conversation", variables=True)
def _resume(rest: str) -> Any:
    if not rest:
        raise UsageError("resume needs a conversation's id: see %captivate conversations")
    return run(current().resume(unquote(rest)))


@command(
    "delete [ID] [--all] [--yes]",
    "delete a conversation, by default this one, or all of yours; --yes where you would be asked",
    variables=True,
)
def _delete(rest: str) -> None:
    words, options = parse(rest, (), flags=("all", "yes"), at_most=1)
    session = current()
    everything = "all" in options
    in_use = session.user_id if everything else session.conversation_id
    which = words[0] if words else in_use
    what = f"all conversations of {which}" if everything else f"the conversation {which}"
    if which == in_use and "yes" not in options and not _confirmed(what):
        print("Nothing was deleted.")
        return
    run(session.delete_all(which) if everything else session.delete(which))
    print(f"Deleted {what}.")


def _confirmed(what: str) -> bool:
    """Ask before what is in use goes; raise `UsageError` where nobody can be asked."""
    with contextlib.suppress(StdinNotImplementedError, EOFError):
        return input(f"You are using {what}. Delete? [y/N] ").strip().lower() in ("y", "yes")
    raise UsageError(f"You are using {what}. To delete, write --yes after it.")


@command(
    "agent [NAME]", "play the live agent of the demo server: queue, chats, files", variables=True
)
def _agent(rest: str) -> Any:
    from captivate_nb.widgets import AgentPanel

    name = unquote(rest)
    return AgentPanel(current(), name=name) if name else AgentPanel(current())


@command(
    "network [SPEC]", "rehearse a bad network on the demo server: “hotel wifi”, delay=200, off"
)
def _network(rest: str) -> None:
    server = current().server
    if server is None:
        raise UsageError(
            "Only the embedded server's network can be made bad: open a demo with %captivate open."
        )
    if rest:
        server.faults = unquote(rest)
    print(f"network: {server.network}")
    if not rest:
        for name, about, _ in server.networks:
            print(f"%captivate network {name}\n    {about}")


@command("restart", "start a new conversation as the same user")
def _restart(rest: str) -> Any:
    _no_more("restart", rest)
    run(current().restart())
    return current().transcript


@command("code [FORM]", "put this conversation into the next cell: as python, magic or botium")
def _code(rest: str) -> None:
    code = current().to_code(unquote(rest) or "python")
    shell = get_ipython()
    if shell is not None:
        shell.set_next_input(code)


@command("status", "what is connected to what")
def _status(rest: str) -> None:
    _no_more("status", rest)
    session = _caught_up()
    agent = f", {clean(session.agent.name)} is in it" if session.agent else ""
    print(f"{session.status}: {session.url}")
    if session.reconnect_error:
        print(f"    {session.reconnect_error}")
    if session.server is not None and session.server.network != "off":
        print(f"network {session.server.network}")
    print(f"conversation {clean(session.conversation_id or '')} of {session.user_id}{agent}")
    print(
        f"{counted(len(session.transcript), 'message')}, {counted(len(session.events), 'event')},"
        f" {counted(sum(not problem.good for problem in session.errors), 'error')}"
    )
    for message in session.outbox:
        print(f"outbox: {quoted(message.text)}, {message.delivery}")


@command("close", "close the session")
def _close(rest: str) -> None:
    _no_more("close", rest)
    run(current().close())
    print("Closed. Open another session with %captivate.")


@command("help [NAME]", "this list, or what one of it does")
def _help(rest: str) -> None:
    if not rest:
        print("%captivate alone opens the panel: of the current session, or of the demo flow.\n")
    for known in [_command(rest)] if rest else COMMANDS.values():
        print(f"%captivate {known.usage}\n    {known.help}")
    for cell in () if rest else CELL_COMMANDS.values():
        print(f"%%captivate {cell.usage}\n    {cell.help}")


def _command(name: str) -> Command:
    """Return a subcommand; raise `UsageError`, naming the nearest, when there is none."""
    if name not in COMMANDS:
        raise UsageError(
            f"%captivate has no “{name}”.{did_you_mean(name, COMMANDS)} See %captivate help."
        )
    return COMMANDS[name]


def _no_more(name: str, rest: str) -> None:
    if rest:
        raise UsageError(f"{name} takes nothing after it; got “{rest}”. See %captivate help.")


def _caught_up() -> Session:
    """Return the current session, having read what came while a plain shell's loop stood still."""
    session = current()
    run(asyncio.sleep(0.01))
    return session


def execute(line: str, names: Mapping[str, Any] | None = None) -> Any:
    """Run one `%captivate` line and return what it shows; `names` are what `$name` may stand for.

    Raise `UsageError` for a subcommand that is not known, and the session's own errors.
    """
    name, _, rest = line.strip().partition(" ")
    if not name:
        try:
            return panel()
        except NoSession:
            return panel(run(demo()))
    known = _command(name)
    rest = rest.strip() if name != "say" else rest
    return known.run(fill_in(rest, names or {}) if known.variables else rest)
