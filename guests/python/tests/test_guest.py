"""What crosses of an exception, and what an import's failure is in Python. The types are those that componentize-py makes.

Whole components are in tests/component: here is what is hard to see from outside of one.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from types import ModuleType
from typing import Any, Callable

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "guests" / "python"))

_bindings = tempfile.TemporaryDirectory()
_tool = os.environ.get("RECOVER_COMPONENTIZE_PY") or str(pathlib.Path(sys.executable).with_name("componentize-py"))
subprocess.run([_tool, "-q", "-d", str(ROOT / "tests" / "component" / "wit"), "-w", "link", "bindings", _bindings.name], check=True)
sys.path.insert(0, _bindings.name)

import recover_guest  # noqa: E402
from componentize_py_types import Err  # noqa: E402
from recover_guest import DomainError, Failure, PanicError, RecoverError, errors, failure_of, imported, recoverable  # noqa: E402
from wit_world.imports import types  # noqa: E402


def tearDownModule() -> None:
    _bindings.cleanup()


class NoKeyError(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(f"no key {key}")
        self.key = key


def record(kind: Any = types.Kind.DOMAIN, name: str = "StoreError", causes: Any = (), **more: Any) -> Any:
    """A failure as another component tells it."""
    told = {
        "kind": kind, "class_": name, "code": "E_STORE", "message": "the store is shut", "language": "rust",
        "location": types.Location("src/store.rs", 7, 9), "retryable": True, "fatal": False, "build": "ab" * 20,
        "fields": [types.Field("shelf", types.Value_Unsigned(3)), types.Field("message", types.Value_Text("taken"))],
        "frames": [types.Frame("open", types.Location("src/store.rs", 7, 9), None, None)], "causes": list(causes),
    }
    return types.Failure(**{**told, **more})


def cause(name: str) -> Any:
    return types.Cause(types.Kind.DOMAIN, name, "", f"{name} happened", "go", None, [], [])


def raised(call: Callable[[], Any]) -> BaseException:
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def told(function: Callable[[], Any]) -> Any:
    """The record of what `@recoverable` raises."""
    error = raised(recoverable(function))
    assert isinstance(error, Err), error
    return error.value


def an_import(fails_by: Any) -> ModuleType:
    """A module as componentize-py makes one of an imported interface, whose function and resource fail."""
    module = ModuleType("wit_world.imports.store")
    source = """
def get(key):
    raise fails_by
class Shelf:
    def __enter__(self): return self
    def put(self, key): raise fails_by
    @classmethod
    def open(cls): raise fails_by
