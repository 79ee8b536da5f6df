"""The classes of the errors that imports fail by. They have the names and attributes of those of `recover-host`.

How a record becomes one of them is in `records.py`.
"""

from __future__ import annotations

import builtins
from typing import Any, Dict, NamedTuple, Optional, Tuple, Type


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
    """What the errors of components have. Raised are `RecoverError` and `DomainError`, and their subclasses."""

    kind = "domain"
    """What happened: a word of the enum `kind`."""
    code = ""
    """Stable, for programs: `E_PANIC`."""
    language = ""
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

    def __init__(self, message: str = "", **told: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields: Dict[str, Any] = told.pop("fields", {})
        self.record: Any = told.pop("record", None)
        """What the import returned: it passes on unchanged if nothing handles the exception."""
        self.__dict__.update(told)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.error_class = cls.__name__


class RecoverError(Failure):
    """A call failed by something that is no error of the program's own."""

    kind = "aborted"


class PanicError(RecoverError):
    """A panic unwound, and the component goes on."""

    kind, code = "panic", "E_PANIC"


class OutOfMemoryError(PanicError):
    """Memory ran out."""

    kind, code = "out-of-memory", "E_OUT_OF_MEMORY"


class StackOverflowError(PanicError):
    """The stack ran out."""

    kind, code = "stack-overflow", "E_STACK_OVERFLOW"


class PoisonedError(RecoverError):
    """A call failed halfway and left the object as it was then."""

    kind, code = "poisoned", "E_POISONED"


class BusyError(RecoverError):
    """The object is in use by another call."""

    kind, code, retryable = "busy", "E_BUSY", True


class StaleHandleError(RecoverError):
    """The object was freed or consumed, or ended with its instance."""

    kind, code = "stale", "E_STALE_HANDLE"


class InstanceAbortedError(RecoverError):
    """The instance ended under the call."""

    kind, code, retryable, fatal = "aborted", "E_INSTANCE_ABORTED", True, True


class RestartLimitError(RecoverError):
    """The instance was restarted too often."""

    kind, code, fatal = "restart-limit", "E_RESTART_LIMIT", True


class TimeoutError(RecoverError, builtins.TimeoutError):
    """The call was stopped, because it took too long."""

    kind, code, retryable, fatal = "timeout", "E_TIMEOUT", True, True


class DomainError(Failure):
    """An error of a program's own. Each class that a component names has a subclass, in `errors`."""


BUILT_IN: Dict[str, Type[Failure]] = {
    one.__name__: one
    for one in (
        RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError,
        StaleHandleError, InstanceAbortedError, RestartLimitError, TimeoutError, DomainError,
    )
}
"""The classes that every component has, by name."""

BY_KIND: Dict[str, Type[Failure]] = {one.kind: one for one in BUILT_IN.values() if one not in (RecoverError, DomainError)}
"""The class of each kind, but of `domain`."""

MOST_CLASSES = 256
"""How many classes imports may name by themselves. One that goes on is no program."""


class Errors:
    """The classes by name: `errors.NoKeyError`. A class is made when it is first asked for, or first raised."""

    def __init__(self) -> None:
        self._asked: Dict[str, Type[DomainError]] = {}
        self._raised = 0

    def __getattr__(self, name: str) -> Type[Failure]:
        if not name[:1].isupper():
            raise AttributeError(f"{name!r} is no name of an error's class; such a name begins with a capital letter")
        return BUILT_IN.get(name) or self[name]

    def __getitem__(self, name: str) -> Type[DomainError]:
        """The class of that name, also where it is no identifier: `errors["json.JSONDecodeError"]`."""
        made = self._asked.get(name)
        if made is None:
            made = self._asked[name] = type(name, (DomainError,), {"__module__": __name__})
        return made

    def of_raised(self, name: str) -> Type[DomainError]:
        """The class of an error that an import raised, while there is room for such."""
        if name not in self._asked:
            if not name or name == "DomainError" or self._raised >= MOST_CLASSES:
                return DomainError
            self._raised += 1
        return self[name]


errors = Errors()
"""The classes of this component's imports."""
