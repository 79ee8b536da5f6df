"""What crosses: an exception as a record `failure` of `recover:error/types`, and a record as an exception.

An exception that came from an import goes on as the record that it came by, so no language in between takes
anything from it. How calls are wrapped is in `guest.py`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .errors import BY_KIND, DomainError, Failure, Frame, Location, RecoverError, errors

CAUSES = 8
"""How many causes cross."""
FRAMES = 64
"""How many frames cross."""
LONGEST = 4096
"""How much of a text that is not the message crosses."""

_OWN = __name__.rpartition(".")[0]
"""The package that this file is of: its frames tell nobody anything."""
_NO_FIELDS = {"kind", "code", "language", "location", "retryable", "fatal", "build", "frames", "causes", "error_class", "message", "fields", "record"}
"""Attributes that a record has a place of its own for."""
_NEEDED = ("Kind", "Location", "Frame", "Field", "Cause", "Failure", "Value_Null", "Value_Text")


def types_of(world: Optional[ModuleType] = None) -> ModuleType:
    """The module that componentize-py made of `recover:error/types`."""
    loaded = [world] if world is not None else [module for name, module in list(sys.modules.items()) if ".imports." in name]
    for module in loaded:
        if module is not None and all(hasattr(module, name) for name in _NEEDED):
            return module
    if world is None:
        try:
            return types_of(import_module("wit_world.imports.types"))
        except ImportError:
            pass
    raise ImportError(
        "no module of recover:error/types was found; let the world use `recover:error/types@0.1.0`, "
        "and import the module that componentize-py made of it (`wit_world.imports.types`)"
    )


def is_failure(value: Any) -> bool:
    """Whether a value is a record `failure`, of whichever world."""
    return type(value).__name__ == "Failure" and hasattr(value, "causes") and hasattr(value, "class_")


# From an exception to a record.


def failure_of(error: BaseException) -> Any:
    """An exception as a record `failure`, with its causes and its trace.

    `MemoryError` is `OutOfMemoryError` of the kind `out-of-memory`, `RecursionError` is `StackOverflowError` of
    `stack-overflow`; any other is `domain`.
    """
    types = types_of()
    carried = _carried(error)
    if hasattr(carried, "causes"):
        # The instance that ended was another.
        return replace(carried, fatal=False) if carried.fatal else carried
    behind: List[Any] = []
    seen = {id(error)}
    for cause in _behind(error, seen):
        behind += _flat(types, cause)
        if len(behind) >= CAUSES:
            break
    own = _cause(types, error)
    return types.Failure(
        kind=own.kind, class_=own.class_, code=own.code, message=own.message, language=own.language, location=own.location,
        retryable=getattr(error, "retryable", False) is True, fatal=False, build=None,
        fields=own.fields, frames=own.frames, causes=behind[:CAUSES],
    )


def _carried(error: BaseException) -> Any:
    """The record that an exception came by, if an import raised it."""
    if isinstance(error, Failure):
        return error.record
    value = getattr(error, "value", None)
    return value if type(error).__name__ == "Err" and is_failure(value) else None


def _behind(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    """The exceptions behind one, the nearest first, as Python shows them. Of a group, the first one is."""
    # What is behind one that an import raised is in its record.
    while not hasattr(_carried(error), "causes"):
        grouped = getattr(error, "exceptions", None)
        following = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if following is None and isinstance(grouped, tuple) and grouped:
            following = grouped[0]
        if not isinstance(following, BaseException) or id(following) in seen:
            return
        seen.add(id(following))
        yield following
        error = following


def _flat(types: ModuleType, error: BaseException) -> List[Any]:
    """An exception as a record `cause`, with what is behind it in the record that it came by."""
    return [_cause(types, error), *getattr(_carried(error), "causes", ())]


def _cause(types: ModuleType, error: BaseException) -> Any:
    carried = _carried(error)
    if carried is not None:
        return types.Cause(
            kind=carried.kind, class_=carried.class_, code=carried.code, message=carried.message, language=carried.language,
            location=carried.location, fields=carried.fields, frames=carried.frames,
        )
    location, frames = _trace(types, error)
    return types.Cause(
        kind=_kind(types, error), class_=_class(error), code=_code(error), message=_message(error), language="python",
        location=location, fields=_fields(types, error), frames=frames,
    )


def _kind(types: ModuleType, error: BaseException) -> Any:
    if isinstance(error, MemoryError):
        return types.Kind.OUT_OF_MEMORY
    if isinstance(error, RecursionError):
        return types.Kind.STACK_OVERFLOW
    if isinstance(error, Failure):
        return types.Kind[error.kind.upper().replace("-", "_")]
    return types.Kind.DOMAIN


def _class(error: BaseException) -> str:
    """The name of its class. Each kind but `domain` has one."""
    if isinstance(error, Failure):
        return error.error_class or type(error).__name__
    if isinstance(error, (MemoryError, RecursionError)):
        return "OutOfMemoryError" if isinstance(error, MemoryError) else "StackOverflowError"
    return type(error).__name__


def _code(error: BaseException) -> str:
    """The exception's own `code`, or one made of its class's name: `E_NO_KEY` of `NoKeyError`."""
    own = getattr(error, "code", None)
    if isinstance(own, str) and own:
        return own
    name = _class(error)
    stem = name[:-5] if name.endswith("Error") and name != "Error" else name
    parts = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z\d]+", stem)
    return "E_" + "_".join(parts).upper() if parts else ""


def _message(error: BaseException) -> str:
    # `__str__` is the user's.
    try:
        return str(error)
    except Exception as failed:
        return f"the message could not be made: {type(failed).__name__}"


def _fields(types: ModuleType, error: BaseException) -> List[Any]:
    """The attributes of an exception that the program gave it, and those that Python's own classes have."""
    told: Dict[str, Any] = {}
    if isinstance(error, OSError):
        told = {name: getattr(error, name) for name in ("errno", "filename") if getattr(error, name) is not None}
    if isinstance(error, Failure):
        told = dict(error.fields)
    told.update((name, value) for name, value in vars(error).items() if not name.startswith("_") and name not in _NO_FIELDS)
    return [types.Field(name=name, value=_value(types, value)) for name, value in told.items()]


