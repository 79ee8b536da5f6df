"""Objects and what is kept of them: the cell behind a handle, its record, and the making of records.

A record is the call that made an object, or its last snapshot, and the calls acknowledged since. What
it holds are values of Python that nobody else can change. Nothing here calls a component: `supervisor.py`
says when a record grows, when it is cut, and when it is replayed.
"""

from __future__ import annotations

import hashlib
from typing import Any, List, NamedTuple, Optional, Tuple, Union

from wasmtime import component as wit

from .codec import Type
from .engine import Function, put_resource, taken_resource
from .errors import Failure, StaleHandleError
from .values import parts


class Resource:
    """What stands for an object in a component. `with`, `close()` or the garbage collector free it."""

    __slots__ = ("_cell", "__weakref__")
    _cell: Optional["Cell"]
    _kind: "Kind"

    def close(self) -> None:
        """Frees the object in the component. Every later use raises `StaleHandleError`."""
        cell = self._cell
        if cell is not None:
            cell.kind.owner.close_cell(cell)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        cell = getattr(self, "_cell", None)
        if cell is not None:
            # It may run on any thread and in the middle of a call: the next call frees the object.
            cell.kind.owner.dropped.append(cell)

    def __repr__(self) -> str:
        cell = getattr(self, "_cell", None)
        return f"<{type(self).__name__} of {self._kind.owner.name}{'' if cell is None or cell.state == 'live' else ', ' + cell.state}>"


class Kind:
    """A resource type of a component."""

    def __init__(self, name: str, owner: Any) -> None:
        self.name = name
        self.owner = owner
        self.made: Any = None
        """Its class in Python."""
        self.save: Optional[Function] = None
        self.restore: Optional[Function] = None

    @property
    def persists(self) -> bool:
        return self.save is not None and self.restore is not None


class Cell:
    """An object. It outlives the instances that it was in, if it has a record."""

    __slots__ = ("kind", "raw", "epoch", "record", "state", "reason")

    def __init__(self, kind: Kind, raw: wit.ResourceAny, epoch: int) -> None:
        self.kind = kind
        self.raw: Optional[wit.ResourceAny] = raw
        self.epoch = epoch
        """The instance that it is in."""
        self.record: Optional[Record] = None
        self.state = "live"
        """`live`, `closed`, `given away` or `lost`."""
        self.reason: Optional[BaseException] = None
        """Why it is lost."""

    def forget(self, state: str, reason: Optional[BaseException] = None) -> None:
        """It is no more."""
        self.state, self.reason, self.raw, self.record = state, reason, None, None

    def unload(self) -> None:
        """It is in no instance; its record says how it was."""
        self.raw, self.epoch = None, 0

    def stale(self) -> StaleHandleError:
        """The error of its use."""
        name = self.kind.made.__name__
        if self.state == "closed":
            return StaleHandleError(f"this {name} was closed; create a new one")
        if self.state == "given away":
            return StaleHandleError(f"this {name} was given to a call that consumed it; create a new one")
        error = StaleHandleError(
            f"this {name} could not come back: {self.reason}; create a new one" if self.reason
            else f"this {name} went with instance {self.epoch} of the component; create a new one",
        )
        error.__cause__ = self.reason
        if isinstance(self.reason, Failure):
            error.causes = (self.reason, *self.reason.causes)
        return error


class Entry(NamedTuple):
    """A call that was acknowledged, and how it ended."""

    function: Function
    arguments: Tuple[Any, ...]
    mark: Any


class Record:
    """How an object can be made again. A snapshot makes a new one, which replaces it in one step: `Ctrl-C` may come at any."""

    __slots__ = ("base", "entries", "size", "due", "unsure", "behind")

    def __init__(self, base: Union[bytes, Tuple[Function, Tuple[Any, ...]]]) -> None:
        self.base = base
        """A snapshot, or the call that made the object."""
        self.entries: List[Entry] = []
        self.size = 0
        self.due = 1
        """How many times the usual length it may have before the next attempt to cut it."""
        self.unsure = False
        """A call failed since and may have left the object changed: the next one that succeeds is followed by a snapshot."""
        self.behind: Optional[Exception] = None
        """Why it lacks calls that were acknowledged: the object can't come back before a snapshot succeeds."""

    def append(self, function: Function, arguments: Tuple[Any, ...], mark: Any) -> None:
        """A call was acknowledged. `arguments` has the object first, which is not kept."""
        rest = arguments[1:]
        if not function.plain:
            rest = frozen(function.params[1:], rest)
        self.entries.append(Entry(function, rest, mark))
        self.size += weight(rest)


def frozen(types: List[Type], arguments: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """Copies that nobody else can change."""
    return tuple(one.freeze(value) for one, value in zip(types, arguments))


def weight(value: Any) -> int:
    """About how many bytes a value has."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, (list, tuple)):
        return 8 + sum(map(weight, value))
    if hasattr(value, "__dataclass_fields__"):
        return sum(weight(getattr(value, name)) for name in value.__dataclass_fields__)
    return 8


def mark(value: Any, error: Optional[BaseException]) -> Any:
    """How a call ended: small values as they are, of others a digest."""
    if error is not None:
        return ("failed", getattr(error, "error_class", None) or type(error).__name__, getattr(error, "code", ""), str(error))
    if value is None or isinstance(value, (bool, int)) or isinstance(value, (str, bytes)) and len(value) <= 64:
        return value
    return ("digest", hashlib.blake2b(repr(parts(value)).encode("utf-8", "surrogatepass"), digest_size=16).digest())


class Handle(Type):
    """`own<T>` or `borrow<T>`: a cell, or the handle that has it."""

    plain = False

    def __init__(self, kind: Kind, given: bool) -> None:
        self.kind, self.given = kind, given
        self.wit = f"{'own' if given else 'borrow'}<{kind.name}>"

    @property
    def python(self) -> str:  # type: ignore[override]
        return str(self.kind.made.__name__)

    def holds(self) -> bool:
        return True

    def cell(self, value: Any, at: str) -> Cell:
        cell = value if type(value) is Cell else getattr(value, "_cell", None)
        if type(cell) is not Cell or cell.kind is not self.kind:
            name = self.kind.made.__name__
            if type(cell) is Cell and cell.kind.name == self.kind.name:
                raise TypeError(f"{at} takes a {name} of this component, and got one of another")
            raise TypeError(f"{at} takes a {name}, and got {type(value).__name__}")
        return cell

    def lower(self, value: Any, slot: Any, at: str) -> None:
        put_resource(slot, self.cell(value, at).raw)

    def lift(self, slot: Any) -> Any:
        owner = self.kind.owner
        cell = Cell(self.kind, taken_resource(slot), owner.epoch)
        owner.born.append(cell)
        handle = self.kind.made.__new__(self.kind.made)
        handle._cell = cell
        return handle

    def resources(self, value: Any, found: List[Tuple[Cell, bool]]) -> None:
        found.append((self.cell(value, "the call"), self.given))
