"""The two wrappers: of what the component exports, and of what it imports.

What an exception says is made in `records.py`.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, ModuleType
from typing import Any, Callable, TypeVar

from .records import failure_of, is_failure, raised_by, types_of

_T = TypeVar("_T")
_WRAPPED = "__recover_guest__"


def recoverable(exported: _T) -> _T:
    """Turns an exception out of an export into the `failure` of its result.

    Write it on the class that exports an interface, on a resource's, or on a single method or function. On a
    class it covers each method that does not begin with an underscore: what the WIT says of each of them must
    be `result<_, failure>`. A constructor's result can't fail, in WIT; nor can what it raises be told.
    """
    if isinstance(exported, type):
        for name, member in list(vars(exported).items()):
            if name.startswith("_"):
                continue
            if isinstance(member, (staticmethod, classmethod)):
                setattr(exported, name, type(member)(_telling(member.__func__)))
            elif isinstance(member, FunctionType):
                setattr(exported, name, _telling(member))
        return exported
    if isinstance(exported, FunctionType):
        return _telling(exported)  # type: ignore[return-value]
    raise TypeError(f"@recoverable goes on a class or on a function, not on {type(exported).__name__}")


def imported(module: ModuleType) -> ModuleType:
    """Lets the functions and resources of an imported interface raise typed exceptions: `errors.NoKeyError`.

    The module is changed in place, once, and returned.
    """
    if not isinstance(module, ModuleType):
        raise TypeError(f"imported() takes the module of an interface, such as `wit_world.imports.store`, not {type(module).__name__}")
    for name, member in list(vars(module).items()):
        if getattr(member, "__module__", None) != module.__name__:
            continue
        if isinstance(member, FunctionType):
            setattr(module, name, _typed(member))
        elif isinstance(member, type) and hasattr(member, "__enter__"):
            for inner, method in list(vars(member).items()):
                if inner.startswith("_"):
                    continue
                if isinstance(method, (staticmethod, classmethod)):
                    setattr(member, inner, type(method)(_typed(method.__func__)))
                elif isinstance(method, FunctionType):
                    setattr(member, inner, _typed(method))
    return module


def _wrapper(function: Callable[..., Any], ended: Callable[[BaseException], BaseException]) -> Callable[..., Any]:
    """A function that raises what `ended` makes of an exception."""
    if getattr(function, _WRAPPED, False):
        return function
    if inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def wrapped(*args: Any, **named: Any) -> Any:
            try:
                return await function(*args, **named)
            except BaseException as error:
                raised = ended(error)
                if raised is error:
                    raise
                raise raised from raised.__cause__
    else:
        @functools.wraps(function)
        def wrapped(*args: Any, **named: Any) -> Any:
            try:
                return function(*args, **named)
            except BaseException as error:
                raised = ended(error)
                if raised is error:
                    raise
                raise raised from raised.__cause__
    setattr(wrapped, _WRAPPED, True)
    return wrapped


def _telling(function: Callable[..., Any]) -> Callable[..., Any]:
    def ended(error: BaseException) -> BaseException:
        # A result whose error is of another type.
        if type(error).__name__ == "Err" and not is_failure(getattr(error, "value", None)):
            return error
        # A task that is cancelled is told to nobody.
        if isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError":
            return error
        return _err(failure_of(error))
    return _wrapper(function, ended)


def _typed(function: Callable[..., Any]) -> Callable[..., Any]:
    def ended(error: BaseException) -> BaseException:
        record = getattr(error, "value", None)
        return raised_by(record) if type(error).__name__ == "Err" and is_failure(record) else error
    return _wrapper(function, ended)


def _err(record: Any) -> BaseException:
    from componentize_py_types import Err  # made by componentize-py: there is none before

    return Err(record)


__all__ = ["imported", "recoverable", "types_of"]
