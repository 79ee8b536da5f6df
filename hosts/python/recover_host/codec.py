"""Values of the Component Model as values of Python, both ways.

A type is read once, when a component is loaded: wasmtime's own conversions read it again at every
call, take numbers modulo their width, and copy bytes one by one. Nothing here calls a component or
knows what an error is. This file, `engine.py` and `imports.py` are the only ones that use what wasmtime
does not document, which is why the package asks for one major version of it.
"""

from __future__ import annotations

import ctypes
import enum
import operator
from dataclasses import make_dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from wasmtime import _ffi as ffi
from wasmtime import component as wit

from .values import Err, Ok, Some, Variant, class_name, python_name

Slot = Any
"""A `wasmtime_component_val_t`."""

_SIZE = ctypes.sizeof(ffi.wasmtime_component_val_t)
_OF = ffi.wasmtime_component_val_t.of.offset


class Type:
    """A type: how its values cross."""

    wit = "?"
    """Its name in WIT."""
    python = "Any"
    """Its annotation in Python."""
    plain = True
    """Whether a value can't change later and holds no resource."""

    allocates = True
    """Whether a slot with a value has to be deleted."""

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        """Writes a value into an empty slot. `at` says whose value it is."""
        raise NotImplementedError

    def lift(self, slot: Slot) -> Any:
        """The value in a slot, which stays as it is."""
        raise NotImplementedError

    def freeze(self, value: Any) -> Any:
        """A copy of an accepted value that nobody else can change."""
        return value

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        """The handles in a value, each with whether it is given away."""

    def inner(self) -> Sequence[Optional["Type"]]:
        """The types that it is made of."""
        return ()

    def holds(self) -> bool:
        """Whether a value may hold a handle."""
        return any(one is not None and one.holds() for one in self.inner())

    def refuse(self, value: Any, at: str) -> TypeError:
        """The error of a value of another type."""
        return TypeError(f"{at} takes {self.wit}, and got {type(value).__name__}")


def _text(vec: Any) -> str:
    return ctypes.string_at(vec.data, vec.size).decode() if vec.size else ""


def _put_text(vec: Any, text: str, at: str) -> None:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{at} has half of a surrogate pair, which no string of a component can hold") from None
    ffi.wasm_byte_vec_new_uninitialized(ctypes.byref(vec), len(encoded))
    ctypes.memmove(vec.data, encoded, len(encoded))


class Bool(Type):
    wit, python = "bool", "bool"
    allocates = False

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if value is not True and value is not False:
            raise self.refuse(value, at)
        slot.kind = 0
        slot.of.boolean = value

    def lift(self, slot: Slot) -> bool:
        return bool(slot.of.boolean)


class Integer(Type):
    python = "int"
    allocates = False

    def __init__(self, name: str, kind: int, signed: bool, bits: int) -> None:
        self.wit, self.kind, self.bits = name, kind, bits
        self.low = -(1 << bits - 1) if signed else 0
        self.high = (1 << bits - signed) - 1

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if type(value) is not int:
            value = self.index(value, at)
        if not self.low <= value <= self.high:
            raise ValueError(f"{at} takes {self.wit}, and {value} is not within {self.low} … {self.high}")
        slot.kind = self.kind
        setattr(slot.of, self.wit, value)

    def index(self, value: Any, at: str) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise self.refuse(value, at)
        return operator.index(value)

    def lift(self, slot: Slot) -> int:
        number: int = getattr(slot.of, self.wit)
        return number

    def freeze(self, value: Any) -> int:
        return operator.index(value)


class Float(Type):
    python = "float"
    allocates = False

    def __init__(self, name: str, kind: int) -> None:
        self.wit, self.kind = name, kind

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
            raise self.refuse(value, at)
        slot.kind = self.kind
        setattr(slot.of, self.wit, float(value))

    def lift(self, slot: Slot) -> float:
        number: float = getattr(slot.of, self.wit)
        return number

    def freeze(self, value: Any) -> float:
        return float(value)


class Char(Type):
    wit, python = "char", "str"
    allocates = False

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, str):
            raise self.refuse(value, at)
        if len(value) != 1 or 0xD800 <= ord(value) < 0xE000:
            raise ValueError(f"{at} takes one character, and got {value!r}")
        slot.kind = 11
        slot.of.character = ord(value)

    def lift(self, slot: Slot) -> str:
        return chr(slot.of.character)


class String(Type):
    wit, python = "string", "str"

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, str):
            raise self.refuse(value, at)
        _put_text(slot.of.string, value, at)
        slot.kind = 12

    def lift(self, slot: Slot) -> str:
        return _text(slot.of.string)