def _value(types: ModuleType, value: Any) -> Any:
    if value is None:
        return types.Value_Null()
    if isinstance(value, bool):
        return types.Value_Boolean(value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return types.Value_Signed(int(value))
    if isinstance(value, int) and 0 <= value < 1 << 64:
        return types.Value_Unsigned(int(value))
    if isinstance(value, float):
        return types.Value_Float(float(value))
    if isinstance(value, (bytes, bytearray)):
        return types.Value_Bytes(bytes(value))
    if isinstance(value, str):
        return types.Value_Text(str(value))
    # `__repr__` is the user's.
    try:
        return types.Value_Text(repr(value)[:LONGEST])
    except Exception:
        return types.Value_Text(f"<{type(value).__name__}>")


def _trace(types: ModuleType, error: BaseException) -> Tuple[Any, List[Any]]:
    """Where it was raised, and the calls from there to the export, the innermost first."""
    frames: List[Any] = []
    passed = error.__traceback__
    while passed is not None:
        code = passed.tb_frame.f_code
        if passed.tb_frame.f_globals.get("__name__", "").rpartition(".")[0] != _OWN:
            frames.append(types.Frame(
                function=getattr(code, "co_qualname", code.co_name),
                location=types.Location(file=_file(code.co_filename), line=passed.tb_lineno or 0, column=_column(passed)),
                module=None, offset=None,
            ))
            # Of a deep recursion both ends are told.
            if len(frames) > 2 * FRAMES:
                del frames[FRAMES // 2]
        passed = passed.tb_next
    frames.reverse()
    return (frames[0].location if frames else None), frames[:FRAMES]


def _file(name: str) -> str:
    """A file's name as imports have it. The folders that componentize-py makes of `-p` say nothing outside."""
    within = [root for root in sys.path if root and name.startswith(root.rstrip("/") + "/")]
    return name[len(max(within, key=len).rstrip("/")) + 1:] if within else name


def _column(passed: Any) -> int:
    positions = getattr(passed.tb_frame.f_code, "co_positions", None)
    if positions is None or passed.tb_lasti < 0:
        return 0
    for index, (_, _, column, _) in enumerate(positions()):
        if index == passed.tb_lasti // 2:
            return 0 if column is None else column + 1
    return 0


# From a record to an exception.


def raised_by(record: Any) -> Failure:
    """The exception that a record `failure` stands for, with its causes as `__cause__`."""
    causes = tuple(_raised(one, ()) for one in record.causes[:CAUSES])
    error = _raised(record, causes)
    last: BaseException = error
    for cause in causes:
        last.__cause__ = cause
        last = cause
    return error


def _raised(record: Any, causes: Tuple[Failure, ...]) -> Failure:
    kind = record.kind.name.lower().replace("_", "-")
    chosen = errors.of_raised(record.class_) if kind == "domain" else BY_KIND.get(kind, RecoverError)
    error = chosen(
        record.message, kind=kind, code=record.code, language=record.language, error_class=record.class_,
        location=_location(record.location), causes=causes, record=record,
        frames=tuple(Frame(one.function, _location(one.location), one.module, one.offset) for one in record.frames),
        fields={one.name: getattr(one.value, "value", None) for one in record.fields},
        retryable=getattr(record, "retryable", False), fatal=getattr(record, "fatal", False), build=getattr(record, "build", None),
    )
    if isinstance(error, DomainError):
        for name, value in error.fields.items():
            attribute = name.replace("-", "_")
            # What every error has is not replaced: such a field is in `fields`.
            if not hasattr(error, attribute):
                setattr(error, attribute, value)
    lines = [f"  at {one}" for one in error.frames] or ([f"  at {error.location}"] if error.location else [])
    if lines and hasattr(error, "add_note"):
        error.add_note("\n".join([f"in {error.language}, the innermost first:", *lines]))
    return error


def _location(record: Any) -> Optional[Location]:
    return None if record is None else Location(record.file, record.line, record.column)
