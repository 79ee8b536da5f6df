"""`load`, and the component that it gives: the face to programs. What happens behind it is elsewhere."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Any, Callable, Iterator, List, Mapping, Optional, Union

import wasmtime

from .bind import Binding, Interface
from .engine import LISTENING, Program, build_id, read
from .errors import BusyError, Errors, PanicError
from .imports import provide
from .options import LOOP, AbortReport, Health, Journal, Limits, LostReport, RestartLimit
from .supervisor import Supervisor

Source = Union[str, bytes, "os.PathLike[str]"]


def load(
    source: Source, *, limits: Limits = Limits(), imports: Optional[Mapping[str, Any]] = None,
    wasi: Optional[Callable[[], wasmtime.WasiConfig]] = None, restart_limit: RestartLimit = LOOP,
    journal: Journal = Journal(), capture_stderr: bool = False, cache: bool = False,
) -> "Component":
    """Loads a component, from a file or from bytes, and starts it.

    `imports` gives what the component imports besides WASI: functions, or objects that have them, by name.
    `wasi` makes the configuration of WASI, once for each instance; by default a component has no files, arguments
    and variables. `capture_stderr` has the error of an end tell what the component wrote, and which panic was behind it;
    such a component is closed when the interpreter ends. `cache` keeps compiled code on disk.
    """
    data, name = read(source)
    program = Program(data, name, limits.stack, cache)
    if capture_stderr:
        if wasi is not None:
            raise TypeError("load() takes `wasi` or `capture_stderr`, not both: a configuration has one standard error")
        wasi = program.heard.wasi
    supervisor = Supervisor(program, wasi or wasmtime.WasiConfig, limits, restart_limit, journal)
    supervisor.build = build_id(data)
    binding = Binding(supervisor)
    binding.bind()
    provide(supervisor, binding, imports or {})
    supervisor.alone("load", supervisor.ready)
    component = Component(supervisor, binding)
    if capture_stderr:
        _captured.add(component)
    return component


_captured: "weakref.WeakSet[Component]" = weakref.WeakSet()


@atexit.register
def _close() -> None:
    for component in list(_captured):
        try:
            component.close()
        except BusyError:
            # A thread that does not end is in it: nothing can be done for that.
            pass
    # Also of those that nobody had any more.
    for heard in list(LISTENING):
        heard.wait()


class Component:
    """A supervised component. Its interfaces and functions are its attributes."""

    def __init__(self, supervisor: Supervisor, binding: Binding) -> None:
        self._supervisor = supervisor
        self._binding = binding
        self.errors: Errors = supervisor.errors
        """The classes of its errors: `except app.errors.NoKeyError`."""
        weakref.finalize(self, supervisor.watch.close)

    @property
    def build(self) -> Optional[str]:
        """The build id, in hexadecimal, if the file has one."""
        return self._supervisor.build

    def __getattr__(self, name: str) -> Any:
        binding: Optional[Binding] = self.__dict__.get("_binding")
        if binding is None:
            raise AttributeError(name)
        if name in binding.functions:
            return binding.functions[name]
        found = [(full, one) for full, one in binding.interfaces.items() if one.__name__ == name]
        if len(found) == 1:
            return found[0][1]
        if found:
            raise AttributeError(f"{self._supervisor.name} has {' and '.join(full for full, _ in found)}; write component[…] with the whole name")
        there = ", ".join(sorted({one.__name__ for one in binding.interfaces.values()} | set(binding.functions)))
        raise AttributeError(f"{self._supervisor.name} exports no {name}; it exports {there or 'nothing'}")

    def __getitem__(self, name: str) -> Interface:
        """An interface by its whole name: `component["recover:fixture/ledgers@0.1.0"]`."""
        try:
            return self._binding.interfaces[name]
        except KeyError:
            raise KeyError(f"{self._supervisor.name} exports no {name}; it exports {', '.join(self._binding.interfaces)}") from None

    def __dir__(self) -> Iterator[str]:
        return iter(sorted({*object.__dir__(self), *(one.__name__ for one in self._binding.interfaces.values()), *self._binding.functions}))

    def on_abort(self, listener: Callable[[AbortReport], Any]) -> Callable[[], None]:
        """Has a function hear of each end of an instance. The answer takes it off."""
        return _listen(self._supervisor.on_abort, listener)

    def on_panic(self, listener: Callable[[PanicError], Any]) -> Callable[[], None]:
        """Has a function hear of each panic that unwound. The answer takes it off."""
        return _listen(self._supervisor.on_panic, listener)

    def on_lost(self, listener: Callable[[LostReport], Any]) -> Callable[[], None]:
        """Has a function hear of each object that should have come back and could not. The answer takes it off."""
        return _listen(self._supervisor.on_lost, listener)

    def health(self) -> Health:
        """Figures: calls, panics, restarts, objects."""
        return self._supervisor.health()

    def restart(self) -> None:
        """Ends the instance; the next call makes a fresh one. The restart limit begins anew."""
        self._supervisor.restart()

    def close(self) -> None:
        """Ends the instance for good and lets go of its memory."""
        self._supervisor.close()
        self._supervisor.program.heard.wait()

    def __enter__(self) -> "Component":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<component {self._supervisor.name}>"


def _listen(listeners: List[Any], listener: Any) -> Callable[[], None]:
    if not callable(listener):
        raise TypeError(f"a listener is a function, and this is {type(listener).__name__}")
    listeners.append(listener)

    def off() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return off
