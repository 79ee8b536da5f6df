"""What a program in Python sees of a failure, whether it is a host or a component: both have the same attributes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional


def told(error: Any) -> Dict[str, Any]:
    """An error, and those behind it by `__cause__`."""
    causes = []
    behind = error.__cause__
    while behind is not None:
        causes.append(_shown(behind))
        behind = behind.__cause__
    return {**_shown(error), "retryable": error.retryable, "fatal": error.fatal, "build": error.build, "causes": causes}


def _shown(error: Any) -> Dict[str, Any]:
    return {
        "class": type(error).__name__,
        "kind": error.kind,
        "code": error.code,
        "message": str(error),
        "language": error.language,
        "location": _place(error.location),
        "fields": dict(error.fields),
        "frames": [[one.function, _place(one.location)] for one in error.frames],
    }


def _place(location: Any) -> Optional[List[Any]]:
    return None if location is None else [location.file, location.line, location.column]
