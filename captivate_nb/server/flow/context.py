"""What the readers of steps need of the reader of the whole flow file."""

from __future__ import annotations

from typing import Protocol

from captivate_nb.protocol.content import File

from . import model
from .yaml_source import YamlNode


class ReadContext(Protocol):
    """The flow file that is being read; `loader.FlowReader` is one.

    A step may hold steps of its own, which are read by `target`: so the readers of steps and the
    reader of the file call each other, and only this file stands between them.
    """

    rules: list[model.Rule]
    """The `hear` rules of the node that is being read."""
    in_agent: bool
    """Whether the agent's script is being read, which may only say things and leave."""

    def target(self, node: YamlNode) -> str:
        """Return the name of the node to go to; steps in place of a name make a node of their own."""
        ...

    def file(self, node: YamlNode) -> str:
        """Return the address of a file: a URL as it is, a file beside the flow by its name."""
        ...

    def described(self, node: YamlNode) -> File:
        """Return a file with its name, MIME type and size."""
        ...