class Bytes(Type):
    """A `list<u8>`."""

    wit, python = "list<u8>", "bytes"
    plain = False

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise self.refuse(value, at)
        value = bytes(value)
        raw = slot.of.list
        ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(raw), len(value))
        block = bytearray(len(value) * _SIZE)
        block[0::_SIZE] = b"\x02" * len(value)
        block[_OF::_SIZE] = value
        ctypes.memmove(raw.data, bytes(block), len(block))
        slot.kind = 13

    def lift(self, slot: Slot) -> bytes:
        raw = slot.of.list
        return ctypes.string_at(raw.data, raw.size * _SIZE)[_OF::_SIZE] if raw.size else b""

    def freeze(self, value: Any) -> bytes:
        return bytes(value)


class ListOf(Type):
    plain = False

    def __init__(self, element: Type) -> None:
        self.element = element
        self.wit, self.python = f"list<{element.wit}>", f"List[{element.python}]"

    def inner(self) -> Sequence[Optional[Type]]:
        return (self.element,)

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            raise self.refuse(value, at)
        raw = slot.of.list
        ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(raw), len(value))
        ctypes.memset(raw.data, 0, len(value) * _SIZE)
        slot.kind = 13
        lower, data = self.element.lower, raw.data
        for index, item in enumerate(value):
            lower(item, data[index], f"{at}[{index}]")

    def lift(self, slot: Slot) -> List[Any]:
        raw, lift = slot.of.list, self.element.lift
        data = raw.data
        return [lift(data[index]) for index in range(raw.size)]

    def freeze(self, value: Any) -> Any:
        return tuple(map(self.element.freeze, value))

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            for item in value:
                self.element.resources(item, found)


class TupleOf(Type):
    plain = False

    def __init__(self, elements: List[Type]) -> None:
        self.elements = elements
        self.wit = f"tuple<{', '.join(one.wit for one in elements)}>"
        self.python = f"Tuple[{', '.join(one.python for one in elements)}]"

    def inner(self) -> Sequence[Optional[Type]]:
        return self.elements

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, tuple):
            raise self.refuse(value, at)
        if len(value) != len(self.elements):
            raise TypeError(f"{at} takes a tuple of {len(self.elements)}, and got one of {len(value)}")
        raw = slot.of.tuple
        ffi.wasmtime_component_valtuple_new_uninit(ctypes.byref(raw), len(value))
        ctypes.memset(raw.data, 0, len(value) * _SIZE)
        slot.kind = 15
        for index, (one, item) in enumerate(zip(self.elements, value)):
            one.lower(item, raw.data[index], f"{at}[{index}]")

    def lift(self, slot: Slot) -> Tuple[Any, ...]:
        data = slot.of.tuple.data
        return tuple(one.lift(data[index]) for index, one in enumerate(self.elements))

    def freeze(self, value: Any) -> Any:
        return tuple(one.freeze(item) for one, item in zip(self.elements, value))

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        if isinstance(value, tuple):
            for one, item in zip(self.elements, value):
                one.resources(item, found)


class Record(Type):
    """A record: a dataclass. Any object with the same attributes, or a mapping, is taken for it."""

    plain = False

    def __init__(self, name: str, members: List[Tuple[str, Type]]) -> None:
        self.wit = name
        self.python = class_name(name)
        self.members = [(member, python_name(member), one) for member, one in members]
        self.names = [member.encode() for member, _ in members]
        self.made: type = make_dataclass(self.python, [(attribute, Any) for _, attribute, _ in self.members])

    def inner(self) -> Sequence[Optional[Type]]:
        return [one for _, _, one in self.members]

    def part(self, value: Any, member: str, attribute: str, at: str) -> Any:
        if isinstance(value, dict):
            for key in (attribute, member):
                if key in value:
                    return value[key]
        elif hasattr(value, attribute):
            return getattr(value, attribute)
        raise TypeError(f"{at} takes {self.wit}, and this {type(value).__name__} has no {attribute}")

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        raw = slot.of.record
        ffi.wasmtime_component_valrecord_new_uninit(ctypes.byref(raw), len(self.members))
        ctypes.memset(raw.data, 0, len(self.members) * ctypes.sizeof(raw.data.contents) if self.members else 0)
        slot.kind = 14
        for index, (member, attribute, one) in enumerate(self.members):
            entry = raw.data[index]
            _put_text(entry.name, member, at)
            one.lower(self.part(value, member, attribute, at), entry.val, f"{at}.{attribute}")

    def lift(self, slot: Slot) -> Any:
        data = slot.of.record.data
        return self.made(*[one.lift(data[index].val) for index, (_, _, one) in enumerate(self.members)])

    def freeze(self, value: Any) -> Any:
        return self.made(*[one.freeze(self.part(value, member, attribute, self.wit)) for member, attribute, one in self.members])

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        for member, attribute, one in self.members:
            if not one.plain:
                one.resources(self.part(value, member, attribute, self.wit), found)


