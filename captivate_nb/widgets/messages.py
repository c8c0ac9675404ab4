"""What a page and Python tell each other, widget by widget: one class a message.

Each is a JSON object whose `kind` is the class's tag. `common/messages.js` has the same as types for
the page's modules; `make format` writes it anew. A kind that is added here and not dealt with is an
error of mypy's in Python, and of the TypeScript compiler's in the page.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from msgspec import UNSET, Meta, Struct, UnsetType

Item = Annotated[dict[str, Any], Meta(title="Item")]
"""A message of the conversation as the page draws it; `chat/message_view.py` makes it."""

Row = Annotated[dict[str, Any], Meta(title="Row")]
"""An event as the inspector lists it; `inspector/event_rows.py` makes it."""

Decision = Literal["again", "arrived"]
"""What the user decides on a message in doubt: to send it again, or that it arrived."""

Tab = Literal["events", "metadata", "actions", "timing", "bot", "code"]


class ProblemLine(TypedDict):
    """A line about an error, or with `good` about what is well after all."""

    id: int
    message: str
    detail: str
    about: str
    good: bool
    turn: int
    restart: bool


class FileName(TypedDict):
    """A file of a message; its bytes are the buffer at the same place."""

    name: str
    type: str


class FromPage(Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """A message from the page."""


class Question(FromPage, frozen=True, kw_only=True):
    """One that is answered: by an `Answer` with the same `ask`."""

    ask: str


class ToPage(Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """A message to the page, in which what is `UNSET` is left out."""


class Answer(ToPage, frozen=True, kw_only=True):
    """What a question came to: what was asked for, or an `error`, and where `at` in the text it is."""

    ask: str
    error: str | UnsetType = UNSET
    at: int | UnsetType | None = UNSET
    text: str | UnsetType = UNSET
    found: list[int] | UnsetType = UNSET


# --- the log ----------------------------------------------------------------------------------


class NeedItems(FromPage, frozen=True, kw_only=True, tag="need"):
    """Items that the page lacks, from `start` to before `stop`, or to the end."""

    start: int
    stop: int | None = None


class Click(Question, frozen=True, kw_only=True):
    """The user clicks an option of the message at `index`, whose ID is `id`."""

    index: int
    id: str
    option: int


class Decide(Question, frozen=True, kw_only=True):
    """The user decides on a message in doubt."""

    id: str
    how: Decision


class SendTurn(Question, frozen=True, kw_only=True, tag="sendturn"):
    """Have the bot answer again what it had to answer in a turn, by its number."""

    turn: int


class Restart(Question, frozen=True, kw_only=True):
    """Start anew: as the same user, as a `new` one, or with other `metadata`, which is JSON."""

    user: Literal["new"] | None = None
    metadata: str | None = None


class Raw(Question, frozen=True, kw_only=True):
    """A message as the wire had it: the answer's `text`, as JSON."""

    index: int
    id: str


class File(Question, frozen=True, kw_only=True):
    """A file that only the kernel's machine can reach: the answer's buffer, its type in `text`."""

    url: str


class Stop(FromPage, frozen=True, kw_only=True):
    """No reply is awaited any more."""


class Reconnect(FromPage, frozen=True, kw_only=True):
    """Connect now, without waiting for the next attempt."""


class Dismiss(FromPage, frozen=True, kw_only=True):
    """Take the line with this number away."""

    id: int


FromLog = NeedItems | Click | Decide | SendTurn | Restart | Raw | File | Stop | Reconnect | Dismiss


class Batch(ToPage, frozen=True, kw_only=True):
    """Items numbered from `start`, of `total`; all from `first` on is to be forgotten before."""

    start: int
    items: list[Item]
    total: int
    first: int | UnsetType = UNSET
    outbox: list[Item] | UnsetType = UNSET
    problems: list[ProblemLine] | UnsetType = UNSET


class Append(Batch, frozen=True, kw_only=True):
    """What has changed."""


class Fill(Batch, frozen=True, kw_only=True):
    """What the page lacked."""


class Problems(ToPage, frozen=True, kw_only=True):
    """The lines shown above the composer."""

    problems: list[ProblemLine]


ToLog = Append | Fill | Problems | Answer


# --- the header -------------------------------------------------------------------------------


class Inspect(FromPage, frozen=True, kw_only=True):
    """Open the inspector, or close it."""


class Now(FromPage, frozen=True, kw_only=True):
    """Leave the past."""


