"""Plays a flow in one conversation. It only yields what to do, and has no side effects.

A turn is a generator of effects. Its consumer carries each effect out before it asks for the next,
so that what a turn sets is there when the same turn looks at it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.server import effects

from . import model
from .checks import LONGEST_ANSWER
from .patterns import TimeBudget
from .placeholders import Facts, PictureUrl, fill_data, fill_item, fill_text

MOST_STEPS = 500  # in one turn: a flow that goes in a circle must not go on for ever
LONGEST_NEAR = 60  # characters of a text that is compared with rules
MOST_NEAR = 200  # rules that it is compared with
MOST_ROUTES = 500  # options remembered, the newest


class Memory(msgspec.Struct):
    """Where a conversation is in its flow; JSON-like, so that it can be stored."""

    node: str | None = None
    """The current node; None until the bot has greeted."""
    step: int = 0
    """The step of the node at which the flow waits."""
    waits: Literal["", "answer", "agent"] = ""
    """What the flow waits for: an answer, the end of a live chat, or "" for anything."""
    routes: dict[str, str] = {}
    """The node that each option offered so far leads to: users click old ones."""


Effect = effects.Effect | model.Leave


Note = Callable[[str, int, str], None]


def _unnoted(_node: str, _line: int, _what: str) -> None: ...


@dataclass
class Player:
    """Plays one flow, with the memory of one conversation.

    `facts` gives the conversation's metadata as it is now. `picture_url` turns the address of a picture
    beside the flow into one that a client can open.
    """

    script: model.Flow
    memory: Memory
    facts: Callable[[], Facts]
    picture_url: PictureUrl = str
    note: Note = _unnoted
    """Told of each step, by its node, its line and what it does, for who writes the flow."""

    def greet(self) -> Iterator[Effect]:
        """Say the flow's first words."""
        return self.go(self.script.start, {})

    def answer(self, text: str, *, files: bool = False) -> Iterator[Effect]:
        """Answer what the user said; an option is chosen by its value or label as text."""
        text = text[:LONGEST_ANSWER].strip()
        said = {"said": text}
        if (node := self.memory.routes.get(model.fold(text))) is not None:
            return self.go(node, said)
        if self.memory.waits == "answer" and text:
            return self._take_answer(text)
        if (found := self._match(text)) is not None:
            return self.go(found[0], said | found[1])
        if files and self.script.files is not None:
            return self.go(self.script.files, said)
        if self.memory.node is None:
            return self.go(self.script.start, said)
        return self.go(self.script.fallback, said)

    def answer_action(self, action: c.Action) -> Iterator[Effect] | None:
        """Answer an action of the client; None when the flow does not know it."""
        node = self.script.actions.get(action.id)
        return None if node is None else self.go(node, {"action": action.data})

    def resume(self) -> Iterator[Effect]:
        """Go on when a live chat has ended."""
        if self.memory.waits == "agent" and self.memory.node is not None:
            yield from self.go(self.memory.node, {}, self.memory.step)
        else:
            yield from self._ask_again({})

    def go(self, node: str, extra: Mapping[str, Any], step: int = 0) -> Iterator[Effect]:
        """Run from a node's step until the flow waits; `extra` fills placeholders beside the facts.

        After an aside the conversation stands where it stood, and an open question is repeated,
        unless the aside asked or listens itself.
        """
        memory = self.memory
        stood = (memory.node, memory.step, memory.waits)
        yield from effects.gathered(self._steps(node, step, extra))
        end = self.script.nodes[memory.node or node]
        if end.aside and not (memory.waits or end.rules or end.name == stood[0]):
            memory.node, memory.step, memory.waits = stood
            yield from self._ask_again(extra)

    def _match(self, text: str) -> tuple[str, dict[str, Any]] | None:
        here = self.script.nodes[self.memory.node].rules if self.memory.node else ()
        rules = (*here, *self.script.rules)
        found = match(rules, text)
        if found is not None:
            rule = next(rule for rule in rules if rule.node == found[0])
            self.note(rule.node, rule.line, f"the rule “{rule.words}” fits")
        elif (near := nearest(rules, text)) is not None:
            self.note(near.node, near.line, f"no rule fits; nearly did “{near.words}”")
        return found

    def _take_answer(self, text: str) -> Iterator[Effect]:
        node, ask = self._question()
        said = {"said": text}
        if (answer := ask.check.read(text)) is not None:
            self.note(node.name, ask.line, f"sets {ask.save} to {answer!r:.60}")
            yield effects.SetMetadata({ask.save: answer})
            yield from self.go(node.name, said, self.memory.step + 1)
        elif (found := self._match(text)) is not None:
            yield from self.go(found[0], said | found[1])
        else:
            yield effects.SayEffect((c.Text(fill_text(ask.retry, self._known(said))),))

    def _question(self) -> tuple[model.Node, model.Ask]:
        assert self.memory.node is not None
        node = self.script.nodes[self.memory.node]
        ask = node.steps[self.memory.step]
        assert isinstance(ask, model.Ask)
        return node, ask

    def _ask_again(self, extra: Mapping[str, Any]) -> Iterator[Effect]:
        if self.memory.waits == "answer":
            node, _ = self._question()
            question = node.steps[self.memory.step - 1]
            assert isinstance(question, model.Say)
            yield effects.SayEffect((self._say(question, extra),))

    def _known(self, extra: Mapping[str, Any]) -> Facts:
        return {**self.facts(), **extra}

    def _steps(self, name: str, step: int, extra: Mapping[str, Any]) -> Iterator[Effect]:
        """Run steps until the flow waits; where the steps go is decided here, and nowhere else."""
        memory = self.memory
        memory.node, memory.step, memory.waits = name, 0, ""
        for _ in range(MOST_STEPS):
            steps = self.script.nodes[name].steps
            if step >= len(steps):
                return
            current, step = steps[step], step + 1
            self.note(name, current.line, current.told)
            match current:
                case model.Ask():
                    memory.step, memory.waits = step - 1, "answer"
                    return
                case effects.HandOver():
                    memory.step, memory.waits = step, "agent"
                    yield current
                    return
                case model.Branch(condition, otherwise):
                    holds = condition.holds(self._known(extra))
                    self.note(name, current.line, "it holds" if holds else "it does not hold")
                    step = step if holds else otherwise
                case model.Jump(index):
                    step = index
                case model.Go(target):
                    memory.node = name = target
                    step = 0
                case _:
                    yield self._effect(current, extra)
        yield effects.SayEffect(
            (c.Text(f"The flow goes in a circle at “{name}”, and was stopped."),)
        )

    def _effect(self, step: model.Plain, extra: Mapping[str, Any]) -> Effect:
        facts = self._known(extra)
        match step:
            case model.Say(c.Pause(ms)):
                return effects.WaitEffect(ms / 1000)
            case model.Say():
                return effects.SayEffect((self._say(step, extra),))
            case effects.SetMetadata(values):
                return effects.SetMetadata(fill_data(values, facts))
            case effects.SendAction(name, data):
                return effects.SendAction(name, fill_data(data, facts))
            case effects.SendEvent(kind, payload):
                return effects.SendEvent(kind, fill_data(payload, facts))
            case _:
                return step

    def _say(self, step: model.Say, extra: Mapping[str, Any]) -> c.Content:
        item = fill_item(step.content, self._known(extra), self.picture_url)
        routes = self.memory.routes
        for written, filled in zip(
            c.options_of((step.content,)), c.options_of((item,)), strict=True
        ):
            if (node := step.routes.get(written.value)) is not None:
                for word in (model.fold(filled.label), model.fold(filled.value)):
                    routes.pop(word, None)  # so that the newest stands last
                    routes[word] = node
        while len(routes) > MOST_ROUTES:
            del routes[next(iter(routes))]
        return item


