"""What Tab offers after `%captivate`: subcommands, labels on offer, flows, conversations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from IPython.core.completer import SimpleCompletion, context_matcher

from captivate_nb.conversation.code import FORMS, quote
from captivate_nb.errors import NoSession
from captivate_nb.protocol import events as e
from captivate_nb.rendering.labels import labels_of
from captivate_nb.rendering.sanitize import clean
from captivate_nb.server import flows
from captivate_nb.sessions import current

from .registry import COMMANDS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

_OPTIONS = {
    "connect": ("--key-env", "--key-file", "--user", "--name", "--email", "--metadata"),
    "delete": ("--all", "--yes"),
    "metadata": ("--target",),
}


@context_matcher()  # type: ignore[untyped-decorator]  # IPython's own
def complete_captivate(context: CompletionContext) -> SimpleMatcherResult:
    """Complete a `%captivate` line, and let nothing else be offered there.

    What a server names is offered as one clean line, since it is put into a cell that is run.
    """
    line = context.line_with_cursor[: context.cursor_position].lstrip()
    _, magic, written = line.partition("%captivate ")
    if not magic:
        return {"completions": [], "suppress": False}
    candidates, fragment = _candidates(written)
    found = [
        SimpleCompletion(text=text, type="magic")
        for text in candidates
        if text.casefold().startswith(fragment.casefold())
    ]
    return {
        "completions": found,
        "suppress": True,
        "ordered": True,
        "matched_fragment": fragment,
    }


def _candidates(written: str) -> tuple[Iterable[str], str]:
    """Return what may stand where the cursor is, and how much of it is written already."""
    name, space, rest = written.partition(" ")
    if not space:
        return COMMANDS, name
    rest = rest.lstrip()
    if name == "help":
        return COMMANDS, rest
    if name == "click":
        return _labels(), rest
    if name == "open":
        return flows(), rest
    if name == "code":
        return FORMS, rest
    if name == "network":
        return _networks(), rest
    if name in ("resume", "delete") and not rest.startswith("-"):
        return _conversation_ids(), rest
    last = rest.rpartition(" ")[2]
    if rest.rpartition(" ")[0].endswith("--target"):
        return e.TARGETS, last
    return _OPTIONS.get(name, ()) if last.startswith("-") else (), last


def _labels() -> list[str]:
    try:
        return [quote(label) for label in labels_of(current().choices)]
    except NoSession:
        return []


def _networks() -> list[str]:
    try:
        server = current().server
    except NoSession:
        return []
    return [network.name for network in server.networks] if server is not None else []


def _conversation_ids() -> list[str]:
    """Return the conversations seen in this session, without asking the server for more."""
    try:
        session = current()
    except NoSession:
        return []
    seen: dict[str, None] = {}
    for record in session.events:
        match record.event:
            case e.ConversationStarted(conversation_id=found):
                seen[found] = None
            case e.UserConversations(conversations=listed):
                seen.update((line.conversation_id, None) for line in listed)
    return [found for found in reversed(seen) if found == clean(found)]
