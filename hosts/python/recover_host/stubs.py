"""Type stubs of a component, for editors and type checkers: what `load` gives, as a class with types.

The names come from `bind.py`, so that a stub says what is there. Nothing here starts a component.
"""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, Optional, Tuple

import wasmtime

from .bind import Binding
from .codec import EnumOf, ListOf, OptionOf, Record, ResultOf, TupleOf, Type
from .component import Source
from .engine import Function, Program, read
from .options import LOOP, Journal, Limits
from .records import Handle
from .supervisor import Supervisor
from .values import class_name

_HEAD = '''"""Types of {name}. Written by `python -m recover_host stubs`; do not edit.

    from typing import TYPE_CHECKING, cast
    if TYPE_CHECKING:
        from {module} import App
    app = cast("App", recover_host.load(…))
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, List, Optional, Set, Tuple, Union

from recover_host import Component, Err, Ok, Resource, Some, Variant
'''


def stubs(source: Source, module: str) -> str:
    """The text of a stub."""
    data, name = read(source)
    binding = Binding(Supervisor(Program(data, name, None, False), wasmtime.WasiConfig, Limits(), LOOP, Journal()))
    binding.bind()
    writer = _Writer(binding)
    lines = [_HEAD.format(name=name.replace("\\", "/").rsplit("/", 1)[-1], module=module)]
    for one in writer.outside:
        lines.extend(writer.shape(one))
    for full, interface in binding.interfaces.items():
        lines.extend(writer.interface(full, interface))
    lines.append("\nclass App(Component):")
    members = [f"    {interface.__name__}: {writer.interfaces[full]}" for full, interface in binding.interfaces.items()]
    for called, function in binding.functions.items():
        members.extend(writer.method(called, function.wit, static=True))  # type: ignore[attr-defined]
    return "\n".join([*lines, *(members or ["    pass"])]) + "\n"


class _Writer:
    """Writes the classes: those of an interface in its own, the others beside."""

    def __init__(self, binding: Binding) -> None:
        taken = {"App"}
        self.interfaces = {full: _free(class_name(one.__name__.replace("_", "-")), taken) for full, one in binding.interfaces.items()}
        self.names: Dict[Any, str] = {}
        """What annotations call a type."""
        shapes = [*(one for _, one in binding.types.named), *(kind.made for _, kind in binding.kinds)]
        for full, interface in binding.interfaces.items():
            for called, member in vars(interface).items():
                for one in shapes:
                    if member is one or member is getattr(one, "made", self):
                        self.names.setdefault(one, f"{self.interfaces[full]}.{called}")
        self.outside = [one for one in shapes if one not in self.names]
        for one in self.outside:
            self.names[one] = _free(one.__name__ if inspect.isclass(one) else class_name(one.wit), taken)

    def annotation(self, one: Optional[Type], taking: bool) -> str:
        """A type of Python; what is taken may be wider than what is given."""
        if one is None:
            return "None"
        if isinstance(one, Handle):
            return self.names[one.kind.made]
        if isinstance(one, EnumOf):
            return f"Union[{self.names[one]}, str]" if taking else self.names[one]
        if isinstance(one, Record):
            return self.names[one]
        if isinstance(one, ListOf):
            return f"List[{self.annotation(one.element, taking)}]"
        if isinstance(one, TupleOf):
            return f"Tuple[{', '.join(self.annotation(inner, taking) for inner in one.elements)}]"
        if isinstance(one, OptionOf):
            return "Optional[Some]" if one.nested else f"Optional[{self.annotation(one.one, taking)}]"
        return one.python

    def shape(self, one: Any) -> List[str]:
        """A class."""
        name = self.names[one].split(".")[-1]
        if inspect.isclass(one):
            lines = [f"\nclass {name}(Resource):"]
            for called, member in vars(one).items():
                static = isinstance(member, staticmethod)
                function = getattr(member.__func__ if static else member, "wit", None)
                if isinstance(function, Function):
                    lines.extend(self.method(called, function, static))
            return lines if len(lines) > 1 else [*lines, "    pass"]
        if isinstance(one, Record):
            members = [f"    {attribute}: {self.annotation(inner, True)}" for _, attribute, inner in one.members]
            return ["\n@dataclass", f"class {name}:", *(members or ["    pass"])]
        if isinstance(one, EnumOf):
            return [f"\nclass {name}(str, enum.Enum):", *[f"    {member.name} = {member.value!r}" for member in one.made]]
        return []

    def method(self, called: str, function: Function, static: bool) -> List[str]:
        """A function, a method or a constructor."""
        start = 0 if static or called == "__init__" else 1
        params = [f"{name}: {self.annotation(one, True)}" for name, one in list(zip(function.names, function.params))[start:]]
        result = function.result
        shown = "None" if called == "__init__" else self.annotation(result.ok if isinstance(result, ResultOf) else result, False)
        head = ["    @staticmethod"] if static else []
        return [*head, f"    def {called}({', '.join(params if static else ['self', *params])}) -> {shown}: ..."]

    def interface(self, full: str, interface: Any) -> List[str]:
        """An interface, with its types and functions."""
        own = self.interfaces[full]
        lines = [f"\nclass {own}:", f'    """{full}"""']
        for one, name in self.names.items():
            if name.startswith(f"{own}."):
                lines.extend("    " + line if line.strip() else line for text in self.shape(one) for line in text.split("\n"))
        for called, one in vars(interface).items():
            if isinstance(getattr(one, "wit", None), Function):
                lines.extend(self.method(called, one.wit, static=True))
        return lines


def _free(name: str, taken: "set[str]") -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def entry(arguments: List[str]) -> Tuple[int, str]:
    """What `python -m recover_host` does: its status and what it says."""
    if len(arguments) not in (2, 3) or arguments[0] != "stubs":
        return 2, "usage: python -m recover_host stubs COMPONENT.wasm [STUB.pyi]"
    target = arguments[2] if len(arguments) == 3 else None
    stem = (target or arguments[1]).replace("\\", "/").rsplit("/", 1)[-1].split(".")[0].replace("-", "_")
    text = stubs(arguments[1], stem)
    if target is None:
        return 0, text.rstrip("\n")
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    return 0, f"wrote {target}"
