"""The errors of a component as exceptions of Python, and exceptions of Python as errors of a component.

`recover:error/types` says what an error is. Here are the classes, how a `failure` becomes one of them
with its causes as `__cause__`, and how an exception becomes a `failure`. When a call fails, and what
that ends, is decided elsewhere.
"""

from __future__ import annotations

import builtins
import os
import traceback
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Type, cast

from .values import Variant, python_name

CAUSES = 8
"""How many causes cross."""
FRAMES = 64
"""How many frames cross."""


class Location(NamedTuple):
    """Where in a source file. The column is 0 where the language does not tell it."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class Frame(NamedTuple):
    """One call of a trace."""

    function: Optional[str] = None
    location: Optional[Location] = None
    module: Optional[str] = None
    offset: Optional[int] = None

    def __str__(self) -> str:
        where = str(self.location) if self.location else "" if self.offset is None else f"{self.module or '?'}+{self.offset:#x}"
        return f"{self.function or '?'} ({where})" if where else self.function or "?"


class Failure(Exception):
    """What the errors of components have. It is not raised itself: see `RecoverError` and `DomainError`."""

    kind = "domain"
    """What happened: a word of the enum `kind`."""
    code = ""
    """Stable, for programs: `E_PANIC`."""
    language = "python"
    """The language that raised it."""
    location: Optional[Location] = None
    """Where in a source file it was raised."""
    retryable = False
    """Whether the very same call may succeed."""
    fatal = False
    """Whether the instance ended."""
    build: Optional[str] = None
    """The build id of the component that raised it, in hexadecimal."""
    frames: Tuple[Frame, ...] = ()
    """The calls it came through, the innermost first."""
    causes: Tuple["Failure", ...] = ()
    """The errors behind it, the nearest first; `__cause__` leads from each to the next."""
    error_class = ""
    """The name that the raising language has for the class."""
    output = ""
    """What the component wrote to its standard error during the call that ended its instance."""
    original: Optional[BaseException] = None
    """The very exception of this program, if it is one that came through the component and back."""

    def __init__(self, message: str = "", **told: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields: Dict[str, Any] = told.pop("fields", {})
        self.__dict__.update(told)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.error_class = cls.__name__

    def to_dict(self) -> Dict[str, Any]:
        """The error as JSON can hold it, in the words of `recover:error/types`."""
        told = {
            "kind": self.kind, "class": self.error_class, "code": self.code, "message": self.message, "language": self.language,
            "location": self.location and self.location._asdict(), "fields": dict(self.fields),
            "frames": [{**one._asdict(), "location": one.location and one.location._asdict()} for one in self.frames],
        }
        return {**told, "retryable": self.retryable, "fatal": self.fatal, "build": self.build,
                "causes": [one.to_dict() for one in self.causes]}

    def __reduce__(self) -> Tuple[Any, ...]:
        found = _BUILT_IN.get(type(self).__name__)
        name = type(self).__name__ if found is not type(self) else None
        state = {key: value for key, value in self.__dict__.items() if key != "original"}
        return _unpickled, (None if name else type(self), name, self.message, state)


class RecoverError(Failure):
    """A call failed by something that is no error of the program's own."""

    kind = "aborted"


class PanicError(RecoverError):
    """A panic unwound, and the component goes on."""

    kind, code = "panic", "E_PANIC"


class OutOfMemoryError(PanicError):
    """Memory ran out. If `fatal`, that ended the instance."""

    kind, code = "out-of-memory", "E_OUT_OF_MEMORY"


class StackOverflowError(PanicError):
    """The stack ran out. If `fatal`, that ended the instance."""

    kind, code = "stack-overflow", "E_STACK_OVERFLOW"


class PoisonedError(RecoverError):
    """A call failed halfway and left the object as it was then."""

    kind, code = "poisoned", "E_POISONED"


class BusyError(RecoverError):
    """Another call is under way."""

    kind, code, retryable = "busy", "E_BUSY", True


class StaleHandleError(RecoverError):
    """The object was closed or given away, or ended with its instance."""

    kind, code = "stale", "E_STALE_HANDLE"


class InstanceAbortedError(RecoverError):
    """The instance ended under the call. The next call gets a fresh one."""

    kind, code, retryable, fatal = "aborted", "E_INSTANCE_ABORTED", True, True


