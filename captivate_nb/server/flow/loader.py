"""A flow file, read and checked as a whole: YAML to `Flow`.

Every error is a `FlowError` of one line: file, line, what is wrong, and the nearest known word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from captivate_nb.errors import FlowError, did_you_mean
from captivate_nb.local_files import TooLarge, guess_type, read_regular
from captivate_nb.protocol.content import File, Text
from captivate_nb.server import FLOWS, flows

from . import model, steps
from .yaml_source import LARGEST_FILE, YamlNode, known, read_yaml, too_large

LARGEST_PICTURE = 5 << 20  # bytes

_WORDS = (
    "flow",
    "about",
    "bot",
    "start",
    "nodes",
    "hear",
    "actions",
    "files",
    "fallback",
    "busy",
    "agent",
)
_AGENT_WORDS = ("name", "joins after", "greets", "hear", "otherwise")


def load(flow_or_path: str | Path) -> model.Flow:
    """Load a shipped flow by name, or any flow by the path of its YAML file.

    Raise `FlowError` for an unknown name, a file that cannot be read, or a faulty flow.
    """
    path = path_of(flow_or_path)
    try:
        source = read_regular(path, LARGEST_FILE)
    except TooLarge:
        raise too_large(str(path)) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise FlowError(f"{path}: The flow cannot be read: {reason}.") from None
    return read_flow(source, path.name if path.parent == FLOWS else str(path), path.parent)


def path_of(flow_or_path: str | Path) -> Path:
    """Return the file of a flow by its name or path; raise `FlowError` for an unknown name."""
    name = str(flow_or_path)
    if name in flows():
        return FLOWS / f"{name}.yaml"
    if (
        isinstance(flow_or_path, Path)
        or name.endswith((".yaml", ".yml"))
        or name != Path(name).name
    ):
        return Path(flow_or_path)
    hint = did_you_mean(name, flows()) or f" There are {', '.join(flows())}."
    raise FlowError(f"No flow is named “{name}”.{hint} A file of your own ends in .yaml.")


def read_flow(source: bytes, file: str, folder: Path) -> model.Flow:
    """Read a flow from YAML in UTF-8; `file` is the name errors show, `folder` holds its pictures."""
    return FlowReader(file, folder).read(read_yaml(source, file))


class FlowReader:
    """Reads one flow file; for the readers of steps it is their `ReadContext`."""

    def __init__(self, file: str, folder: Path) -> None:
        self.name = file
        self.folder = folder
        self.nodes: dict[str, model.Node] = {}
        self.rules: list[model.Rule] = []  # of the node being read
        self.pictures: dict[str, Path] = {}
        self.in_agent = False  # inside the agent's script, which says things and goes nowhere
        self._targets: list[tuple[str, YamlNode]] = []

    def read(self, node: YamlNode) -> model.Flow:
        parts = _parts(node, "a flow", _WORDS)
        if "nodes" not in parts:
            node.fail("A flow needs “nodes”.")
        nodes = parts["nodes"].pairs("nodes")
        if not nodes:
            parts["nodes"].fail("A flow needs at least one node.")
        for name, (_, body) in nodes.items():
            self._node(name, body)
        start = parts["start"].text("start") if "start" in parts else next(iter(nodes))
        if "start" in parts:
            self.target(parts["start"])
        read = model.Flow(
            name=_text(parts, "flow") or Path(self.name).stem,
            about=_text(parts, "about"),
            bot=_text(parts, "bot") or "Captivate Bot",
            start=start,
            nodes=self.nodes,
            rules=self._rules(parts),
            actions=self._actions(parts),
            files=self.target(parts["files"]) if "files" in parts else None,
            fallback=self._target(parts, "fallback"),
            busy=self._target(parts, "busy"),
            agent=self._agent(parts),
            pictures=self.pictures,
        )
        self._check_targets(nodes)
        return read

    def target(self, node: YamlNode) -> str:
        """Return the node to go to; steps in place of a name make a node of their own."""
        if node.is_text and not self.in_agent:
            name = node.text("a node's name")
            self._targets.append((name, node))
            return name
        return self.reply(node)

    def reply(self, node: YamlNode) -> str:
        """Return a node of its own for steps in place of a name; a plain text is what it says."""
        if node.is_empty:
            node.fail("Here a node's name is missing, or a list of steps.")
        name = f"(line {node.line}, column {node.column})"
        self._node(name, node, aside=True)
        return name

    def file(self, node: YamlNode) -> str:
        """Return the address of a picture: a URL as it is, a file beside the flow by its name."""
        name = node.text("a file")
        if name.startswith(("http://", "https://", "data:")):
            return name
        path = self.folder / name
        try:
            found = path.is_file()
        except (OSError, ValueError):  # a name that no file can have
            found = False
        if not found:
            near = did_you_mean(name, (other.name for other in self.folder.glob("*.*")))
            node.fail(f"There is no file “{name[:80]}” beside the flow.{near}")
        if not path.resolve().is_relative_to(self.folder.resolve()):
            node.fail(f"The file “{name}” is not in the flow's folder; move it there.")
        if path.stat().st_size > LARGEST_PICTURE:
            node.fail(f"The file “{name}” is larger than {LARGEST_PICTURE >> 20} MiB.")
        self.pictures[name] = path
        return model.PICTURE + name

    def described(self, node: YamlNode) -> File:
        """Return a file with its name, MIME type and, where it is beside the flow, its size."""
        url = self.file(node)
        name = url.rpartition("/")[2].removeprefix(model.PICTURE)
        kind = guess_type(name)
        path = self.pictures.get(url.removeprefix(model.PICTURE))
        return File(url, name, kind, path.stat().st_size if path else None)

    def _node(self, name: str, body: YamlNode, *, aside: bool = False) -> None:
        around, self.rules = self.rules, []
        read = steps.read_steps(self, body)
        if self.in_agent and not all(isinstance(step, model.Say | model.Leave) for step in read):
            body.fail("The agent can say things and leave, and do nothing else.")
        self.nodes[name] = model.Node(name, tuple(read), tuple(self.rules), aside)
        self.rules = around

    def _rules(self, parts: Mapping[str, YamlNode]) -> tuple[model.Rule, ...]:
        return tuple(steps.read_rules(self, parts["hear"])) if "hear" in parts else ()

    def _actions(self, parts: Mapping[str, YamlNode]) -> dict[str, str]:
        if "actions" not in parts:
            return {}
        return {
            action: self.target(target)
            for action, (_, target) in parts["actions"].pairs("actions").items()
        }

    def _agent(self, parts: Mapping[str, YamlNode]) -> model.AgentScript:
        script = _parts(parts["agent"], "agent", _AGENT_WORDS) if "agent" in parts else {}
        self.in_agent = True
        read = model.AgentScript(
            name=_text(script, "name") or "Maya",
            joins_after=_seconds(script, "joins after", 0.25),
            greets=self._reply(script, "greets"),
            rules=self._rules(script),
            otherwise=self._reply(script, "otherwise"),
        )
        self.in_agent = False
        return read

    def _target(self, parts: Mapping[str, YamlNode], word: str) -> str:
        return self.target(parts[word]) if word in parts else self._reply({}, word)

    def _reply(self, parts: Mapping[str, YamlNode], word: str) -> str:
        """Return the node of `parts[word]`, or of what is said when the flow does not say."""
        if word in parts:
            return self.reply(parts[word])
        name = f"({word})"
        self.nodes[name] = model.Node(name, (model.Say(Text(_DEFAULTS[word])),), aside=True)
        return name

    def _check_targets(self, known: Mapping[str, object]) -> None:
        for name, node in self._targets:
            if name in known:
                continue
            if " " in name and not did_you_mean(name, known):
                node.fail(f"No node is named “{name[:40]}”. To say this, write a list of one text.")
            node.unknown("The node", name, known)


_DEFAULTS = {
    "fallback": "Sorry, I did not understand that.",
    "busy": "Sorry, nobody from the team is free right now.",
    "greets": "Hello, this is {agent}. How can I help?",
    "otherwise": "I see: “{said|your file}”. Let me look into that for you.",
}


def _parts(node: YamlNode, what: str, words: Sequence[str]) -> dict[str, YamlNode]:
    return {word: value for word, (_, value) in known(node, what, words).items()}


def _seconds(parts: Mapping[str, YamlNode], word: str, default: float) -> float:
    return parts[word].seconds(word) if word in parts else default


def _text(parts: Mapping[str, YamlNode], word: str) -> str:
    return parts[word].text(word) if word in parts else ""
