"""Bots and flows under a name: opened by a line, written in a cell, changed under their open chats."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.getipython import get_ipython

from captivate_nb.client.session import Session
from captivate_nb.errors import UsageError, did_you_mean
from captivate_nb.kernel import run
from captivate_nb.server.bots.opening import is_bot
from captivate_nb.server.flow.loader import read_flow
from captivate_nb.sessions import demo

from .arguments import parse, read_json, unquote
from .registry import cell_command

_names: WeakKeyDictionary[Session, str] = WeakKeyDictionary()
"""The sessions that were opened here, and the name of what answers in each."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def opened(rest: str) -> Session:
    """Open a session on what a line names: a flow, a function of the notebook, an address.

    `--at NODE` begins at a node of the flow, `--metadata JSON` with that metadata.
    """
    words, options = [unquote(rest)], dict[str, str]()
    if "--" in rest:
        words, options = parse(rest, ("at", "metadata"), at_most=1)
    name = "".join(words) or "support"
    source = _source(name, _notebook())
    session = run(
        demo(
            **source,
            start=options.get("at"),
            metadata=read_json(options.get("metadata", "{}"), dict),
        )
    )
    _names[session] = name
    return session


def _source(name: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what answers: the notebook's own function comes before a flow of the same name."""
    if callable(names.get(name)):
        return {"bot": names[name]}
    return {"bot": name} if is_bot(name) else {"flow": name}


def _notebook() -> dict[str, Any]:
    shell = get_ipython()
    return shell.user_ns if shell is not None else {}


@cell_command("bot [NAME]", "this cell's Python is the bot: run it again to change an open chat's")
def _bot(rest: str, cell: str) -> Any:
    shell = get_ipython()
    if shell is None:
        raise UsageError("There is no notebook to define a bot in.")
    name = unquote(rest) or _last_defined(cell)
    code = f"# %%captivate bot {rest}\n{cell}"  # so that lines are counted as the cell's are
    if not shell.run_cell(code).success:  # which has shown why
        return None
    if not callable(shell.user_ns.get(name)) or not _binds(cell, name):
        raise UsageError(
            f"This cell defines no function {name}.{did_you_mean(name, _defined(cell))}"
        )
    return _change_or_open(name, shell.user_ns[name], {"bot": shell.user_ns[name]})


@cell_command("flow [NAME]", "this cell's YAML is the flow: run it again to change an open chat's")
def _flow(rest: str, cell: str) -> Any:
    given = unquote(rest)
    source = f"\n{cell}".encode()  # so that lines are counted as the cell's are
    flow = read_flow(source, given or "cell", Path.cwd())
    return _change_or_open(given or flow.name, flow, {"flow": flow})


def _change_or_open(name: str, what: Any, source: dict[str, Any]) -> Any:
    """Change the bot of all open sessions with this name, or open one and return its panel."""
    changed = [
        session.server
        for session, known in tuple(_names.items())
        if known == name and session.status != "closed" and session.server is not None
    ]
    for server in changed:
        server.reload(what)
    if changed:
        print(f"{name} answers as it is now, from the next turn on.")
        return None
    session = run(demo(**source))
    _names[session] = name
    from captivate_nb.widgets import ChatPanel

    return ChatPanel(session)


def _parsed(cell: str) -> ast.Module | None:
    try:
        return ast.parse(cell)
    except SyntaxError:  # or lines of IPython's own: running it tells
        return None


def _defined(cell: str) -> list[str]:
    module = _parsed(cell)
    return [node.name for node in module.body if isinstance(node, _DEFINITIONS)] if module else []


def _binds(cell: str, name: str) -> bool:
    """Whether a cell gives a name its value, so that it is not one of an earlier cell's."""
    module = _parsed(cell)
    if module is None:  # what is IPython's own may do so
        return True
    nodes = list(ast.walk(module))
    defined = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    imported = {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
    return name in defined | stored | imported


def _last_defined(cell: str) -> str:
    names = _defined(cell)
    if not names:
        raise UsageError("Name the bot that this cell defines: %%captivate bot NAME.")
    return names[-1]
