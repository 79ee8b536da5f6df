"""The engine below: a file as a compiled program, a program as an instance, a call, and how it ended.

This, `codec.py` and `imports.py` are the only files that use what wasmtime does not document. Nothing here knows
of handles, records or restarts: an instance that ended is told by `Ended`, and is not used again.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import threading
import time
import weakref
from collections import OrderedDict
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import component as wit

from .codec import ResultOf, Type
from .errors import Frame, InstanceAbortedError, LoadError, Location, OutOfMemoryError, RecoverError, StackOverflowError, TimeoutError

_Val = ffi.wasmtime_component_val_t
# Without the functions of Python around them, which cost a call as much as the rest of the guard.
_call = ffi.dll.wasmtime_component_func_call
_delete = ffi.dll.wasmtime_component_val_delete
_byref = ctypes.byref
_KEPT = 8
"""How many compiled programs are kept, for those that load the same file again."""
_compiled: "OrderedDict[Tuple[bytes, int, bool], bytearray]" = OrderedDict()
_compiling = threading.Lock()


class Ended(Exception):
    """The instance ended. `error` is what the caller gets."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def read(source: Union[str, bytes, "os.PathLike[str]"]) -> Tuple[bytes, str]:
    """The bytes of a component, and what messages call it."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), "this component"
    else:
        name = os.fspath(source)
        try:
            with open(name, "rb") as file:
                data = file.read()
        except OSError as error:
            raise LoadError(f"{name} can't be read: {error.strerror or error}") from error
    if data[:4] != b"\0asm":
        raise LoadError(f"{name} is no WebAssembly; give the .wasm that `cargo recover build --target component` made")
    if data[4:8] == b"\x01\0\0\0":
        raise LoadError(f"{name} is a core module, not a component; `cargo recover build --target component` makes one of a crate")
    return data, name


def build_id(data: bytes) -> Optional[str]:
    """The build id in the custom section of that name, in hexadecimal."""
    at = 8
    try:
        while at < len(data):
            kind, at = data[at], at + 1
            size, at = _leb(data, at)
            if kind == 0:
                length, inner = _leb(data, at)
                if data[inner:inner + length] == b"build_id":
                    found = data[inner + length:at + size]
                    # A linker writes its length before it.
                    return (found[1:] if len(found) == 21 else found).hex()
            at += size
    except IndexError:
        pass
    return None


def _leb(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


LISTENING: "weakref.WeakSet[Heard]" = weakref.WeakSet()
"""Those whose stores wasmtime may still have."""


class Heard:
    """What a component writes to its standard error during a call: where it panics without a guard, that says why.

    It knows of nothing else, because wasmtime keeps it as long as a store. A thread of wasmtime's lets go of it,
    some time after that; if the interpreter has ended by then, the process aborts. So stores end before that, and
    are waited for.
    """

    most = 8192

    def __init__(self) -> None:
        self.data = bytearray()
        self.there: List["weakref.ref[Any]"] = []

    def wasi(self) -> wasmtime.WasiConfig:
        """A configuration of WASI that allows nothing else."""
        def hear(data: bytes) -> int:
            if len(self.data) < self.most:
                self.data.extend(data[:self.most - len(self.data)])
            return len(data)

        config = wasmtime.WasiConfig()
        config.stderr_custom = hear
        self.there = [one for one in self.there if one() is not None]
        self.there.append(weakref.ref(hear))
        LISTENING.add(self)
        return config

    def wait(self) -> None:
        """Waits until wasmtime has let go of what hears, at most two seconds."""
        until = time.monotonic() + 2
        while any(one() is not None for one in self.there) and time.monotonic() < until:
            time.sleep(0.001)

    def taken(self) -> str:
        """What there was."""
        text = self.data.decode("utf-8", "replace")
        self.data.clear()
        return text.strip()


class Program:
    """A compiled component, with an engine of its own: what stops a call would stop all of an engine."""

    def __init__(self, data: bytes, name: str, stack: Optional[int], cache: bool) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = True
        if stack is not None:
            config.max_wasm_stack = stack
        if cache:
            config.cache = True
        self.engine = wasmtime.Engine(config)
        self.name = name
        key = (hashlib.sha256(data).digest(), stack or 0, cache)
        with _compiling:
            kept = _compiled.get(key)
            try:
                if kept is None:
                    self.component = wit.Component(self.engine, data)
                    kept = self.component.serialize()
                else:
                    self.component = wit.Component.deserialize(self.engine, kept)
            except wasmtime.WasmtimeError as error:
                raise LoadError(f"{name} is no component that wasmtime can run: {_first(error)}") from error
            _compiled[key] = kept
            _compiled.move_to_end(key)
            while len(_compiled) > _KEPT:
                _compiled.popitem(last=False)
        self.linker = wit.Linker(self.engine)
        self.linker.add_wasip2()
        self.http = any(one.startswith("wasi:http/") for one in self.component.type.imports(self.engine))
        if self.http:
            self.linker.add_wasi_http()
        self.thrown: Optional[BaseException] = None
        """What a function of Python raised that the component imports, until the call has left."""
        self.heard = Heard()
        self.called = False
        """Whether the call that is under way, or the last one, called such a function."""
        self.sent: List[Tuple[Dict[str, Any], BaseException]] = []
        """What that call told the component of: each failure, with the exception that it was."""
        self.kept: List[Any] = []
        """What C has pointers to."""


def _first(error: wasmtime.WasmtimeError) -> str:
    """The cause at the root of an error of wasmtime, in one line."""
    lines = [one.strip() for one in str(error).splitlines() if one.strip()]
    return re.sub(r"^\d+: ", "", lines[-1]) if lines else "no reason given"


def _nothing(_: Any) -> None:
    return None


class Function:
    """A function that a component exports."""

    def __init__(self, name: str, index: Any, params: List[Tuple[str, Type]], result: Optional[Type], typed: bool) -> None:
        self.name, self.index, self.result, self.typed = name, index, result, typed
        self.fallible = isinstance(result, ResultOf)
        self.constructs = False
        self.params = [one for _, one in params]
        self.names = [one for one, _ in params]
        self.count = len(params)
        self.lift: Callable[[Any], Any] = result.taken if isinstance(result, ResultOf) else result.lift if result is not None else _nothing
        self.indices = range(len(params))
        self.slots = _Val * len(params)
        self.allocating = [index for index, one in enumerate(self.params) if one.allocates]
        self.returns = 0 if result is None else 1
        self.plain = all(one.plain for one in self.params[1:])
        """Whether the arguments behind the first can be kept as they are."""
        holding = [one for one in self.params if one.holds()]
        self.handles = bool(holding)
        """Whether it takes objects."""
        returned = result is not None and result.holds()
        self.lone = self.handles and not returned and holding == self.params[:1] and self.params[0].wit.startswith("borrow<")
        """Whether it takes one object, whose method it is, and makes none."""


class Instance:
    """An instance, in a store of its own. After `Ended` it may only be closed."""

    def __init__(self, program: Program, wasi: Callable[[], wasmtime.WasiConfig], memory: Optional[int], watch: "Watch") -> None:
        self.store = wasmtime.Store(program.engine)
        self.watch = watch
        self.functions: Dict[Function, Any] = {}
        self.program = program
        self.entered = False
        """Whether the last call got as far as the component."""
        self.store.set_wasi(wasi())
        if program.http:
            self.store.set_wasi_http()
        if memory is not None:
            self.store.set_limits(memory_size=memory)
        self.context = self.store._context()
        watch.renew(self)
        watch.begin(self)
        try:
            self.instance = program.linker.instantiate(self.store, program.component)
        except wasmtime.WasmtimeError as error:
            self.store.close()
            told = self.reason(error, "its start")
            if type(told) is InstanceAbortedError and not _TRAP.search(str(error)) and not isinstance(error, wasmtime.ExitTrap):
                # It was not run at all.
                raise LoadError(f"{program.name} can't be started: {str(error).splitlines()[0]}") from error
            raise Ended(told) from error
        finally:
            watch.end(self)

    def call(self, function: Function, arguments: Sequence[Any]) -> Any:
        """Calls a function. The answer is what WIT says that it returns; of a result, whether it is good, and what it holds."""
        raw = self.functions.get(function)
        if raw is None:
            found = self.instance.get_func(self.store, function.index)
            assert found is not None
            raw = self.functions[function] = ctypes.byref(found._func)
        heard = self.program.heard
        if heard.data:
            heard.data.clear()
        count, params, result = function.count, function.params, function.result
        slots = function.slots()
        self.entered = False
        try:
            for index in function.indices:
                params[index].lower(arguments[index], slots[index], function.names[index])
            room: Any = None if result is None else _Val()
            into = _byref(room) if room is not None else None
            watch = self.watch
            if watch.limit is None:
                # `Ctrl-C` does not come between these two: what a call would consume that was not made is still there.
                self.entered = True
                failed = _call(raw, self.context, slots, count, into, function.returns)
            else:
                watch.begin(self)
                self.entered = True
                failed = _call(raw, self.context, slots, count, into, function.returns)
                watch.end(self)
            if failed:
                error = wasmtime.WasmtimeError._from_ptr(failed)
                raise Ended(self.reason(error, function.name)) from error
            if result is None:
                return None
            try:
                return function.lift(room)
            finally:
                if result.allocates:
                    _delete(_byref(room))
        finally:
            for index in function.allocating:
                _delete(_byref(slots[index]))

    def drop(self, resource: wit.ResourceAny, name: str) -> None:
        """Runs the destructor of a resource."""
        self.watch.begin(self)
        try:
            failed = ffi.wasmtime_component_resource_any_drop(self.context, resource.ptr())
        finally:
            self.watch.end(self)
        if failed:
            error = wasmtime.WasmtimeError._from_ptr(failed)
            raise Ended(self.reason(error, f"the destructor of {name}")) from error

    def reason(self, error: wasmtime.WasmtimeError, name: str) -> BaseException:
        """The error of the caller whose call ended the instance."""
        thrown, self.program.thrown = self.program.thrown, None
        told = ended(error, name, self.watch.limit, self.program.heard.taken())
        if thrown is None:
            return told
        # It is raised as itself. What it says of its own cause stays.
        if thrown.__cause__ is None:
            thrown.__cause__ = told
        return thrown

    def close(self) -> None:
        """Lets go of the memory."""
        self.functions.clear()
        self.store.close()


_FRAME = re.compile(r"^\s*\d+:\s+(0x[0-9a-f]+) - (?:(\S+?)!)?(.+)$")
_AT = re.compile(r"^\s+at (.+):(\d+):(\d+)$")
_HASH = re.compile(r"\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$")
_FAULT = re.compile(r"memory fault at wasm address (0x[0-9a-f]+)")
_TRAP = re.compile(r"wasm trap: (.+)")
_BELOW_ZERO = 0xFFF0_0000
"""What is above is below address zero: the last mebibyte."""
_MOST = 20
"""How many frames wasmtime tells."""
_ALLOCATING = ("!cabi_realloc", "_alloc_error_handler", "handle_alloc_error", "rust_oom")
"""What a trap comes through that is for want of memory."""


_PANIC = re.compile(r"^thread .*?panicked at (.+):(\d+):(\d+):\n(.*)", re.M)
_PANICKING = ("panicking::", "rust_panic", "abort_internal", "rust_begin_unwind")
"""What a trap comes through that follows a panic."""


def ended(error: wasmtime.WasmtimeError, name: str, timeout: Optional[float], output: str = "") -> RecoverError:
    """What the engine says of an end, as an error."""
    text = str(error)
    frames = trace(text)
    found = _TRAP.search(text)
    why = found.group(1) if found else _first(error)
    told: Dict[str, Any] = {"frames": frames, "location": next((one.location for one in frames if one.location), None), "fatal": True}
    fault = _FAULT.search(text)
    if why == "interrupt":
        failure: RecoverError = TimeoutError(f"{name} took longer than {timeout} s and was stopped", **told)
    elif why == "call stack exhausted" or below(why, fault and int(fault.group(1), 16), frames):
        failure = StackOverflowError(f"the stack ran out in {name}", **told)
    elif "exceeds memory limits" in text or "memory minimum size" in text:
        failure = OutOfMemoryError(f"the component needs more memory than the limit allows: {why}", **told)
    elif found and any(word in text for word in _ALLOCATING):
        failure = OutOfMemoryError(f"memory ran out in {name}", **told)
    elif isinstance(error, wasmtime.ExitTrap):
        failure = InstanceAbortedError(f"the component left by exit({error.code}) in {name}", **told)
    else:
        panic = _PANIC.search(output) if output and any(word in text for word in _PANICKING) else None
        if panic is not None:
            file, line, column, message = panic.groups()
            why = f"a panic that nothing caught: {message}"
            told["location"] = Location(file, int(line), int(column))
        failure = InstanceAbortedError(f"the instance ended in {name}: {why}", **told)
    failure.output = output
    failure.__cause__ = error
    return failure


def below(why: str, fault: Optional[int], frames: Tuple[Frame, ...]) -> bool:
    """Whether a frame was laid below the stack that Rust keeps in memory.

    Rust puts that stack first, so such a frame has an address that wraps. Where wasmtime does not tell the
    address (of `memory.fill`), the trace tells it: it is as long as wasmtime makes one, of few functions.
    """
    if fault is not None:
        return fault >= _BELOW_ZERO
    return why == "out of bounds memory access" and len(frames) >= _MOST and len({one.function for one in frames}) <= _MOST // 4


def trace(text: str) -> Tuple[Frame, ...]:
    """The frames in an error of wasmtime, whose names it has demangled."""
    frames: List[Frame] = []
    for line in text.splitlines():
        found = _FRAME.match(line)
        if found:
            offset, module, function = found.groups()
            frames.append(Frame(_HASH.sub("", function), None, module, int(offset, 16)))
            continue
        at = _AT.match(line)
        if at and frames and frames[-1].location is None:
            frames[-1] = frames[-1]._replace(location=Location(at.group(1), int(at.group(2)), int(at.group(3))))
    return tuple(frames)


class Watch:
    """Stops calls that take too long, by one thread that sleeps while none is under way."""

    def __init__(self, engine: wasmtime.Engine, limit: Optional[float]) -> None:
        self.engine, self.limit = engine, limit
        self.until = 0.0
        self.running: Optional[Instance] = None
        self.serial = 0
        self.ticked = False
        self.parked = threading.Event()
        self.sleeping = False
        self.closed = False
        self.lock = threading.Lock()
        self.thread: Optional[threading.Thread] = None

    def renew(self, instance: Instance) -> None:
        """The next tick stops what runs in the instance, no earlier one."""
        instance.store.set_epoch_deadline(1)
        self.ticked = False

    def begin(self, instance: Instance) -> None:
        """A call begins."""
        limit = self.limit
        if limit is None:
            return
        if self.ticked:
            self.renew(instance)
        self.until = time.monotonic() + limit
        self.serial += 1
        self.running = instance
        if self.thread is None:
            self.thread = threading.Thread(target=self.watch, name="recover-host", daemon=True)
            self.thread.start()
        elif self.sleeping:
            self.parked.set()

    def end(self, instance: Instance) -> None:
        """The call has left."""
        if self.limit is not None:
            with self.lock:
                self.running = None

    def watch(self) -> None:
        """What the thread does."""
        while not self.closed:
            self.parked.clear()
            self.sleeping = True
            if self.running is None:
                self.parked.wait()
            self.sleeping = False
            while self.running is not None and not self.closed:
                serial, rest = self.serial, self.until - time.monotonic()
                if rest > 0:
                    self.parked.wait(rest)
                    self.parked.clear()
                    continue
                with self.lock:
                    if self.running is not None and self.serial == serial and self.until <= time.monotonic():
                        self.ticked = True
                        self.engine.increment_epoch()
                        self.running = None

    def close(self) -> None:
        """Ends the thread."""
        self.closed = True
        self.parked.set()


def put_resource(slot: Any, resource: Optional[wit.ResourceAny]) -> None:
    """Writes a resource into a slot. The resource stays usable: what is given away is known by whoever calls."""
    assert resource is not None
    slot.of.resource = ffi.wasmtime_component_resource_any_clone(resource.ptr())
    slot.kind = 21


def taken_resource(slot: Any) -> wit.ResourceAny:
    """A copy of the resource in a slot."""
    return wit.ResourceAny._from_ptr(ffi.wasmtime_component_resource_any_clone(slot.of.resource))