def _boxed(one: Optional[Type], value: Any, at: str) -> Any:
    """The value in a box of wasmtime's, or no box if the case has none."""
    if one is None:
        if value is not None:
            raise TypeError(f"{at} has no value, and got {type(value).__name__}")
        return None
    slot = ffi.wasmtime_component_val_t()
    try:
        one.lower(value, slot, at)
    except BaseException:
        ffi.wasmtime_component_val_delete(ctypes.byref(slot))
        raise
    return ffi.wasmtime_component_val_new(ctypes.byref(slot))


class VariantOf(Type):
    plain = False
    python = "Variant"

    def __init__(self, name: str, cases: List[Tuple[str, Optional[Type]]]) -> None:
        self.wit = name
        self.cases: Dict[str, Optional[Type]] = dict(cases)

    def inner(self) -> Sequence[Optional[Type]]:
        return list(self.cases.values())

    def taken(self, value: Any, at: str) -> Variant:
        if isinstance(value, str):
            value = Variant(value)
        if not isinstance(value, Variant):
            raise TypeError(f"{at} takes {self.wit}, and got {type(value).__name__}; write Variant(case, value)")
        if value.case not in self.cases:
            raise ValueError(f"{at} takes {self.wit}, and {value.case!r} is no case of it; there are {', '.join(self.cases)}")
        return value

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        value = self.taken(value, at)
        box = _boxed(self.cases[value.case], value.value, f"{at}.{value.case}")
        _put_text(slot.of.variant.discriminant, value.case, at)
        slot.of.variant.val = box
        slot.kind = 16

    def lift(self, slot: Slot) -> Variant:
        case = _text(slot.of.variant.discriminant)
        one = self.cases[case]
        return Variant(case, None if one is None else one.lift(slot.of.variant.val.contents))

    def freeze(self, value: Any) -> Variant:
        value = self.taken(value, self.wit)
        one = self.cases[value.case]
        return value if one is None else Variant(value.case, one.freeze(value.value))

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        one = self.cases.get(value.case) if isinstance(value, Variant) else None
        if one is not None:
            one.resources(value.value, found)


class _Text(str, enum.Enum):
    """What enums are made of: each case is equal to its name in WIT."""

    def __str__(self) -> str:
        return str(self.value)


class EnumOf(Type):
    def __init__(self, name: str, cases: List[str]) -> None:
        self.wit = name
        self.python = f"Union[{class_name(name)}, str]"
        self.cases = cases
        made: Any = _Text
        self.made: Any = made(class_name(name), [(python_name(case).upper(), case) for case in cases])
        self.by_case = {case: member for case, member in zip(cases, self.made)}

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, str):
            raise self.refuse(value, at)
        if value not in self.by_case:
            raise ValueError(f"{at} takes {self.wit}, and {str(value)!r} is no case of it; there are {', '.join(self.cases)}")
        _put_text(slot.of.enumeration, str(value), at)
        slot.kind = 17

    def lift(self, slot: Slot) -> Any:
        return self.by_case[_text(slot.of.enumeration)]


class OptionOf(Type):
    plain = False

    def __init__(self, one: Type) -> None:
        self.one = one
        self.nested = isinstance(one, OptionOf)
        self.wit = f"option<{one.wit}>"
        self.python = f"Optional[{'Some' if self.nested else one.python}]"

    def inner(self) -> Sequence[Optional[Type]]:
        return (self.one,)

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if value is not None and self.nested:
            if not isinstance(value, Some):
                raise TypeError(f"{at} takes {self.wit}, and got {type(value).__name__}; write Some(value)")
            value = value.value
            slot.of.option = _boxed(self.one, value, at)
        else:
            slot.of.option = None if value is None else _boxed(self.one, value, at)
        slot.kind = 18

    def lift(self, slot: Slot) -> Any:
        box = slot.of.option
        if not box:
            return None
        value = self.one.lift(box.contents)
        return Some(value) if self.nested else value

    def freeze(self, value: Any) -> Any:
        if value is None:
            return None
        return Some(self.one.freeze(value.value)) if self.nested else self.one.freeze(value)

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        if value is not None and not self.nested:
            self.one.resources(value, found)


