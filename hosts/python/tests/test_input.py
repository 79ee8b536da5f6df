"""What a program gets wrong: one clear line each, and nothing is half done."""

from __future__ import annotations

import pathlib
import tempfile
import unittest
from typing import Any, Callable, Type

from support import Loaded, fixture, text

import recover_host
from recover_host import DomainError, LoadError


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


    def test_a_component_that_imports_what_nobody_has(self) -> None:
        from wasmtime import wat2wasm

        data = bytes(wat2wasm('(component (import "wasi:nothing/at-all@0.2.0" (instance (export "f" (func)))))'))
        self.refused(data, "this component can't be started: .*wasi:nothing/at-all")


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


if __name__ == "__main__":
    unittest.main()
