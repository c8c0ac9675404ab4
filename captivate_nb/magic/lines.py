"""`%captivate` lines that end in a question mark, as in `%captivate say How are you?`.

IPython takes a `?` at a line's end for a request for help, and looks for that before it looks for
magics. These transformers come first. They look where IPython's own do, among the tokens of the
code, so what stands in a string, a comment or another cell magic stays as it is.
"""

from __future__ import annotations

import re
from tokenize import DEDENT, INDENT, TokenInfo
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython
from IPython.core.inputtransformer2 import EscapedCommand, MagicAssign, TokenTransformBase
from IPython.core.prefilter import is_shadowed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Lines = list[list[TokenInfo]]

_MAGIC = re.compile(r"%captivate\s+\S")
_AUTOMAGIC = re.compile(r"captivate\s+\S.*\?\s*$")


class MagicLine(TokenTransformBase):
    """`%captivate …` where a line begins, or where it is assigned to anything."""

    priority = 1  # HelpEnd, which begins in the same place, has 5

    def __init__(self, line: list[TokenInfo], sign: tuple[int, int]) -> None:
        start = next(token.start for token in line if token.type not in (INDENT, DEDENT))
        super().__init__(start)  # type: ignore[no-untyped-call]  # IPython's own
        self.sign = sign

    @classmethod
    def find(cls, tokens_by_line: Lines) -> MagicLine | None:
        """Return the first of the code."""
        for line in tokens_by_line:
            for magic in (EscapedCommand.find([line]), MagicAssign.find([line])):
                if magic is not None:
                    sign = magic.start_line + 1, magic.start_col
                    text = next(token.line for token in line if token.start == sign)
                    if _MAGIC.match(text, magic.start_col):
                        return cls(line, sign)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Put IPython's call of a magic in its place."""
        called: list[str] = MagicAssign(self.sign).transform(lines)
        return called


class AutomagicQuestion(TokenTransformBase):
    """`captivate …?` as all there is, where IPython takes that for a magic line."""

    priority = 1

    @classmethod
    def find(cls, tokens_by_line: Lines) -> AutomagicQuestion | None:
        """Return it when it is there."""
        shell = get_ipython()
        if shell is None or not shell.automagic or is_shadowed("captivate", shell):
            return None
        for first, *_ in tokens_by_line[:1]:  # none where the code breaks off in a string
            if _AUTOMAGIC.match(first.line):
                return cls(first.start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Write it as a magic line; `SyntaxError` leaves code of more lines to the others."""
        if len(lines) > 1:
            raise SyntaxError
        return [f"%{lines[0]}"]


def load(shell: InteractiveShell) -> None:
    """Let a shell know such lines; again is harmless."""
    known = shell.input_transformer_manager.token_transformers
    known.extend(each for each in (MagicLine, AutomagicQuestion) if each not in known)