class Close(FromPage, frozen=True, kw_only=True):
    """Close this part."""


class Network(FromPage, frozen=True, kw_only=True):
    """Rehearse on another network."""

    name: str


FromHeader = Restart | Inspect | Now | Close | Network
ToHeader = Answer


# --- the composer -----------------------------------------------------------------------------


class Send(Question, frozen=True, kw_only=True):
    """What was written for a `topic`."""

    topic: str
    text: str
    files: list[FileName]


FromComposer = Send
ToComposer = Answer


# --- the choice row ---------------------------------------------------------------------------


class Settled(ToPage, frozen=True, kw_only=True):
    """The click is dealt with."""


ToChoices = Settled


# --- the agent's desk -------------------------------------------------------------------------


class Show(FromPage, frozen=True, kw_only=True):
    """Show a visitor's chat."""

    id: str


class Accept(Question, frozen=True, kw_only=True):
    """Take a visitor who waits."""

    id: str


class Refuse(Question, frozen=True, kw_only=True):
    """Send a visitor who waits away."""

    id: str


class Leave(Question, frozen=True, kw_only=True):
    """End a chat."""

    id: str


class Available(Question, frozen=True, kw_only=True):
    """Take visitors from now on, or none."""

    on: bool


FromDesk = Show | Accept | Refuse | Leave | Available | Close
ToDesk = Answer


# --- the inspector ----------------------------------------------------------------------------


class ChooseTab(FromPage, frozen=True, kw_only=True, tag="tab"):
    """Another tab is open."""

    tab: Tab


class NeedRows(FromPage, frozen=True, kw_only=True, tag="need"):
    """Rows that the page lacks: from `start` on, or up to `stop`, or the newest."""

    start: int | None = None
    stop: int | None = None


class Frame(Question, frozen=True, kw_only=True):
    """An event's frame: the answer's `text`."""

    n: int


class Find(Question, frozen=True, kw_only=True):
    """Which events from `start` on have a text in their frames: the answer's `found`."""

    text: str
    start: int


class Template(Question, frozen=True, kw_only=True):
    """An event that was sent, by default the last, to be sent again: the answer's `text`, if any."""

    n: int | None = None


class SendEvent(Question, frozen=True, kw_only=True, tag="send"):
    """Send any event, which is JSON."""

    text: str


class SetMetadata(Question, frozen=True, kw_only=True, tag="set"):
    """Set metadata, which is JSON."""

    text: str
    target: str


class Act(Question, frozen=True, kw_only=True):
    """Send an action; its payload is JSON, or nothing."""

    name: str
    text: str


class Code(Question, frozen=True, kw_only=True):
    """The conversation as code: the answer's `text`."""

    form: str


class ListTurns(Question, frozen=True, kw_only=True, tag="botturns"):
    """The bot's newest turns: the answer's `text` is JSON."""


class BotTurn(Question, frozen=True, kw_only=True):
    """All of one turn of the bot: the answer's `text` is JSON."""

    n: int


class BotCode(Question, frozen=True, kw_only=True):
    """A turn's request as code, "python" or "curl": the answer's `text`."""

    n: int
    form: str


class StartHere(Question, frozen=True, kw_only=True):
    """Begin another conversation where this one stood before a turn of the bot."""

    n: int


class Rerun(Question, frozen=True, kw_only=True):
    """Do the conversation again from its start, against the bot as it is now."""


class Go(Question, frozen=True, kw_only=True):
    """Show all as it stood after event `n`, or as it is now."""

    n: int | None


class Branch(Question, frozen=True, kw_only=True):
    """Go on from event `n` in another conversation."""

    n: int


FromInspector = (
    ChooseTab | NeedRows | Frame | Find | Template | SendEvent | SetMetadata | Act | Code | Go
    | ListTurns | BotTurn | BotCode | StartHere | SendTurn | Rerun
    | Branch | Close
)  # fmt: skip


class Rows(ToPage, frozen=True, kw_only=True):
    """Rows numbered from `start`, of `total`."""

    start: int
    rows: list[Row]
    total: int


class State(ToPage, frozen=True, kw_only=True):
    """What is shown: `past` is the event after which, None is now; the metadata only where it changed.

    `chat` is which of the log's conversations, `median` and `p95` are seconds.
    """

    past: int | None
    chat: int
    agent: str | None
    errors: int
    median: float | None
    p95: float | None
    metadata: str | UnsetType = UNSET


ToInspector = Rows | State | Answer
