"""What a component imports, given by functions of Python.

An exception of such a function reaches the component as a typed error where its WIT has one. Where it has
none, the call is cut: the caller gets the very exception, and the instance ends. WASI is wasmtime's.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable, List, Mapping, Optional

from wasmtime import _ffi as ffi
from wasmtime import component as wit

from .bind import Binding, is_failure
from .codec import ResultOf, Type
from .errors import ComponentError, LoadError, told
from .supervisor import Supervisor
from .values import Err, Ok, python_name


def provide(supervisor: Supervisor, binding: Binding, given: Mapping[str, Any]) -> None:
    """Puts the functions into the linker. What is missing is named."""
    left = set(given)
    with supervisor.program.linker.root() as root:
        for name, item in binding.imports.items():
            known = item.ty
            if name.startswith("wasi:"):
                continue
            if isinstance(known, wit.FuncType):
                value = _given(given, left, [name, python_name(name)])
                if value is None:
                    raise _missing(supervisor, name, f"imports={{{name!r}: a function}}")
                _put(supervisor, binding, root, name, name, known, value)
                continue
            if not isinstance(known, wit.ComponentInstanceType):
                raise LoadError(f"{supervisor.name} imports {name}, which is neither an interface nor a function")
            items = {inner: one.ty for inner, one in known.exports(binding.engine).items()}
            functions = {inner: one for inner, one in items.items() if isinstance(one, wit.FuncType)}
            if any(isinstance(one, wit.ResourceType) for one in items.values()):
                raise LoadError(f"{supervisor.name} imports {name}, whose resources no program of Python can give")
            bare = name.split("@")[0]
            value = _given(given, left, [name, bare, bare.split("/")[-1], python_name(bare.split("/")[-1])])
            if not functions:
                continue
            with root.add_instance(name) as place:
                for inner, one in functions.items():
                    function = _member(value, inner)
                    if function is None:
                        raise _missing(supervisor, f"{inner} of {name}", f"imports={{{name!r}: {{{inner!r}: a function}}}}")
                    _put(supervisor, binding, place, inner, f"{name}#{inner}", one, function)
    if left:
        raise LoadError(f"{supervisor.name} imports no {sorted(left)[0]}; it imports {', '.join(binding.imports) or 'nothing'}")


def _given(given: Mapping[str, Any], left: Any, names: List[str]) -> Any:
    for name in names:
        if name in given:
            left.discard(name)
            return given[name]
    return None


def _member(value: Any, name: str) -> Optional[Callable[..., Any]]:
    found: Optional[Callable[..., Any]]
    if isinstance(value, Mapping):
        found = value.get(name, value.get(python_name(name)))
    else:
        found = getattr(value, python_name(name), None)
    return found


def _missing(supervisor: Supervisor, what: str, how: str) -> LoadError:
    return LoadError(f"{supervisor.name} imports {what}; give it to load(): {how}")


def _put(
    supervisor: Supervisor, binding: Binding, place: Any, name: str, called: str, known: wit.FuncType, function: Any,
) -> None:
    if not callable(function):
        raise LoadError(f"{called} is imported as a function, and {type(function).__name__} is none")
    params = [binding.types.of(one) for _, one in known.params]
    result = binding.types.optional(known.result)
    callback = ffi.wasmtime_component_func_callback_t(_callback(supervisor, called, params, result, function))
    supervisor.program.kept.append(callback)
    encoded = name.encode()
    nothing = ctypes.cast(0, ctypes.CFUNCTYPE(None, ctypes.c_void_p))
    failed = ffi.wasmtime_component_linker_instance_add_func(
        place.ptr(), ctypes.create_string_buffer(encoded), len(encoded), callback, None, nothing,
    )
    if failed:
        ffi.wasmtime_error_delete(failed)
        raise LoadError(f"{called} can't be given to {supervisor.name}")


def _callback(supervisor: Supervisor, name: str, params: List[Type], result: Optional[Type], function: Any) -> Callable[..., int]:
    program = supervisor.program

    def answer(arguments: List[Any]) -> Any:
        if not isinstance(result, ResultOf):
            return function(*arguments)
        try:
            value = function(*arguments)
        except ComponentError as error:
            if result.err is None or is_failure(result.err):
                raise
            return Err(error.value)
        except Exception as error:
            if not is_failure(result.err):
                raise
            failure = told(error, supervisor.build)
            program.sent.append((failure, error))
            return Err(failure)
        return value if isinstance(value, (Ok, Err)) else Ok(value)

    def callback(_data: Any, _context: Any, _type: Any, slots: Any, count: int, results: Any, _room: int) -> int:
        try:
            program.called = True
            value = answer([one.lift(slots[index]) for index, one in enumerate(params)])
            if result is not None:
                result.lower(value, results[0], f"the result of {name}")
            elif value is not None:
                raise TypeError(f"{name} returns nothing, and its function returned {type(value).__name__}")
            return 0
        except BaseException as error:
            # C can't carry it: the supervisor raises it when the call has left.
            program.thrown = error
            return int(ctypes.cast(ffi.wasmtime_error_new(b"a function of Python raised an exception"), ctypes.c_void_p).value or 0)

    return callback
