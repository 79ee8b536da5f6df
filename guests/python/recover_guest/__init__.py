"""A component in Python whose exceptions cross languages.

    from recover_guest import errors, imported, recoverable
    from wit_world import exports
    from wit_world.imports import store

    imported(store)                       # its failures are exceptions with a class of their own

    @recoverable                          # an exception becomes the `failure` of the WIT's result
    class Reader(exports.Reader):
        def read(self, key: str) -> int:
            try:
                return store.get(key)
            except errors.NoKeyError as e:
                raise LookupError(f"nothing under {e.key}") from e

This module is the face. The classes are in `errors.py`, what crosses in `records.py`, the two wrappers in
`guest.py`. It runs inside a component made by componentize-py; for a program that calls components there is
`recover-host`.
"""

from .errors import (
    BusyError,
    DomainError,
    Failure,
    Frame,
    InstanceAbortedError,
    Location,
    OutOfMemoryError,
    PanicError,
    PoisonedError,
    RecoverError,
    RestartLimitError,
    StackOverflowError,
    StaleHandleError,
    TimeoutError,
    errors,
)
from .guest import imported, recoverable
from .records import failure_of

__all__ = [
    "BusyError",
    "DomainError",
    "Failure",
    "Frame",
    "InstanceAbortedError",
    "Location",
    "OutOfMemoryError",
    "PanicError",
    "PoisonedError",
    "RecoverError",
    "RestartLimitError",
    "StackOverflowError",
    "StaleHandleError",
    "TimeoutError",
    "errors",
    "failure_of",
    "imported",
    "recoverable",
]