"""
    vars(module)["fails_by"] = fails_by
    exec(source, vars(module))
    return module


class Told(unittest.TestCase):
    """An exception as a record."""

    def test_an_exception_has_its_class_message_fields_place_and_trace(self) -> None:
        def inner() -> None:
            raise NoKeyError("tea")

        def outer() -> None:
            inner()

        failure = told(outer)
        self.assertEqual((failure.kind, failure.class_, failure.code, failure.message, failure.language),
                         (types.Kind.DOMAIN, "NoKeyError", "E_NO_KEY", "no key tea", "python"))
        self.assertEqual(failure.fields, [types.Field("key", types.Value_Text("tea"))])
        self.assertEqual([one.function.rpartition(".")[2] for one in failure.frames], ["inner", "outer"])
        self.assertEqual(failure.location, failure.frames[0].location)
        self.assertTrue(failure.location.file.endswith("test_guest.py"))
        source = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
        self.assertIn('raise NoKeyError("tea")', source[failure.location.line - 1])
        if sys.version_info >= (3, 11):
            self.assertEqual(failure.location.column, source[failure.location.line - 1].index("raise") + 1)
        self.assertEqual((failure.retryable, failure.fatal, failure.build, failure.causes), (False, False, None, []))

    def test_memory_and_the_stack_have_kinds_of_their_own(self) -> None:
        def memory() -> None:
            raise MemoryError

        def deep() -> None:
            deep()

        for function, kind, name, code in ((memory, types.Kind.OUT_OF_MEMORY, "OutOfMemoryError", "E_OUT_OF_MEMORY"),
                                           (deep, types.Kind.STACK_OVERFLOW, "StackOverflowError", "E_STACK_OVERFLOW")):
            failure = told(function)
            self.assertEqual((failure.kind, failure.class_, failure.code), (kind, name, code))
            self.assertLessEqual(len(failure.frames), 64)

    def test_a_chain_is_as_python_shows_it(self) -> None:
        def because() -> None:
            try:
                try:
                    raise KeyError("a")
                except KeyError:
                    raise ValueError("b")
            except ValueError as error:
                raise NoKeyError("c") from error

        def hidden() -> None:
            try:
                raise KeyError("a")
            except KeyError:
                raise NoKeyError("c") from None

        self.assertEqual([one.class_ for one in told(because).causes], ["ValueError", "KeyError"])
        self.assertEqual(told(hidden).causes, [])

    def test_a_chain_is_cut_after_eight_and_may_be_a_circle(self) -> None:
        first = last = ValueError("0")
        for number in range(1, 20):
            following = ValueError(str(number))
            last.__cause__ = following
            last = following
        last.__cause__ = first

        def fail() -> None:
            raise first

        self.assertEqual([one.message for one in told(fail).causes], [str(number) for number in range(1, 9)])
        first.__cause__ = following = ValueError("1")
        following.__cause__ = first
        self.assertEqual([one.message for one in told(fail).causes], ["1"])

    @unittest.skipIf(sys.version_info < (3, 11), "this Python has no groups")
    def test_of_a_group_the_first_one_is_behind(self) -> None:
        def fail() -> None:
            raise ExceptionGroup("several", [NoKeyError("a"), NoKeyError("b")])  # noqa: F821

        failure = told(fail)
        self.assertEqual((failure.class_, [one.message for one in failure.causes]), ("ExceptionGroup", ["no key a"]))

    def test_values_of_each_type_are_told(self) -> None:
        class Odd:
            def __repr__(self) -> str:
                raise ValueError

        error = NoKeyError("k")
        error.__dict__.update(none=None, yes=True, small=-5, large=2**63, huge=2**70, half=0.5, data=b"\1", odd=Odd(), code="E_MINE", _own=1)
        failure = failure_of(error)
        self.assertEqual(failure.code, "E_MINE")
        self.assertEqual({one.name: one.value for one in failure.fields}, {
            "key": types.Value_Text("k"), "none": types.Value_Null(), "yes": types.Value_Boolean(True), "small": types.Value_Signed(-5),
            "large": types.Value_Unsigned(2**63), "huge": types.Value_Text(str(2**70)), "half": types.Value_Float(0.5),
            "data": types.Value_Bytes(b"\1"), "odd": types.Value_Text("<Odd>"),
        })

    def test_a_message_that_fails_hides_nothing_else(self) -> None:
        class Rude(Exception):
            def __str__(self) -> str:
                raise ZeroDivisionError

        def fail() -> None:
            raise Rude

        failure = told(fail)
        self.assertEqual((failure.class_, failure.message), ("Rude", "the message could not be made: ZeroDivisionError"))

    def test_exit_is_told_and_does_not_end_the_instance(self) -> None:
        failure = told(lambda: sys.exit(3))
        self.assertEqual(failure.class_, "SystemExit")

    def test_a_class_is_wrapped_method_by_method(self) -> None:
        @recoverable
        class Store:
            def get(self, key: str) -> str:
                raise NoKeyError(key)

            @staticmethod
            def open() -> None:
                raise NoKeyError("static")

            @classmethod
            def make(cls) -> None:
                raise NoKeyError("class")

            def _own(self) -> None:
                raise NoKeyError("own")

        store = Store()
        for call, key in ((lambda: store.get("k"), "k"), (Store.open, "static"), (Store.make, "class")):
            error = raised(call)
            self.assertIsInstance(error, Err)
            self.assertEqual(error.value.fields[0].value, types.Value_Text(key))
        self.assertIsInstance(raised(store._own), NoKeyError)

    def test_an_asynchronous_export(self) -> None:
        @recoverable
        async def get() -> None:
            await asyncio.sleep(0)
            raise NoKeyError("later")

        error = raised(lambda: asyncio.run(get()))
        self.assertIsInstance(error, Err)
        self.assertEqual(error.value.class_, "NoKeyError")

    def test_an_error_of_another_type_is_left_alone(self) -> None:
        def fail() -> None:
            raise Err("a text")

        self.assertEqual(raised(recoverable(fail)).value, "a text")

    def test_a_mistake_is_named(self) -> None:
        with self.assertRaisesRegex(TypeError, "goes on a class or on a function, not on int"):
            recoverable(3)
        with self.assertRaisesRegex(TypeError, "takes the module of an interface"):
            imported("store")  # type: ignore[arg-type]
        with self.assertRaisesRegex(AttributeError, "begins with a capital letter"):
            errors.no_key


class Raised(unittest.TestCase):
    """A record as an exception."""

    def test_a_failure_is_an_exception_with_a_class_of_its_name(self) -> None:
        store = imported(an_import(Err(record(causes=[cause("DiskError"), cause("PowerError")]))))
        for call in (lambda: store.get("k"), lambda: store.Shelf().put("k"), store.Shelf.open):
            error = raised(call)
            assert isinstance(error, Failure)
            self.assertIs(type(error), errors.StoreError)
            self.assertIsInstance(error, DomainError)
            self.assertNotIsInstance(error, RecoverError)
            self.assertEqual((str(error), error.message, error.code, error.kind, error.language), ("the store is shut", "the store is shut", "E_STORE", "domain", "rust"))
            self.assertEqual((error.shelf, error.fields["message"], error.retryable, error.build), (3, "taken", True, "ab" * 20))  # type: ignore[attr-defined]
            self.assertEqual(str(error.location), "src/store.rs:7:9")
            self.assertEqual([str(one) for one in error.frames], ["open (src/store.rs:7:9)"])
            self.assertEqual([type(one).__name__ for one in error.causes], ["DiskError", "PowerError"])
            self.assertIs(error.__cause__, error.causes[0])
            self.assertIs(error.causes[0].__cause__, error.causes[1])
            self.assertIsNone(error.causes[1].__cause__)
            if sys.version_info >= (3, 11):
                self.assertIn("open (src/store.rs:7:9)", error.__notes__[0])

    def test_each_kind_has_its_class(self) -> None:
        for kind in types.Kind:
            store = imported(an_import(Err(record(kind=kind, name="Anything"))))
            error = raised(lambda: store.get("k"))
            assert isinstance(error, Failure)
            self.assertEqual(error.kind, kind.name.lower().replace("_", "-"))
            self.assertEqual(isinstance(error, RecoverError), kind != types.Kind.DOMAIN)
            self.assertEqual(isinstance(error, PanicError), kind in (types.Kind.PANIC, types.Kind.OUT_OF_MEMORY, types.Kind.STACK_OVERFLOW))
        self.assertTrue(issubclass(recover_guest.TimeoutError, TimeoutError))

    def test_what_nobody_handles_goes_on_as_it_came(self) -> None:
        came = record(causes=[cause("DiskError")])
        store = imported(an_import(Err(came)))
        self.assertIs(told(lambda: store.get("k")), came)
        plain = an_import(Err(came))
        self.assertIs(told(lambda: plain.get("k")), came)
        ended = imported(an_import(Err(record(kind=types.Kind.ABORTED, fatal=True))))
        self.assertIs(told(lambda: ended.get("k")).fatal, False)

    def test_what_is_raised_from_it_has_all_of_it_behind(self) -> None:
        came = record(causes=[cause("DiskError"), cause("PowerError")])
        for store in (imported(an_import(Err(came))), an_import(Err(came))):
            def fail() -> None:
                try:
                    store.get("k")
                except Exception as error:
                    raise NoKeyError("k") from error

            failure = told(fail)
            self.assertEqual([one.class_ for one in failure.causes], ["StoreError", "DiskError", "PowerError"])
            self.assertEqual([one.language for one in failure.causes], ["rust", "go", "go"])
            self.assertEqual(failure.causes[0].frames, came.frames)
            self.assertEqual(failure.causes[0].fields, came.fields)

    def test_a_cause_can_be_raised_by_itself(self) -> None:
        error = raised(lambda: imported(an_import(Err(record(causes=[cause("DiskError"), cause("PowerError")])))).get("k"))

        def fail() -> None:
            assert isinstance(error, Failure)
            raise error.causes[0]

        failure = told(fail)
        self.assertEqual((failure.class_, failure.language, [one.class_ for one in failure.causes]), ("DiskError", "go", ["PowerError"]))

    def test_other_errors_of_an_import_are_left_alone(self) -> None:
        self.assertEqual(raised(lambda: imported(an_import(Err("text"))).get("k")).value, "text")
        self.assertIsInstance(raised(lambda: imported(an_import(KeyError())).get("k")), KeyError)

    def test_an_import_that_names_classes_without_end_gets_one(self) -> None:
        names = set()
        for number in range(400):
            store = imported(an_import(Err(record(name=f"Class{number}"))))
            error = raised(lambda: store.get("k"))
            names.add(type(error).__name__)
            self.assertEqual(error.error_class, f"Class{number}")  # type: ignore[attr-defined]
        self.assertLessEqual(len(names), 257)


if __name__ == "__main__":
    unittest.main()