class ResultOf(Type):
    plain = False

    def __init__(self, ok: Optional[Type], err: Optional[Type]) -> None:
        self.ok, self.err = ok, err
        parts = [one.wit if one else "_" for one in (ok, err)]
        self.wit = f"result<{', '.join(parts)}>"
        self.python = "Union[Ok, Err]"

    def inner(self) -> Sequence[Optional[Type]]:
        return (self.ok, self.err)

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, (Ok, Err)):
            raise TypeError(f"{at} takes {self.wit}, and got {type(value).__name__}; write Ok(value) or Err(value)")
        good = isinstance(value, Ok)
        box = _boxed(self.ok if good else self.err, value.value, at)
        slot.of.result.is_ok = good
        slot.of.result.val = box
        slot.kind = 19

    def taken(self, slot: Slot) -> Tuple[bool, Any]:
        """Whether a result is good, and what it holds."""
        result = slot.of.result
        good = result.is_ok
        one = self.ok if good else self.err
        return good, None if one is None else one.lift(result.val.contents)

    def lift(self, slot: Slot) -> Any:
        good, value = self.taken(slot)
        return Ok(value) if good else Err(value)

    def freeze(self, value: Any) -> Any:
        one = self.ok if isinstance(value, Ok) else self.err
        return value if one is None else type(value)(one.freeze(value.value))

    def resources(self, value: Any, found: List[Tuple[Any, bool]]) -> None:
        if isinstance(value, (Ok, Err)):
            one = self.ok if isinstance(value, Ok) else self.err
            if one is not None:
                one.resources(value.value, found)


class FlagsOf(Type):
    plain = False
    python = "Set[str]"

    def __init__(self, name: str, names: List[str]) -> None:
        self.wit, self.names = name, names

    def lower(self, value: Any, slot: Slot, at: str) -> None:
        if not isinstance(value, (set, frozenset)):
            raise self.refuse(value, at)
        unknown = [one for one in value if one not in self.names]
        if unknown:
            raise ValueError(f"{at} takes {self.wit}, and {unknown[0]!r} is no flag of it; there are {', '.join(self.names)}")
        raw = slot.of.flags
        ffi.wasmtime_component_valflags_new_uninit(ctypes.byref(raw), len(value))
        for index, one in enumerate(sorted(value)):
            _put_text(raw.data[index], one, at)
        slot.kind = 20

    def lift(self, slot: Slot) -> Any:
        raw = slot.of.flags
        return {_text(raw.data[index]) for index in range(raw.size)}

    def freeze(self, value: Any) -> Any:
        return frozenset(value)


_SCALARS: Dict[type, Type] = {
    wit.Bool: Bool(), wit.Char: Char(), wit.String: String(),
    wit.F32: Float("f32", 9), wit.F64: Float("f64", 10),
}
for _index, (_signed, _unsigned) in enumerate([(wit.S8, wit.U8), (wit.S16, wit.U16), (wit.S32, wit.U32), (wit.S64, wit.U64)]):
    _bits = 8 << _index
    _SCALARS[_signed] = Integer(f"s{_bits}", 1 + 2 * _index, True, _bits)
    _SCALARS[_unsigned] = Integer(f"u{_bits}", 2 + 2 * _index, False, _bits)


class Types:
    """The types of one component. Resources are known by `resource`, which says what stands for one."""

    def __init__(self, resource: Callable[[wit.ResourceType, bool], Type]) -> None:
        self.resource = resource
        self.named: List[Tuple[Any, Type]] = []

    def name(self, known: Any, name: str) -> Type:
        """The type that an interface has under a name."""
        for other, one in self.named:
            if type(other) is type(known) and other == known:
                return one
        one = self.made(known, name)
        if isinstance(known, (wit.RecordType, wit.EnumType, wit.VariantType, wit.FlagsType)):
            self.named.append((known, one))
        return one

    def of(self, known: Any) -> Type:
        """A type where it is used."""
        scalar = _SCALARS.get(type(known))
        return scalar if scalar is not None else self.name(known, "value")

    def optional(self, known: Any) -> Optional[Type]:
        return None if known is None else self.of(known)

    def made(self, known: Any, name: str) -> Type:
        if isinstance(known, wit.ListType):
            element = self.of(known.element)
            return Bytes() if element is _SCALARS[wit.U8] else ListOf(element)
        if isinstance(known, wit.RecordType):
            return Record(name, [(member, self.of(one)) for member, one in known.fields])
        if isinstance(known, wit.TupleType):
            return TupleOf([self.of(one) for one in known.elements])
        if isinstance(known, wit.VariantType):
            return VariantOf(name, [(case, self.optional(one)) for case, one in known.cases])
        if isinstance(known, wit.EnumType):
            return EnumOf(name, known.names)
        if isinstance(known, wit.OptionType):
            return OptionOf(self.of(known.payload))
        if isinstance(known, wit.ResultType):
            return ResultOf(self.optional(known.ok), self.optional(known.err))
        if isinstance(known, wit.FlagsType):
            return FlagsOf(name, known.names)
        if isinstance(known, (wit.OwnType, wit.BorrowType)):
            return self.resource(known.ty, isinstance(known, wit.OwnType))
        scalar = _SCALARS.get(type(known))
        if scalar is not None:
            return scalar
        raise TypeError(f"recover-host has no value of Python for {type(known).__name__}")
