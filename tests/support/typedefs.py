"""The messages between page and Python as types for the page's modules: `common/messages.js`.

Run as a program it writes the file.
"""

from __future__ import annotations

import inspect
import types
import typing
from pathlib import Path
from typing import Any

import msgspec

from captivate_nb.widgets import messages

PATH = Path(messages.__file__).parent / "common" / "messages.js"

HEAD = (
    "// Written by `make format` from `widgets/messages.py`, which says what each message is for.\n"
)
IMPORTS = {"Item": "../chat/message.js", "Row": "../inspector/event_store.js"}
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", types.NoneType: "null"}


def typedefs() -> str:
    """Return the file."""
    lines = [f'@typedef {{import("{path}").{name}}} {name}' for name, path in IMPORTS.items()]
    for name, value in vars(messages).items():
        if _is_alias(value) and name not in IMPORTS:
            lines.append(f"@typedef {{{_type(value)}}} {name}")
        elif inspect.isclass(value) and value.__module__ == messages.__name__:
            if name != value.__name__:
                lines.append(f"@typedef {{{value.__name__}}} {name}")
            elif fields := _fields(value):
                lines.append(f"@typedef {{{{ {fields} }}}} {name}")
    listed = "".join(f" * {line}\n" for line in lines)
    return f"{HEAD}\n/**\n{listed} */\n\nexport {{}};\n"


def _is_alias(value: Any) -> bool:
    return isinstance(value, types.UnionType) or typing.get_origin(value) is typing.Literal


def _fields(kind: type) -> str:
    """Return a message's fields; "" for what only others are made of."""
    hints = typing.get_type_hints(kind, include_extras=True)
    if not issubclass(kind, msgspec.Struct):
        return ", ".join(f"{name}: {_type(hint)}" for name, hint in hints.items())
    if kind.__subclasses__():
        return ""
    told = [f'kind: "{kind.__struct_config__.tag}"']
    for field in msgspec.structs.fields(kind):
        mark = "?" if field.default is not msgspec.NODEFAULT else ""
        told.append(f"{field.name}{mark}: {_type(hints[field.name])}")
    return ", ".join(told)


def _type(hint: Any) -> str:
    """Return a type as TypeScript writes it."""
    if hint in PLAIN:
        return PLAIN[hint]
    match typing.get_origin(hint):
        case origin if origin is typing.Annotated:
            return str(hint.__metadata__[0].title)
        case origin if origin is typing.Literal:
            return " | ".join(f'"{value}"' for value in typing.get_args(hint))
        case origin if origin in (types.UnionType, typing.Union):
            parts = [part for part in typing.get_args(hint) if part is not msgspec.UnsetType]
            return " | ".join(map(_type, parts))
        case origin if origin is list:
            (of,) = typing.get_args(hint)
            return f"{_type(of)}[]"
    return str(hint.__name__)


if __name__ == "__main__":
    PATH.write_text(typedefs(), encoding="utf-8")
