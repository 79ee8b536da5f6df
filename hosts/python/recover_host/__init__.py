"""Components as supervised parts of a Python program: typed errors, and life after a trap.

`load` gives a component whose failures are exceptions with a class, causes and a place, and which goes on
after each of them. README.md says how. Here are the names for programs, and nothing else.
"""

from .component import Component, load
from .errors import (
    BusyError,
    ComponentError,
    DomainError,
    Failure,
    Frame,
    InstanceAbortedError,
    LoadError,
    Location,
    OutOfMemoryError,
    PanicError,
    PoisonedError,
    RecoverError,
    RestartLimitError,
    StackOverflowError,
    StaleHandleError,
    TimeoutError,
)
from .options import AbortReport, Health, Journal, Limits, LostReport, RestartLimit
from .records import Resource
from .values import Err, Ok, Some, Variant

__all__ = [
    "AbortReport", "BusyError", "Component", "ComponentError", "DomainError", "Err", "Failure", "Frame", "Health",
    "InstanceAbortedError", "Journal", "Limits", "LoadError", "Location", "LostReport", "Ok", "OutOfMemoryError", "PanicError",
    "PoisonedError", "RecoverError", "Resource", "RestartLimit", "RestartLimitError", "Some", "StackOverflowError",
    "StaleHandleError", "TimeoutError", "Variant", "load",
]
__version__ = "0.1.0"
