"""The end of an instance and what follows: limits, handles, listeners, and what is freed."""

from __future__ import annotations

import builtins
import gc
import pathlib
import threading
import time
import unittest
from typing import Any, List

from support import Loaded, fixture, text

import recover_host
from recover_host import (
    AbortReport,
    BusyError,
    DomainError,
    InstanceAbortedError,
    Limits,
    OutOfMemoryError,
    PanicError,
    RestartLimit,
    RestartLimitError,
    StackOverflowError,
    StaleHandleError,
    TimeoutError,
)


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096


class Handles(Loaded):
    def test_a_handle_without_a_record_is_stale_after_an_end(self) -> None:
        draft = self.ledgers.Draft()
        draft.write("a")
        self.trap()
        for _ in range(2):
            with self.assertRaisesRegex(StaleHandleError, "this Draft went with instance 1"):
                draft.text()
        self.assertEqual(self.app.health().stale, 2)
        self.assertEqual(self.ledgers.Draft().text(), "")

    def test_a_closed_handle_is_stale(self) -> None:
        with self.ledgers.Ledger("ann") as ledger:
            ledger.put("rent", 7)
        ledger.close()
        with self.assertRaisesRegex(StaleHandleError, "was closed"):
            ledger.owner()
        self.assertEqual(self.ledgers.live(), 0)

    def test_a_closed_handle_does_not_come_back(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.close()
        self.trap()
        with self.assertRaisesRegex(StaleHandleError, "was closed"):
            ledger.owner()

    def test_a_stale_handle_is_never_another_object(self) -> None:
        drafts = [self.ledgers.Draft() for _ in range(3)]
        self.trap()
        fresh = [self.ledgers.Draft() for _ in range(3)]
        for index, draft in enumerate(fresh):
            draft.write(str(index))
        for draft in drafts:
            with self.assertRaises(StaleHandleError):
                draft.write("x")
        self.assertEqual([draft.text() for draft in fresh], ["0", "1", "2"])

    def test_what_the_garbage_collector_takes_is_freed(self) -> None:
        for _ in range(50):
            self.ledgers.Ledger("ann")
        gc.collect()
        self.assertEqual(self.ledgers.live(), 0)
        self.assertEqual(self.app.health().objects, 0)

    def test_a_revived_object_is_freed_once(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        self.trap()
        self.assertEqual(ledger.owner(), "ann")
        self.assertEqual(self.ledgers.live(), 1)
        ledger.close()
        self.assertEqual(self.ledgers.live(), 0)

    def test_what_was_consumed_is_freed_once(self) -> None:
        one, other = self.ledgers.Ledger("ann"), self.ledgers.Ledger("bob")
        one.absorb(other)
        other.close()
        self.assertEqual(self.ledgers.live(), 1)

    def test_a_closed_component_refuses(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        with self.app:
            pass
        for call in (ledger.owner, lambda: self.ledgers.parse("7"), lambda: self.ledgers.Ledger("bob")):
            with self.assertRaisesRegex(StaleHandleError, "was closed"):
                call()
        ledger.close()


class Restarts(Loaded):
    def test_what_callers_provoke_is_no_crash_loop(self) -> None:
        for _ in range(20):
            self.trap()
        self.assertEqual(self.ledgers.parse("7"), 7)
        self.assertEqual(self.app.health().restarts, 20)

    def test_a_limit_of_the_programs_counts_every_end(self) -> None:
        app = self.load(restart_limit=RestartLimit(restarts=2, period=60))
        ledger = app.ledgers.Ledger("ann")
        for _ in range(3):
            with self.assertRaises(InstanceAbortedError):
                app.ledgers.fail("unreachable")
        for _ in range(2):
            with self.assertRaisesRegex(RestartLimitError, "more often than 2 times in 60 s; call restart"):
                ledger.owner()
        self.assertTrue(app.health().limited)
        app.restart()
        self.assertEqual(ledger.owner(), "ann")
        self.assertFalse(app.health().limited)

    def test_a_limit_forgets_what_is_long_ago(self) -> None:
        app = self.load(restart_limit=RestartLimit(restarts=2, period=0.3))
        for _ in range(6):
            with self.assertRaises(InstanceAbortedError):
                app.ledgers.fail("unreachable")
            time.sleep(0.2)
        self.assertEqual(app.ledgers.parse("7"), 7)

    def test_restart_ends_the_instance_and_keeps_objects(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        heard: List[AbortReport] = []
        self.app.on_abort(heard.append)
        self.app.restart()
        self.assertEqual(ledger.owner(), "ann")
        self.assertEqual((self.app.health().instance, heard), (2, []))

    @unittest.skipUnless(pathlib.Path("/proc/self/statm").exists(), "tells no resident memory")
    def test_a_thousand_traps_leave_no_memory_and_no_handles(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)

        def round() -> None:
            draft = self.ledgers.Draft()
            draft.write("a")
            with self.assertRaises(InstanceAbortedError):
                ledger.fail("torn", "unreachable")
            self.assertEqual(self.pairs(ledger), [("rent", 7)])

        for _ in range(100):
            round()
        gc.collect()
        before, objects = resident(), len(gc.get_objects())
        for _ in range(1000):
            round()
        gc.collect()
        self.assertLess(resident() - before, 8 << 20)
        self.assertLess(len(gc.get_objects()) - objects, 200)
        self.assertEqual(self.app.health().objects, 1)
        self.assertEqual(self.ledgers.live(), 1)


class CrashLoops(unittest.TestCase):
    """Starts that trap."""

    def test_a_start_that_traps_again_and_again_is_a_crash_loop(self) -> None:
        says = [1]
        app = recover_host.load(text("games"), imports={"next": lambda: says[0], "ask": len})
        self.addCleanup(app.close)
        dice = app.games.Dice()
        with self.assertRaises(InstanceAbortedError):
            dice.stop()
        says[0] = 99
        heard: List[AbortReport] = []
        app.on_abort(heard.append)
        for _ in range(6):
            with self.assertRaises(InstanceAbortedError) as aborted:
                app.rolled()
            self.assertIn("its start", str(aborted.exception))
        with self.assertRaisesRegex(RestartLimitError, "without a call in between; call restart") as caught:
            app.rolled()
        self.assertIs(caught.exception.__cause__, aborted.exception)
        self.assertEqual([one.progress for one in heard], [False] * 6)
        says[0] = 1
        app.restart()
        self.assertEqual(app.rolled(), 1)
        self.assertEqual(dice.step(), 1)

    def test_a_frame_below_the_stack_in_memory_is_a_stack_overflow(self) -> None:
        app = recover_host.load(text("games"), imports={"next": lambda: 1, "ask": len})
        self.addCleanup(app.close)
        for overflow in (app.fall, app.dig):
            with self.assertRaises(StackOverflowError) as caught:
                overflow()
            self.assertTrue(caught.exception.fatal)
        with self.assertRaises(InstanceAbortedError) as missed:
            app.miss()
        self.assertIn("out of bounds", str(missed.exception))

    def test_load_says_what_its_start_failed_by(self) -> None:
        with self.assertRaises(InstanceAbortedError):
            recover_host.load(text("games"), imports={"next": lambda: 99, "ask": len})


class LimitsOfUse(Loaded):
    def test_a_call_that_takes_too_long_is_stopped(self) -> None:
        app = self.load(limits=Limits(timeout=0.2))
        ledger = app.ledgers.Ledger("ann")
        begun = time.monotonic()
        with self.assertRaisesRegex(TimeoutError, "took longer than 0.2 s") as caught:
            app.ledgers.spin()
        self.assertLess(time.monotonic() - begun, 5)
        self.assertIsInstance(caught.exception, builtins.TimeoutError)
        self.assertEqual((caught.exception.kind, caught.exception.fatal), ("timeout", True))
        self.assertEqual(ledger.owner(), "ann")

    def test_a_deadline_is_of_one_call(self) -> None:
        app = self.load(limits=Limits(timeout=1))
        until = time.monotonic() + 2
        while time.monotonic() < until:
            self.assertEqual(app.ledgers.parse("7"), 7)
        time.sleep(1.2)
        self.assertEqual(app.ledgers.parse("7"), 7)
        self.assertEqual(app.health().restarts, 0)
        with self.assertRaises(TimeoutError):
            app.ledgers.spin()

    def test_a_tick_that_comes_late_stops_no_other_call(self) -> None:
        app = self.load(limits=Limits(timeout=30))
        watch = app._supervisor.watch
        # As its thread does, when the call has just left.
        watch.ticked = True
        watch.engine.increment_epoch()
        self.assertEqual(app.ledgers.parse("7"), 7)
        self.assertEqual(app.health().restarts, 0)

    def test_timeouts_of_two_components_are_apart(self) -> None:
        slow, other = self.load(limits=Limits(timeout=0.2)), self.load(limits=Limits(timeout=1.5))
        took: List[float] = []

        def spin() -> None:
            begun = time.monotonic()
            with self.assertRaises(TimeoutError):
                other.ledgers.spin()
            took.append(time.monotonic() - begun)

        thread = threading.Thread(target=spin)
        thread.start()
        with self.assertRaises(TimeoutError):
            slow.ledgers.spin()
        thread.join(20)
        self.assertEqual(len(took), 1)
        self.assertGreater(took[0], 1.2)

    def test_memory_beyond_the_limit_is_an_error_of_the_call(self) -> None:
        app = self.load(limits=Limits(memory=8 << 20))
        ledger = app.ledgers.Ledger("ann")
        for how in ("out-of-memory", "out-of-memory-huge"):
            with self.assertRaises(OutOfMemoryError):
                app.ledgers.fail(how)
        self.assertEqual(ledger.owner(), "ann")

    def test_an_argument_beyond_the_limit_is_out_of_memory(self) -> None:
        app = self.load(limits=Limits(memory=8 << 20))
        ledger = app.ledgers.Ledger("ann")
        with self.assertRaises(OutOfMemoryError) as caught:
            ledger.put("k" * (16 << 20), 1)
        self.assertEqual(caught.exception.kind, "out-of-memory")
        self.assertEqual(ledger.owner(), "ann")
        self.assertEqual(self.pairs(ledger), [])

    def test_a_limit_below_what_the_component_starts_with_is_told(self) -> None:
        with self.assertRaisesRegex(OutOfMemoryError, "more memory than the limit"):
            self.load(limits=Limits(memory=1 << 16))

    def test_limits_are_numbers_above_zero(self) -> None:
        for wrong in (0, -1, "1"):
            with self.assertRaisesRegex(ValueError, "memory takes a number above 0"):
                Limits(memory=wrong)  # type: ignore[arg-type]


class Overlaps(Loaded):
    def test_a_call_of_another_thread_is_refused_at_once(self) -> None:
        app = self.load(limits=Limits(timeout=1.5))
        ledger = app.ledgers.Ledger("ann")
        ended: List[BaseException] = []

        def spin() -> None:
            try:
                app.ledgers.spin()
            except BaseException as error:
                ended.append(error)

        thread = threading.Thread(target=spin)
        thread.start()
        while app._supervisor.current != "ledgers.spin":
            time.sleep(0.01)
        time.sleep(0.05)
        begun = time.monotonic()
        with self.assertRaisesRegex(BusyError, "owner was called while ledgers.spin was under way") as caught:
            ledger.owner()
        with self.assertRaises(BusyError):
            app.restart()
        self.assertLess(time.monotonic() - begun, 0.5)
        self.assertTrue(caught.exception.retryable)
        other = app.ledgers
        ledger.close()
        thread.join(20)
        self.assertEqual([type(one) for one in ended], [TimeoutError])
        self.assertEqual(other.live(), 0)
        with self.assertRaisesRegex(StaleHandleError, "was closed"):
            ledger.owner()

    def test_threads_that_take_turns_work(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        done: List[int] = []

        def work(number: int) -> None:
            for index in range(50):
                while True:
                    try:
                        ledger.put(f"{number}", index)
                        break
                    except BusyError:
                        time.sleep(0.001)
            done.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(sorted(done), [0, 1, 2, 3])
        self.assertEqual(sorted(self.pairs(ledger)), [(str(number), 49) for number in range(4)])


class Listeners(Loaded):
    def test_listeners_hear_of_ends_and_panics(self) -> None:
        ends: List[AbortReport] = []
        panics: List[PanicError] = []
        off = self.app.on_abort(ends.append)
        self.app.on_panic(panics.append)
        ledger, draft = self.ledgers.Ledger("ann"), self.ledgers.Draft()
        with self.assertRaises(PanicError) as panicked:
            self.ledgers.fail("panic")
        error = self.trap()
        self.assertEqual(panics, [panicked.exception])
        report, = ends
        self.assertIs(report.error, error)
        self.assertEqual((report.function, report.instance, report.kept, report.lost, report.progress), ("ledgers.fail", 1, 1, ("Draft",), True))
        off()
        off()
        self.trap()
        self.assertEqual(len(ends), 1)
        del ledger, draft

    def test_a_listener_may_call_the_component(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        heard: List[Any] = []
        self.app.on_abort(lambda report: heard.append(ledger.owner()))
        self.trap()
        self.assertEqual(heard, ["ann"])

    def test_a_listener_that_raises_replaces_no_error(self) -> None:
        def listener(report: AbortReport) -> None:
            raise ZeroDivisionError("listener")

        self.app.on_abort(listener)
        with self.assertLogs("recover_host", "ERROR") as logs:
            self.trap()
        self.assertIn("ZeroDivisionError: listener", logs.output[0])

    def test_health_tells_what_happened(self) -> None:
        ledger, draft = self.ledgers.Ledger("ann"), self.ledgers.Draft()
        with self.assertRaises(PanicError):
            self.ledgers.fail("panic")
        with self.assertRaises(DomainError):
            ledger.get("nothing")
        health = self.app.health()
        self.assertEqual((health.instance, health.alive, health.calls, health.panics, health.errors), (1, True, 4, 1, 1))
        self.assertEqual((health.objects, health.persistent), (2, 1))
        error = self.trap()
        self.assertEqual(ledger.owner(), "ann")
        health = self.app.health()
        self.assertEqual((health.instance, health.restarts, health.revived, health.lost, health.objects), (2, 1, 1, 1, 1))
        self.assertIs(health.last_end, error)
        del draft

    def test_a_component_that_nobody_has_ends_its_thread(self) -> None:
        def watching() -> int:
            return sum(one.name == "recover-host" for one in threading.enumerate())

        before = watching()
        app = recover_host.load(fixture(), limits=Limits(timeout=30))
        app.ledgers.parse("7")
        self.assertEqual(watching(), before + 1)
        del app
        gc.collect()
        for _ in range(100):
            if watching() <= before:
                break
            time.sleep(0.02)
        self.assertLessEqual(watching(), before)


if __name__ == "__main__":
    unittest.main()