class RestartLimitError(RecoverError):
    """The instance ended too often. `restart()` goes on."""

    kind, code, fatal = "restart-limit", "E_RESTART_LIMIT", True


class TimeoutError(RecoverError, builtins.TimeoutError):
    """The call took longer than the limit and was stopped, with its instance."""

    kind, code, retryable, fatal = "timeout", "E_TIMEOUT", True, True


class DomainError(Failure):
    """An error of the program's own. Each class that a component names has a subclass, in `errors` of the component."""

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any:
            """Its fields are attributes, and no checker knows them."""


class ComponentError(Exception):
    """A component returned an error that is not of `recover:error`."""

    def __init__(self, message: str, value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class LoadError(Exception):
    """A file is no component, or one that can't be loaded here."""


_BUILT_IN: Dict[str, Type[Failure]] = {
    one.__name__: one for one in (
        RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError,
        StaleHandleError, InstanceAbortedError, RestartLimitError, TimeoutError, DomainError,
    )
}
_BY_KIND: Dict[str, Type[Failure]] = {
    one.kind: one for one in _BUILT_IN.values() if one not in (RecoverError, DomainError)
}


class Errors:
    """The classes of a component's errors: `app.errors.NoKeyError`.

    A class is made when it is first asked for, or first raised: no component lists its classes.
    """

    def __init__(self) -> None:
        self._made: Dict[str, Type[DomainError]] = {}

    def __getattr__(self, name: str) -> Type[DomainError]:
        if not name[:1].isupper():
            raise AttributeError(f"{name!r} is no name of an error's class; such a name begins with a capital letter")
        # Those of every component are there too; what a checker is told fits most.
        return cast(Type[DomainError], _BUILT_IN[name]) if name in _BUILT_IN else self[name]

    def __getitem__(self, name: str) -> Type[DomainError]:
        """The class of that name, also where it is no identifier: `errors["json.JSONDecodeError"]`."""
        made = self._made.get(name)
        if made is None:
            # No class of Python has a name with a null character.
            one = cast(Type[DomainError], type(name.replace("\0", "\\0"), (DomainError,), {"__module__": __name__}))
            one.error_class = name
            made = self._made.setdefault(name, one)
        return made

    def __dir__(self) -> Iterator[str]:
        return iter(sorted({*_BUILT_IN, *self._made}))

    def of_failure(self, told: Any) -> Failure:
        """The exception that a record `failure` or `cause` stands for, with its causes."""
        kind = str(told.kind)
        chosen: Type[Failure] = self[told.class_ or "DomainError"] if kind == "domain" else _BY_KIND.get(kind, RecoverError)
        causes = tuple(self.of_failure(one) for one in getattr(told, "causes", ())[:CAUSES])
        error = chosen(
            told.message, kind=kind, code=told.code, language=told.language, error_class=told.class_,
            location=_location(told.location), causes=causes,
            frames=tuple(Frame(one.function, _location(one.location), one.module, one.offset) for one in told.frames[:FRAMES]),
            fields={one.name: one.value.value for one in told.fields},
            retryable=getattr(told, "retryable", False), fatal=getattr(told, "fatal", False), build=getattr(told, "build", None),
        )
        if kind == "domain":
            for name, value in error.fields.items():
                attribute = python_name(name)
                # What every error has is not replaced: such a field is in `fields`.
                if not hasattr(error, attribute):
                    setattr(error, attribute, value)
        chain(error, causes)
        noted(error)
        return error


def chain(error: BaseException, causes: Tuple[BaseException, ...]) -> None:
    """Makes each the `__cause__` of the one before."""
    for cause in causes:
        error.__cause__ = cause
        error = cause


def returned(error: Failure, sent: List[Tuple[Dict[str, Any], BaseException]]) -> None:
    """Puts the exceptions that this program told a component of behind the errors that came back of them."""
    for one in (error, *error.causes):
        for failure, original in sent:
            if one.language == "python" and (one.error_class, one.message) == (failure["class"], failure["message"]):
                # Its own chain has what is behind it.
                one.original = one.__cause__ = original
                return


def noted(error: Failure) -> None:
    """Shows the frames with the traceback, where this Python can."""
    lines = [f"  at {one}" for one in error.frames]
    if not lines and error.location:
        lines = [f"  at {error.location}"]
    if lines:
        remark(error, "\n".join([f"in the component ({error.language}), the innermost first:", *lines]))


def remark(error: BaseException, text: str) -> None:
    """Shows a text with the traceback, where this Python can."""
    add = getattr(error, "add_note", None)
    if add is not None:
        add(text)


def _location(told: Any) -> Optional[Location]:
    return None if told is None else Location(told.file, told.line, told.column)


def _unpickled(known: Optional[Type[Failure]], name: Optional[str], message: str, state: Dict[str, Any]) -> Failure:
    error = (known or _PICKLED[str(name)])(message)
    error.__dict__.update(state)
    return error


_HERE = os.path.dirname(__file__) + os.sep

_PICKLED = Errors()
"""The classes of errors that were pickled: those of a component belong to it."""


def told(error: BaseException, build: Optional[str] = None) -> Dict[str, Any]:
    """An exception as a record `failure`, for a component that imports what raised it."""
    behind: List[BaseException] = []
    seen = error
    while len(behind) < CAUSES:
        following = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        if following is None or following in behind or following is error:
            break
        behind.append(following)
        seen = following
    # What other exceptions have under these names is theirs, and of any type.
    ours = error if isinstance(error, Failure) else RecoverError()
    whole: Dict[str, Any] = _whole({
        **_told(error), "retryable": ours.retryable,
        # It ended no instance of the component that hears of it.
        "fatal": False, "build": ours.build or build, "causes": [_told(one) for one in behind],
    })
    return whole


def _whole(value: Any) -> Any:
    """Texts without halves of surrogate pairs, which names of files have where they are no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    if isinstance(value, Location):
        return value._replace(file=_whole(value.file))
    return Variant(value.case, _whole(value.value)) if isinstance(value, Variant) else value


def _said(error: Any, of: Callable[[Any], str]) -> str:
    """What an object says of itself. An exception must not fail because it can't be told."""
    try:
        return of(error)
    except Exception as failure:
        return f"({type(error).__name__}, whose text can't be had: {type(failure).__name__})"


def _told(error: BaseException) -> Dict[str, Any]:
    if isinstance(error, Failure):
        frames = [one._asdict() for one in error.frames]
        return {
            "kind": error.kind, "class": error.error_class, "code": error.code, "message": error.message, "language": error.language,
            "location": error.location, "fields": [_field(name, value) for name, value in error.fields.items()], "frames": frames[:FRAMES],
        }
    passed = [one for one in traceback.extract_tb(error.__traceback__)[::-1] if not one.filename.startswith(_HERE)]
    frames = [
        {"function": one.name, "location": Location(one.filename, one.lineno or 0), "module": None, "offset": None} for one in passed
    ]
    named = type(error)
    fields = [_field(name, value) for name, value in vars(error).items() if not name.startswith("_") and isinstance(value, _SIMPLE)]
    return {
        "kind": "domain", "class": named.__name__, "code": _said(error, lambda one: str(getattr(one, "code", "") or "")),
        "message": _said(error, str), "language": "python", "location": frames[0]["location"] if frames else None,
        "fields": fields, "frames": frames[:FRAMES],
    }


_SIMPLE = (type(None), bool, int, float, str, bytes, bytearray)
"""What attributes of an exception cross."""


def _field(name: str, value: Any) -> Dict[str, Any]:
    return {"name": name, "value": _value(value)}


def _value(value: Any) -> Variant:
    if value is None:
        return Variant("null")
    if isinstance(value, bool):
        return Variant("boolean", value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return Variant("signed" if value < 1 << 63 else "unsigned", value)
    if isinstance(value, float):
        return Variant("float", value)
    if isinstance(value, (bytes, bytearray)):
        return Variant("bytes", bytes(value))
    return Variant("text", value if isinstance(value, str) else _said(value, repr))


def raised(value: Any, name: str) -> ComponentError:
    """The error of a result whose error is not of `recover:error`."""
    return ComponentError(f"{name} returned an error" + ("" if value is None else f": {value!r}"), value)
