"""What a component exports, as modules, functions and classes of Python.

The names and types are read once, and functions with their own parameters are made of them, so that
`help()`, tracebacks and wrong arguments look as in any other code of Python. Nothing here calls a
component: that is the supervisor's.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from wasmtime import component as wit

from .codec import EnumOf, Record, ResultOf, Type, Types
from .engine import Function
from .records import Handle, Kind, Resource
from .supervisor import Supervisor
from .values import class_name, python_name

FAILURE = {"kind", "class", "code", "message", "language", "location", "retryable", "fatal", "build", "fields", "frames", "causes"}
"""The fields of a `failure`, by which the type is known whatever the interface is that uses it."""


def is_failure(one: Optional[Type]) -> bool:
    """Whether a type is the `failure` of `recover:error`."""
    return isinstance(one, Record) and {member for member, _, _ in one.members} == FAILURE


class Interface:
    """An interface that a component exports: its functions, classes and types."""

    def __init__(self, name: str, of: str) -> None:
        self.__name__ = name
        self.__of = of

    def __getattr__(self, name: str) -> Any:
        there = ", ".join(one for one in vars(self) if not one.startswith("_"))
        raise AttributeError(f"{self.__name__} of {self.__of} has no {name}; it has {there or 'nothing'}")

    def __dir__(self) -> Iterator[str]:
        return iter(sorted(one for one in vars(self) if not one.startswith("_Interface")))

    def __repr__(self) -> str:
        return f"<interface {self.__name__} of {self.__of}>"


class Binding:
    """Makes what a program sees of a component."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.kinds: List[Tuple[wit.ResourceType, Kind]] = []
        self.types = Types(self.handle)
        self.interfaces: Dict[str, Interface] = {}
        self.functions: Dict[str, Callable[..., Any]] = {}
        program = supervisor.program
        self.engine, self.component = program.engine, program.component
        known = self.component.type
        self.imports = known.imports(self.engine)
        self.exports = known.exports(self.engine)

    def handle(self, known: wit.ResourceType, given: bool) -> Type:
        """What stands for a resource in a value."""
        for other, kind in self.kinds:
            if other == known:
                return Handle(kind, given)
        kind = self.kind(known, "resource")
        return Handle(kind, given)

    def kind(self, known: wit.ResourceType, name: str) -> Kind:
        kind = Kind(name, self.supervisor)
        kind.made = type(class_name(name), (Resource,), {"__slots__": (), "_kind": kind, "__init__": _no_constructor})
        self.kinds.append((known, kind))
        return kind

    def bind(self) -> None:
        """Reads the exports."""
        for name, one in self.imports.items():
            known = one.ty
            if isinstance(known, wit.ComponentInstanceType) and not name.startswith("wasi:"):
                self.learn({inner: item.ty for inner, item in known.exports(self.engine).items()})
        for name, one in self.exports.items():
            known = one.ty
            if isinstance(known, wit.ComponentInstanceType):
                self.interface(name, {inner: item.ty for inner, item in known.exports(self.engine).items()})
            elif isinstance(known, wit.FuncType):
                index = self.component.get_export_index(name)
                function = self.function(python_name(name), index, known)
                self.functions[python_name(name)] = self.wrapped(function, python_name(name))

    def learn(self, items: Dict[str, Any]) -> None:
        """Learns the names of types."""
        for name, known in items.items():
            if isinstance(known, (wit.RecordType, wit.EnumType, wit.VariantType, wit.FlagsType)):
                self.types.name(known, name)

    def interface(self, name: str, items: Dict[str, Any]) -> None:
        """Binds an interface."""
        short = python_name(name.split("/")[-1].split("@")[0])
        bound = Interface(short, self.supervisor.name)
        place = vars(bound)
        for inner, known in items.items():
            if isinstance(known, wit.ResourceType) and not any(other == known for other, _ in self.kinds):
                self.kind(known, inner)
            if isinstance(known, wit.ResourceType):
                kind = next(kind for other, kind in self.kinds if other == known)
                kind.made.__module__, kind.made.__qualname__ = short, class_name(inner)
                place[class_name(inner)] = kind.made
        self.learn(items)
        for inner, known in items.items():
            if isinstance(known, (wit.RecordType, wit.EnumType, wit.VariantType, wit.FlagsType)):
                one = self.types.name(known, inner)
                if isinstance(one, (Record, EnumOf)):
                    one.made.__module__ = short
                    place[class_name(inner)] = one.made
        owner = self.component.get_export_index(name)
        for inner, known in items.items():
            if isinstance(known, wit.FuncType):
                self.member(bound, short, inner, self.component.get_export_index(inner, owner), known)
        self.interfaces[name] = bound

    def member(self, bound: Interface, short: str, name: str, index: Any, known: wit.FuncType) -> None:
        """Binds a function of an interface, or of a resource in it."""
        if not name.startswith("["):
            function = self.function(f"{short}.{python_name(name)}", index, known)
            vars(bound)[python_name(name)] = self.wrapped(function, python_name(name))
            return
        what, rest = name[1:].split("]")
        resource, _, method = rest.partition(".")
        made = vars(bound)[class_name(resource)]
        kind: Kind = made._kind
        called = f"{short}.{made.__name__}" + (f".{python_name(method)}" if method else "")
        function = self.function(called, index, known)
        if what == "constructor":
            function.constructs = True
            made.__init__ = self.constructor(function)
            return
        own = [isinstance(one, Handle) and one.kind is kind for one in function.params]
        if method == "save" and what == "method" and own == [True] and isinstance(function.result, ResultOf):
            kind.save = function if function.result.ok is not None and function.result.ok.wit == "list<u8>" else None
        if method == "restore" and what == "static" and [one.wit for one in function.params] == ["list<u8>"]:
            result = function.result.ok if isinstance(function.result, ResultOf) else function.result
            kind.restore = function if isinstance(result, Handle) and result.given and result.kind is kind else None
        wrapped = self.wrapped(function, python_name(method), what == "method")
        setattr(made, python_name(method), wrapped if what == "method" else staticmethod(wrapped))

    def function(self, name: str, index: Any, known: wit.FuncType) -> Function:
        """Reads a function."""
        params = [(python_name(param), self.types.of(one)) for param, one in known.params]
        result = self.types.optional(known.result)
        return Function(name, index, params, result, is_failure(result.err) if isinstance(result, ResultOf) else False)

    def wrapped(self, function: Function, name: str, method: bool = False) -> Callable[..., Any]:
        """The function of Python."""
        names = ["self", *function.names[1:]] if method else function.names
        made = _function(f"def {name}({', '.join(names)}):\n    return _call(_function, ({''.join(one + ', ' for one in names)}))", {
            "_call": self.supervisor.call, "_function": function,
        }, name)
        return _described(made, function, names, method)

    def constructor(self, function: Function) -> Callable[..., Any]:
        """An `__init__`."""
        names = ["self", *function.names]
        body = f"    made = _call(_function, ({''.join(one + ', ' for one in function.names)}))\n    self._cell, made._cell = made._cell, None"
        made = _function(f"def __init__({', '.join(names)}):\n    self._cell = None\n{body}", {
            "_call": self.supervisor.call, "_function": function,
        }, "__init__")
        return _described(made, function, names, True)


def _function(source: str, scope: Dict[str, Any], name: str) -> Any:
    # The names are of WIT: letters, digits and hyphens.
    exec(compile(source, f"<{name} of a component>", "exec"), scope)
    return scope[name]


def _described(made: Any, function: Function, names: List[str], method: bool) -> Callable[..., Any]:
    result = function.result
    shown = result.ok if isinstance(result, ResultOf) else result
    made.__qualname__ = function.name
    made.__doc__ = f"{function.name}({', '.join(f'{name}: {one.wit}' for name, one in zip(function.names, function.params))})" + (
        f" -> {result.wit}" if result is not None else "")
    kept = function.params[1:] if method and len(names) == len(function.names) else function.params
    made.__annotations__ = {name: one.python for name, one in zip(names[len(names) - len(kept):], kept)}
    if names[:1] != ["self"] or made.__name__ != "__init__":
        made.__annotations__["return"] = "None" if shown is None else shown.python
    made.wit = function
    described: Callable[..., Any] = made
    return described


def _no_constructor(self: Any, *_: Any, **__: Any) -> None:
    self._cell = None
    raise TypeError(f"{type(self).__name__} has no constructor; another function of the component returns one")
