"""What a program gets wrong: one clear line each, and nothing is half done."""

from __future__ import annotations

import pathlib
import tempfile
import unittest
from typing import Any, Callable, Type

from support import Loaded, fixture, text

import recover_host
from recover_host import ComponentError, DomainError, Err, LoadError, Ok, Variant
from recover_host.errors import told


class Files(unittest.TestCase):
    def refused(self, source: Any, pattern: str, **options: Any) -> None:
        with self.assertRaisesRegex(LoadError, pattern) as caught:
            recover_host.load(source, **options)
        self.assertNotIn("\n", str(caught.exception))

    def test_a_file_that_is_not_there(self) -> None:
        self.refused("nothing.wasm", "nothing.wasm can't be read: No such file")

    def test_a_file_that_is_no_component(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            other = pathlib.Path(place) / "other.wasm"
            other.write_text("hello")
            self.refused(other, "is no WebAssembly; give the .wasm that `cargo recover build --target component` made")
            other.write_bytes(b"")
            self.refused(other, "is no WebAssembly")
        self.refused(b"\0asm\x01\0\0\0", "is a core module, not a component; `cargo recover build --target component`")

    def test_a_component_that_is_cut_short(self) -> None:
        data = pathlib.Path(fixture()).read_bytes()
        for length in (8, 9, 100, len(data) // 2, len(data) - 1):
            if length == 8:
                continue
            self.refused(data[:length], "is no component that wasmtime can run")

    def test_imports_that_are_missing_wrong_or_too_many(self) -> None:
        games = text("games")
        self.refused(games, "imports next; give it to load\\(\\): imports={'next': a function}")
        self.refused(games, "next is imported as a function, and int is none", imports={"next": 1, "ask": len})
        self.refused(games, "imports no nothing; it imports next, ask", imports={"next": int, "ask": len, "nothing": int})


class Names(Loaded):
    def test_a_function_that_is_not_there(self) -> None:
        with self.assertRaisesRegex(AttributeError, "ledgers of .* has no prase; it has .*parse"):
            self.ledgers.prase("7")
        with self.assertRaisesRegex(AttributeError, "exports no ledger; it exports ledgers"):
            self.app.ledger
        with self.assertRaisesRegex(AttributeError, "'Ledger' object has no attribute 'putt'"):
            self.ledgers.Ledger("ann").putt("a", 1)
        with self.assertRaisesRegex(KeyError, "exports no recover:fixture/nothing"):
            self.app["recover:fixture/nothing"]
        with self.assertRaisesRegex(AttributeError, "begins with a capital letter"):
            self.app.errors.no_key

    def test_an_interface_by_its_whole_name(self) -> None:
        self.assertIs(self.app["recover:fixture/ledgers@0.1.0"], self.ledgers)
        self.assertIn("ledgers", dir(self.app))
        self.assertIn("parse", dir(self.ledgers))


class Arguments(Loaded):
    def refused(self, call: Callable[[], Any], error: Type[BaseException], pattern: str) -> None:
        with self.assertRaisesRegex(error, pattern) as caught:
            call()
        self.assertNotIn("\n", str(caught.exception))

    def test_arguments_of_the_wrong_type_or_out_of_range(self) -> None:
        ledgers = self.ledgers
        ledger = ledgers.Ledger("ann")
        self.refused(lambda: ledger.put(3, 1), TypeError, "key takes string, and got int")
        self.refused(lambda: ledger.put("a", "1"), TypeError, "amount takes s64, and got str")
        self.refused(lambda: ledger.put("a", True), TypeError, "amount takes s64, and got bool")
        self.refused(lambda: ledger.put("a", 1.0), TypeError, "amount takes s64, and got float")
        self.refused(lambda: ledger.put("a", 2**63), ValueError, "amount takes s64, and 9223372036854775808 is not within")
        self.refused(lambda: ledgers.Tally().add(-1), ValueError, "by takes u32, and -1 is not within 0 … 4294967295")
        self.refused(lambda: ledger.put("\ud800", 1), ValueError, "key has half of a surrogate pair")
        self.refused(lambda: ledgers.fail("explode"), ValueError, "how takes how, and 'explode' is no case of it; there are err, panic")
        self.refused(lambda: ledgers.Ledger.restore("text"), TypeError, "bytes takes list<u8>, and got str")
        self.refused(lambda: ledger.put("a"), TypeError, "put\\(\\) missing 1 required positional argument: 'amount'")
        self.refused(lambda: ledger.put("a", 1, 2), TypeError, "put\\(\\) takes 3 positional arguments but 4 were given")
        self.refused(lambda: ledger.merge(ledgers.Draft()), TypeError, "takes a Ledger, and got Draft")
        self.refused(lambda: ledger.merge("bob"), TypeError, "takes a Ledger, and got str")
        self.refused(lambda: ledger.merge(self.load().ledgers.Ledger("bob")), TypeError, "of this component, and got one of another")
        self.assertEqual(self.pairs(ledger), [])
        self.assertEqual(self.app.health().restarts, 0)

    def test_a_refused_argument_is_in_no_record_and_consumes_nothing(self) -> None:
        ledger, other = self.ledgers.Ledger("ann"), self.ledgers.Ledger("bob")
        with self.assertRaises(TypeError):
            ledger.absorb(other, 1)
        with self.assertRaises(TypeError):
            ledger.put("a", None)
        self.trap()
        self.assertEqual((ledger.owner(), other.owner()), ("ann", "bob"))

    def test_malformed_bytes_are_refused(self) -> None:
        for data in (b"\xff\xfe", b"ann\nno tab", b"\0" * 100 + b"\xff"):
            with self.assertRaises((DomainError, recover_host.RecoverError)) as caught:
                self.ledgers.Ledger.restore(data)
            self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(self.app.health().objects, 0)


class Python(unittest.TestCase):
    """Functions of Python that a component imports."""

    def setUp(self) -> None:
        self.says: Any = lambda: 1
        self.asks: Any = len
        self.app = recover_host.load(text("games"), imports={"next": lambda: self.says(), "ask": lambda text: self.asks(text)})
        self.addCleanup(self.app.close)

    def test_an_exception_comes_out_as_itself_and_the_instance_ends(self) -> None:
        dice = self.app.games.Dice()
        for number, made in enumerate([ZeroDivisionError("no dice"), KeyboardInterrupt()], 1):
            def raising() -> int:
                raise made

            self.says = raising
            with self.assertRaises(type(made)) as caught:
                dice.roll()
            self.assertIs(caught.exception, made)
            self.assertIsInstance(made.__cause__, recover_host.InstanceAbortedError)
            self.says = lambda: 1
            self.assertEqual(dice.step(), number)
            self.assertEqual(self.app.health().restarts, number)

    def test_its_own_cause_stays(self) -> None:
        def raising() -> int:
            raise ValueError("outer") from KeyError("inner")

        self.says = raising
        with self.assertRaises(ValueError) as caught:
            self.app.rolled()
        self.assertIsInstance(caught.exception.__cause__, KeyError)

    def test_a_call_back_into_the_component_is_busy(self) -> None:
        refused = []

        def again() -> int:
            try:
                return self.app.rolled()
            except recover_host.BusyError as error:
                refused.append(error)
                return 5

        self.says = again
        self.assertEqual(self.app.rolled(), 5)
        self.assertIn("rolled was called while rolled was under way", str(refused[0]))
        self.assertEqual((self.app.health().busy, self.app.health().restarts), (1, 0))

    def test_a_result_of_the_wrong_type_is_named(self) -> None:
        for wrong, pattern in (("x", "the result of next takes u32, and got str"), (None, "and got NoneType")):
            self.says = lambda: wrong
            with self.assertRaisesRegex(TypeError, pattern):
                self.app.rolled()
            self.says = lambda: 1

    def test_errors_that_are_not_of_recover_carry_their_value(self) -> None:
        games = self.app.games
        self.assertEqual(games.asked("four"), 4)

        def refusing(text: str) -> int:
            raise ComponentError("no", f"not {text}")

        for asks in (refusing, lambda text: Err(f"not {text}")):
            self.asks = asks
            with self.assertRaisesRegex(ComponentError, "games.asked returned an error: 'not four'") as caught:
                games.asked("four")
            self.assertEqual(caught.exception.value, "not four")
        self.asks = lambda text: Ok(9)
        self.assertEqual(games.asked("four"), 9)
        self.assertEqual(self.app.health().restarts, 0)

    def test_an_exception_is_told_as_a_failure(self) -> None:
        class Missing(Exception):
            def __init__(self, key: str) -> None:
                super().__init__(f"no {key}")
                self.key, self.count, self._own = key, 3, "hidden"

        try:
            try:
                {}["inner"]
            except KeyError as inner:
                raise Missing("outer") from inner
        except Missing as error:
            failure = told(error, "ab" * 20)
        told_of = [failure[name] for name in ("kind", "class", "message", "language")]
        self.assertEqual(told_of, ["domain", "Missing", "no outer", "python"])
        fields = {one["name"]: one["value"] for one in failure["fields"]}
        self.assertEqual(fields, {"key": Variant("text", "outer"), "count": Variant("signed", 3)})
        self.assertEqual([(one["class"], one["message"]) for one in failure["causes"]], [("KeyError", "'inner'")])
        self.assertEqual(failure["frames"][0]["function"], "test_an_exception_is_told_as_a_failure")
        self.assertTrue(failure["location"].file.endswith("test_input.py"))


if __name__ == "__main__":
    unittest.main()
