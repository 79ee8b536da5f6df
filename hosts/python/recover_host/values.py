"""The values of WIT that Python has no own types for, and the names that those of WIT have in Python.

Nothing here knows how a value crosses: that is `codec.py`.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, fields
from typing import Any


def python_name(name: str) -> str:
    """`clear-poison` is `clear_poison`; a keyword gets an underscore behind it."""
    name = name.replace("-", "_")
    return name + "_" if keyword.iskeyword(name) else name


def class_name(name: str) -> str:
    """`out-of-memory` is `OutOfMemory`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


@dataclass(frozen=True)
class Variant:
    """A case of a variant, and its value. `match` takes it apart: `case Variant("text", value)`."""

    case: str
    value: Any = None


@dataclass(frozen=True)
class Some:
    """The value of an option that may itself be one, where `None` would not say which is empty."""

    value: Any


@dataclass(frozen=True)
class Ok:
    """A result that is not a function's own: the value."""

    value: Any = None


@dataclass(frozen=True)
class Err:
    """A result that is not a function's own: the error."""

    value: Any = None


def parts(value: Any) -> Any:
    """A value with its dataclasses as tuples and its sets sorted: equal values have equal parts."""
    if isinstance(value, (list, tuple)):
        return tuple(map(parts, value))
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value))
    if hasattr(value, "__dataclass_fields__"):
        return (type(value).__name__, *[parts(getattr(value, one.name)) for one in fields(value)])
    return value
