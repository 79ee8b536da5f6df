"""One call: its values, each way in which it fails, and the call after it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback
import unittest

from support import ROOT, Loaded, fixture

import recover_host
from recover_host import (
    DomainError, InstanceAbortedError, OutOfMemoryError, PanicError, PoisonedError, RecoverError, StackOverflowError,
    StaleHandleError,
)

UNWINDING = {
    "panic": PanicError, "async-like": PanicError, "panic-in-drop": PanicError,
    "out-of-memory": OutOfMemoryError, "out-of-memory-huge": OutOfMemoryError,
}
ENDING = {"unreachable": InstanceAbortedError, "abort": InstanceAbortedError, "double-panic": InstanceAbortedError}


class Values(Loaded):
    def test_values_cross_as_pythons_own(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        self.assertEqual(ledger.put("rent", -700), 1)
        self.assertEqual(ledger.put(key="tea", amount=2**63 - 1), 2)
        self.assertEqual(ledger.get("tea"), 2**63 - 1)
        self.assertEqual(ledger.owner(), "ann")
        self.assertEqual(ledger.entries(), [self.ledgers.Entry("rent", -700), self.ledgers.Entry(key="tea", amount=2**63 - 1)])
        self.assertIsInstance(ledger.save(), bytes)

    def test_texts_of_any_script_and_none_cross(self) -> None:
        for owner in ["", "\0", "Zoë 🦀", "x" * 100_000]:
            self.assertEqual(self.ledgers.Ledger(owner).owner(), owner)

    def test_an_enum_is_a_class_whose_cases_are_equal_to_texts(self) -> None:
        how = self.ledgers.How
        self.assertEqual(how.OUT_OF_MEMORY, "out-of-memory")
        for given in (how.PANIC, "panic"):
            with self.assertRaises(PanicError):
                self.ledgers.fail(given)

    def test_restore_is_a_static_method(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        copy = self.ledgers.Ledger.restore(ledger.save())
        self.assertIsInstance(copy, self.ledgers.Ledger)
        self.assertEqual(self.pairs(copy), [("rent", 7)])

    def test_functions_look_like_functions(self) -> None:
        put = self.ledgers.Ledger.put
        self.assertEqual(put.__annotations__, {"key": "str", "amount": "int", "return": "int"})
        self.assertIn("key: string, amount: s64", put.__doc__)


class Failures(Loaded):
    def failing(self, how: str) -> BaseException:
        with self.assertRaises((RecoverError, DomainError)) as caught:
            self.ledgers.fail(how)
        return caught.exception

    def test_each_failure_that_unwinds_is_an_exception_and_the_instance_goes_on(self) -> None:
        before = self.app.health().instance
        for how, expected in UNWINDING.items():
            with self.subTest(how):
                error = self.failing(how)
                self.assertIs(type(error), expected)
                self.assertFalse(error.fatal)
                self.assertEqual(self.ledgers.parse("7"), 7)
                self.assertEqual(self.ledgers.live(), 0)
        self.assertEqual(self.app.health().instance, before)
        self.assertEqual(self.app.health().panics, len(UNWINDING))

    def test_each_failure_that_traps_is_an_exception_and_the_next_call_works(self) -> None:
        for number, (how, expected) in enumerate(ENDING.items(), 2):
            with self.subTest(how):
                error = self.failing(how)
                self.assertIs(type(error), expected)
                self.assertTrue(error.fatal and error.retryable)
                self.assertEqual(error.kind, "aborted")
                self.assertEqual(self.ledgers.parse("7"), 7)
                self.assertEqual(self.app.health().instance, number)

    def test_a_stack_overflow_is_told_as_one(self) -> None:
        error = self.failing("stack-overflow")
        self.assertIs(type(error), StackOverflowError)
        self.assertEqual(error.kind, "stack-overflow")
        self.assertEqual(self.ledgers.parse("7"), 7)

    def test_a_stack_overflow_without_a_guard_is_told_as_one_and_ends_the_instance(self) -> None:
        tally = self.ledgers.Tally()
        with self.assertRaises(StackOverflowError) as caught:
            tally.fail(1, "stack-overflow")
        self.assertTrue(caught.exception.fatal)
        with self.assertRaises(StaleHandleError):
            tally.add(1)
        self.assertEqual(self.ledgers.parse("7"), 7)

    def test_the_engines_stack_is_told_as_one(self) -> None:
        app = self.load(limits=recover_host.Limits(stack=16 << 10))
        with self.assertRaises(StackOverflowError) as caught:
            app.ledgers.fail("stack-overflow")
        self.assertTrue(caught.exception.fatal)
        self.assertEqual(app.ledgers.parse("7"), 7)

    def test_a_panic_has_its_place_and_its_build(self) -> None:
        error = self.failing("panic")
        self.assertTrue(error.location.file.endswith(".rs"), error.location)
        self.assertGreater(error.location.line, 0)
        self.assertEqual((error.code, error.kind, error.language, error.error_class), ("E_PANIC", "panic", "rust", "PanicError"))
        self.assertRegex(error.build or "", "^[0-9a-f]{40}$")
        self.assertIn(f"{error.location.file}:{error.location.line}", "".join(traceback.format_exception(type(error), error, error.__traceback__)))

    def test_a_trap_has_the_trace_of_the_component(self) -> None:
        error = self.failing("unreachable")
        self.assertTrue(any("fail" in (one.function or "") for one in error.frames), error.frames)
        self.assertTrue(all(one.offset for one in error.frames))
        self.assertIn("unreachable", str(error))
        shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.assertIn("wasm backtrace", shown)

    def test_an_end_by_a_panic_has_its_message_and_place(self) -> None:
        self.app = self.load(capture_stderr=True)
        self.ledgers = self.app.ledgers
        error = self.failing("double-panic")
        self.assertIn("a panic that nothing caught: first", str(error))
        self.assertRegex(str(error.location), r"failing\.rs:\d+:\d+$")
        self.assertIn("second", error.output)

    def test_an_end_has_the_output_of_its_own_call(self) -> None:
        self.app = self.load(capture_stderr=True)
        self.ledgers = self.app.ledgers
        self.failing("panic")
        quiet = self.failing("unreachable")
        self.assertEqual((quiet.output, quiet.location), ("", None))

    def test_a_program_that_captures_may_end_without_closing(self) -> None:
        # What is registered first is called last: all of wasmtime's threads have let go by then.
        program = (
            "import atexit, sys\n"
            "atexit.register(lambda: print(app.health().alive, [one() for one in app._supervisor.program.heard.there]))\n"
            "import recover_host\n"
            "app = recover_host.load(sys.argv[1], capture_stderr=True)\n"
            "for how in ('panic', 'double-panic', 'panic'):\n"
            "    try: app.ledgers.fail(how)\n"
            "    except recover_host.RecoverError: pass\n"
        )
        for _ in range(2):
            ran = subprocess.run(
                [sys.executable, "-c", program, fixture()], cwd=ROOT / "hosts" / "python", capture_output=True, text=True, check=False,
            )
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertRegex(ran.stdout, r"^False \[(None(, )?)+\]\n$")

    def test_what_locals_held_is_freed_by_a_panic(self) -> None:
        for _ in range(3):
            self.failing("panic")
        self.assertEqual(self.ledgers.live(), 0)


class Domain(Loaded):
    def test_a_domain_error_has_a_class_of_its_own_with_its_fields(self) -> None:
        errors = self.app.errors
        with self.assertRaises(errors.NotANumberError) as caught:
            self.ledgers.parse("x7")
        error = caught.exception
        self.assertEqual(error.text, "x7")
        self.assertEqual(error.fields, {"text": "x7"})
        self.assertEqual(error.kind, "domain")
        self.assertTrue(error.code)
        self.assertNotIsInstance(error, RecoverError)
        self.assertIsInstance(error, DomainError)
        self.assertIs(type(error), errors["NotANumberError"])

    def test_causes_are_a_chain(self) -> None:
        with self.assertRaises(self.app.errors.NotANumberError) as caught:
            self.ledgers.parse("x7")
        error = caught.exception
        self.assertGreaterEqual(len(error.causes), 1)
        self.assertIs(error.__cause__, error.causes[0])
        self.assertIn("invalid digit", str(error.__cause__))

    def test_a_cause_has_its_own_class(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        with self.assertRaises(self.app.errors.NoKeyError) as caught:
            ledger.get("nothing")
        self.assertEqual(caught.exception.key, "nothing")
        self.assertIsInstance(caught.exception.__cause__, self.app.errors.NotIndexedError)

    def test_classes_are_of_one_component(self) -> None:
        other = self.load()
        self.assertIsNot(other.errors.NoKeyError, self.app.errors.NoKeyError)

    def test_a_domain_error_leaves_the_state_as_the_method_left_it(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        with self.assertRaises(DomainError):
            ledger.fail("kept", "err")
        self.assertEqual(self.pairs(ledger), [("kept", 1)])

    def test_errors_are_told_in_json_and_pickled(self) -> None:
        with self.assertRaises(self.app.errors.NoKeyError) as caught:
            self.ledgers.Ledger("ann").get("nothing")
        told = caught.exception.to_dict()
        self.assertEqual((told["class"], told["fields"], told["causes"][0]["class"]), ("NoKeyError", {"key": "nothing"}, "NotIndexedError"))
        again = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual(again.to_dict(), told)
        panic = pickle.loads(pickle.dumps(PanicError("p", location=recover_host.Location("a.rs", 3, 1))))
        self.assertIs(type(panic), PanicError)
        self.assertEqual(str(panic.location), "a.rs:3:1")


class Policies(Loaded):
    def test_rollback_undoes_what_a_panic_did(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        for how in UNWINDING:
            with self.assertRaises(PanicError):
                ledger.fail("torn", how)
            self.assertEqual(self.pairs(ledger), [("rent", 7)])

    def test_poison_refuses_until_it_is_cleared(self) -> None:
        draft = self.ledgers.Draft()
        draft.write("a")
        with self.assertRaises(PanicError):
            draft.fail("b", "panic")
        with self.assertRaises(PoisonedError) as caught:
            draft.text()
        self.assertEqual(caught.exception.kind, "poisoned")
        self.assertTrue(draft.clear_poison())
        self.assertEqual(draft.text(), "ab")

    def test_keep_keeps_what_a_panic_did(self) -> None:
        tally = self.ledgers.Tally()
        with self.assertRaises(PanicError):
            tally.fail(3, "panic")
        self.assertEqual(tally.add(1), 4)


if __name__ == "__main__":
    unittest.main()
