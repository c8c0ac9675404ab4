"""A conversation as code: Python, `%captivate` lines, or BotiumScript, ready to paste.

Only what the user did and what the bot answered in the newest conversation of a log is written;
lines that a paste would run are quoted so that no bot's text can become code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import msgspec

from .conversation import Conversation
from .errors import UsageError, did_you_mean
from .eventlog import EventRecord
from .protocol import events as e
from .protocol.content import Buttons, File, Option, Text
from .sanitize import clean_text
from .transcript import Message, readable


class Step(msgspec.Struct, frozen=True):
    """One thing the user did, and what came back until the next.

    `n` is the event it was done with. `choice` is the option whose value was said, if one was on
    offer; else `text`, `files`, `action` or `metadata` tells what was done.
    """

    n: int
    text: str = ""
    choice: Option | None = None
    files: tuple[File, ...] = ()
    action: e.ActionSent | None = None
    metadata: e.MetadataSet | None = None
    reply: tuple[Message, ...] = ()


def steps_of(log: Iterable[EventRecord]) -> list[Step]:
    """Return what the user did in the newest conversation of a log; the first step is the greeting."""
    conversation = Conversation()
    steps: list[Step] = [Step(-1)]
    begun = 0
    for record in log:
        before, choices = conversation.id, conversation.choices
        step = _step(record, choices)
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


def _step(record: EventRecord, choices: Iterable[Option]) -> Step | None:
    match record.event:
        case e.UserMessage(text=text, files=files) if record.direction == "out" and (text or files):
            choice = None if files else next((o for o in choices if o.value == text), None)
            return Step(record.n, text, choice, files)
        case e.ActionSent() as action:
            return Step(record.n, action=action)
        case e.MetadataSet() as metadata:
            return Step(record.n, metadata=metadata)
    return None


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
    return "\n".join(lines) + "\n"


def _python_call(step: Step) -> list[str]:
    if step.choice is not None:
        return [f"reply = await session.click({step.choice.label!r})"]
    if step.files:
        names = [file.url if not file.url.startswith("data:") else file.name for file in step.files]
        text = f", {step.text!r}" if step.text else ""
        return [f"reply = await session.send_files({names!r}{text})"]
    if step.action is not None:
        return [f"await session.act({step.action.action.id!r}, {step.action.action.data!r})"]
    if step.metadata is not None:
        target = "" if step.metadata.target == "default" else f", target={step.metadata.target!r}"
        return [f"await session.set_metadata({step.metadata.metadata!r}{target})"]
    return [f"reply = await session.say({step.text!r})"] if step.text else []


def as_magics(steps: list[Step]) -> str:
    """Return the conversation as `%captivate` lines; text of several lines is said in Python."""
    return "".join(f"{line}\n" for step in steps for line in _magic_lines(step))


def _magic_lines(step: Step) -> list[str]:
    if step.choice is not None and _one_line(step.choice.label):
        return [f"%captivate click {step.choice.label}"]
    if step.files:
        return [f"%captivate send-file {file.url}" for file in step.files]
    if step.action is not None:
        return [f"%captivate act {step.action.action.id} {json.dumps(step.action.action.data)}"]
    if step.metadata is not None:
        fields = json.dumps(step.metadata.metadata)
        return [f"%captivate metadata {fields} --target {step.metadata.target}"]
    if step.text and _one_line(step.text):
        return [f"%captivate say {step.text}"]
    return _python_call(step)


def _one_line(text: str) -> bool:
    return text == text.strip() and len(text.splitlines()) == 1


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
