"""A conversation as code: Python, `%captivate` lines, or BotiumScript, ready to paste.

Only what the user did and what the bot answered in the newest conversation of a log is written;
lines that a paste would run are quoted so that no bot's text can become code. Python and `%captivate`
lines send what was sent: where a line cannot say it, Python does.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable

import msgspec

from captivate_nb.errors import InvalidFile, UnknownChoice, UsageError, did_you_mean
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Buttons, File, Option, Text
from captivate_nb.rendering.labels import labels_of
from captivate_nb.rendering.sanitize import clean_text

from .eventlog import EventRecord
from .file_links import file_at
from .message import Message, readable
from .options import offered, said_by
from .private import PRIVATE, without_private
from .state import Conversation

NOT_SHOWN = "# Private metadata was set here; it is not kept. Set it anew: {'private': {...}}"


class Step(msgspec.Struct, frozen=True):
    """One thing the user did, and what came back until the next.

    `n` is the event it was done with, and `shortened` says that it is not kept whole. `choice` is the option whose value was said, if one was on
    offer, and `label` what it could be clicked by; else `text`, `files`, `action` or `metadata` tells
    what was done.
    """

    n: int
    text: str = ""
    choice: Option | None = None
    label: str = ""
    files: tuple[File, ...] = ()
    action: e.ActionSent | None = None
    metadata: e.MetadataSet | None = None
    reply: tuple[Message, ...] = ()
    shortened: bool = False


def steps_of(log: Iterable[EventRecord]) -> list[Step]:
    """Return what the user did in the newest conversation of a log; the first step is the greeting."""
    conversation = Conversation()
    steps: list[Step] = [Step(-1)]
    begun = 0
    for record in log:
        before = conversation.id
        step = None if _is_said_again(record, conversation) else _step(record, conversation)
        if step is not None:
            steps[-1] = _answered(steps[-1], conversation, begun)
        conversation.apply_record(record)
        if conversation.id != before:
            steps, begun = [Step(record.n)], 0
        elif step is not None:
            steps.append(step)
            begun = len(conversation.transcript)
    steps[-1] = _answered(steps[-1], conversation, begun)
    return steps


def _is_said_again(record: EventRecord, conversation: Conversation) -> bool:
    """Whether a record is of a message that went out before, and may not have arrived then."""
    said = record.event
    return isinstance(said, e.UserMessage) and said.client_msg_id in conversation.deliveries


def _step(record: EventRecord, conversation: Conversation) -> Step | None:
    match record.event:
        case e.UserMessage(text=text, files=files) if record.direction == "out" and (text or files):
            choice, label = (None, "") if files else _chosen(text, conversation)
            return Step(record.n, text, choice, label, files, shortened=record.shortened)
        case e.ActionSent() as action:
            return Step(record.n, action=action, shortened=record.shortened)
        case e.MetadataSet() as metadata:
            return Step(record.n, metadata=metadata, shortened=record.shortened)
    return None


def _chosen(text: str, conversation: Conversation) -> tuple[Option | None, str]:
    """Return the option that says a text, and what it is clicked by, if any is on offer."""
    for option, shown in zip(conversation.choices, labels_of(conversation.choices), strict=True):
        if option.value == text:
            for label in (option.label, shown):
                with contextlib.suppress(UnknownChoice):
                    if said_by(offered(label, conversation.transcript)) == text:
                        return option, label
    return None, ""


def _answered(step: Step, conversation: Conversation, begun: int) -> Step:
    came = [m for m in conversation.transcript[begun:] if m.sender in ("bot", "agent")]
    return msgspec.structs.replace(step, reply=tuple(came))


def as_python(steps: list[Step]) -> str:
    """Return the conversation as Python that does it again, with the replies as comments."""
    lines: list[str] = []
    for step in steps:
        lines += _python_call(step)
        said = (line for message in step.reply for line in clean_text(message.text).splitlines())
        lines += [f"# {line}" for line in said]
    return "\n".join([*_imports(lines), *lines]) + "\n"


def _imports(lines: list[str]) -> list[str]:
    files = (line for line in lines if line.startswith("reply = await session.send_files("))
    return ["import captivate_nb as cn"] if any("cn.File(" in line for line in files) else []


def _python_call(step: Step) -> list[str]:
    if step.shortened:
        return [f"# Event {step.n} is not kept whole, and so is not here: {step.text!r}"]
    if step.choice is not None:
        return [f"reply = await session.click({step.label!r})"]
    if step.files:
        files = ", ".join(map(_file, step.files))
        text = f", {step.text!r}" if step.text else ""
        return [f"reply = await session.send_files([{files}]{text})"]
    if step.action is not None:
        return [f"await session.act({step.action.action.id!r}, {step.action.action.data!r})"]
    if step.metadata is not None:
        shown = without_private(step.metadata.metadata)
        target = "" if step.metadata.target == "default" else f", target={step.metadata.target!r}"
        return _with_note(step.metadata, f"await session.set_metadata({shown!r}{target})")
    return [f"reply = await session.say({step.text!r})"] if step.text else []


def _with_note(event: e.MetadataSet, line: str) -> list[str]:
    """Return the line that sets metadata, and a comment where some of it is private."""
    if PRIVATE not in event.metadata:
        return [line]
    return [*([line] if len(event.metadata) > 1 else []), NOT_SHOWN]


def _file(file: File) -> str:
    """Return a file as code: by its URL, where that tells all the rest."""
    if _told_by_url(file):
        return repr(file.url)
    fields = msgspec.structs.asdict(file).items()
    defaults = msgspec.structs.asdict(File())
    given = ", ".join(f"{name}={value!r}" for name, value in fields if value != defaults[name])
    return f"cn.File({given})"


def _told_by_url(file: File) -> bool:
    with contextlib.suppress(InvalidFile):
        return file.url.lower().startswith(("http://", "https://")) and file_at(file.url) == file
    return False


def as_magics(steps: list[Step]) -> str:
    """Return the conversation as `%captivate` lines; what no line can say is said in Python."""
    lines = [line for step in steps for line in _magic_lines(step)]
    return "".join(f"{line}\n" for line in [*_imports(lines), *lines])


def _magic_lines(step: Step) -> list[str]:
    if step.shortened:
        return _python_call(step)
    if step.choice is not None and _one_line(step.label):
        return [f"%captivate click {quote(step.label)}"]
    if len(step.files) == 1 and not step.text and _is_address(step.files[0]):
        return [f"%captivate send-file {step.files[0].url}"]
    if step.action is not None and _is_word(step.action.action.id):
        return [f"%captivate act {step.action.action.id} {json.dumps(step.action.action.data)}"]
    if step.metadata is not None:
        fields = json.dumps(without_private(step.metadata.metadata))
        line = f"%captivate metadata {fields} --target {step.metadata.target}"
        return _with_note(step.metadata, line)
    if step.text and step.choice is None and not step.files and _is_said(step.text):
        return [f"%captivate say {step.text}"]
    return _python_call(step)


def quote(text: str) -> str:
    """Return text that a `%captivate` line ends in, in quotes where they are needed.

    They are where it has its own at both ends, which would be taken off, and where it ends in a
    backslash, as IPython would go on in the next line.
    """
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return f'"{text}"' if quoted or text.endswith("\\") else text


def _one_line(text: str) -> bool:
    return text == text.strip() and text.isprintable() and text != ""


def _is_said(text: str) -> bool:
    """Tell whether a line can say it: IPython goes on in the next after a backslash."""
    return _one_line(text) and not text.endswith("\\")


def _is_address(file: File) -> bool:
    """Tell whether a line can send a file by its URL; in one, $name and {name} are variables."""
    return _told_by_url(file) and _is_said(file.url) and not set("${}'\"") & set(file.url)


def _is_word(name: str) -> bool:
    return _one_line(name) and " " not in name


def as_botium(steps: list[Step], name: str = "conversation") -> str:
    """Return the conversation as a BotiumScript conversation.

    A line that would read as a keyword or a tag is escaped as BotiumScript has it.
    """
    lines = [name]
    for step in steps:
        lines += _botium_me(step)
        for message in step.reply:
            lines += ["", "#bot", *_botium_bot(message)]
    return "\n".join(lines) + "\n"


def _botium_me(step: Step) -> list[str]:
    if step.choice is not None:
        return ["", "#me", f"BUTTON {_argument(step.choice.value)}|{_argument(step.choice.label)}"]
    if step.files:
        said = [_literal(line) for line in step.text.splitlines()]
        return ["", "#me", *said, *(f"MEDIA {_argument(file.url)}" for file in step.files)]
    if step.text:
        return ["", "#me", *(_literal(line) for line in step.text.splitlines())]
    return []


def _botium_bot(message: Message) -> list[str]:
    """Return what the bot must say, and the options it must offer on a line of their own."""
    said = (Text(item.title) if isinstance(item, Buttons) else item for item in message.content)
    lines = [_literal(line) for line in readable(said).splitlines()]
    labels = "|".join(_argument(option.label) for option in message.choices)
    return [*lines, f"BUTTONS {labels}"] if labels else lines


def _argument(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _literal(line: str) -> str:
    """Return a line that BotiumScript reads as text: a tag or a modifier at its start is escaped."""
    if line.startswith(("!", "?")):
        return line[0] + line
    return f" {line}" if line.startswith("#") else line


FORMS: dict[str, Callable[[list[Step]], str]] = {
    "python": as_python,
    "magic": as_magics,
    "botium": as_botium,
}


def to_code(log: Iterable[EventRecord], form: str = "python") -> str:
    """Return the newest conversation of a log as code: "python", "magic" or "botium"."""
    if form not in FORMS:
        raise UsageError(
            f"A conversation cannot be written as {form!r}: there are {', '.join(FORMS)}."
            + did_you_mean(form, FORMS)
        )
    return FORMS[form](steps_of(log))
