"""What a program sets, and what it is told: limits, reports, figures. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class Limits:
    """What a component may use. `None` is what wasmtime allows."""

    memory: Optional[int] = None
    """Bytes that a linear memory may have."""
    timeout: Optional[float] = None
    """Seconds that a call may take."""
    stack: Optional[int] = None
    """Bytes of stack that a call may take in the engine; 512 KiB if not given."""

    def __post_init__(self) -> None:
        for name in ("memory", "timeout", "stack"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and value > 0):
                raise ValueError(f"Limits: {name} takes a number above 0, and got {value!r}")


@dataclass(frozen=True)
class RestartLimit:
    """How many restarts a period may have. By default only ends without a call in between count."""

    restarts: int = 5
    period: float = 10.0
    """In seconds."""


@dataclass(frozen=True)
class Journal:
    """When a snapshot replaces the calls in a record."""

    calls: int = 64
    bytes: int = 64 * 1024


LOOP = RestartLimit()
"""A crash loop: unless the program sets a limit, only ends without progress count."""


@dataclass(frozen=True)
class AbortReport:
    """What listeners of `on_abort` hear."""

    error: BaseException
    """What the caller got."""
    function: str
    """The call that ended it, empty if the program did."""
    instance: int
    """Its number, from 1."""
    kept: int
    """How many objects come back when they are used next."""
    lost: Tuple[str, ...]
    """The classes of the objects that went with it."""
    progress: bool
    """Whether it ended in a call of the program's, not by itself."""


@dataclass(frozen=True)
class LostReport:
    """What listeners of `on_lost` hear: an object with a record could not come back."""

    name: str
    reason: BaseException


@dataclass
class Health:
    """Figures of a component, since it was loaded."""

    instance: int = 0
    """The number of the instance, or of the last one."""
    alive: bool = False
    """Whether there is an instance; if not, the next call makes one."""
    calls: int = 0
    errors: int = 0
    """Calls that ended by a domain error."""
    panics: int = 0
    """Calls that ended by a panic, or by memory or stack that ran out, and the instance went on."""
    busy: int = 0
    stale: int = 0
    restarts: int = 0
    revived: int = 0
    """Objects that came back."""
    replayed: int = 0
    """Calls that were made again for that."""
    lost: int = 0
    """Objects that did not come back."""
    snapshots: int = 0
    objects: int = 0
    """Objects there are."""
    persistent: int = 0
    """Those of them that have a record."""
    limited: bool = False
    """The restart limit is reached."""
    last_end: Optional[BaseException] = None