def fit(memory: Memory, script: model.Flow) -> None:
    """Make a memory one that this flow can go on from: it may be of an older form of the flow."""
    memory.routes = {word: node for word, node in memory.routes.items() if node in script.nodes}
    node = script.nodes.get(memory.node or "")
    if node is None:
        memory.node, memory.step, memory.waits = None, 0, ""
    elif memory.waits == "answer" and not _asks(node, memory.step):
        memory.step, memory.waits = 0, ""


def nearest(rules: tuple[model.Rule, ...], text: str) -> model.Rule | None:
    """Return the rule whose words are nearest to a text that fits none."""
    said = model.fold(text[:LONGEST_NEAR])
    words = {word: rule for rule in rules[:MOST_NEAR] for word in rule.words.split(", ")}
    return next((words[word] for word in difflib.get_close_matches(said, words, 1)), None)


def _asks(node: model.Node, step: int) -> bool:
    return 0 < step < len(node.steps) and isinstance(node.steps[step], model.Ask)


def match(rules: tuple[model.Rule, ...], text: str) -> tuple[str, dict[str, Any]] | None:
    """Return the node of the first rule that fits the text, and the pattern's named groups."""
    plain, patience = model.plain(text[:LONGEST_ANSWER]), TimeBudget()
    for rule in rules:
        if (found := rule.pattern.search(plain, patience.left)) is not None:
            return rule.node, found.groupdict("")
    return None
