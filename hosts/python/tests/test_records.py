"""Objects that persist: what is recorded, and what comes back after an end."""

from __future__ import annotations

import unittest
from typing import Any, List

from support import Loaded, text

import recover_host
from recover_host import ComponentError, DomainError, InstanceAbortedError, Journal, LostReport, PanicError, StaleHandleError


class Revival(Loaded):
    def test_an_object_without_calls_comes_back(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        self.trap()
        self.assertEqual(ledger.owner(), "ann")

    def test_an_object_with_one_call_comes_back(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        self.trap()
        self.assertEqual(self.pairs(ledger), [("rent", 7)])

    def test_an_object_with_200_calls_comes_back_from_a_snapshot_and_the_rest(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        for index in range(200):
            ledger.put(f"key {index % 50}", index)
        before = self.pairs(ledger)
        snapshots = self.app.health().snapshots
        self.assertEqual(snapshots, 200 // 64)
        self.trap()
        self.assertEqual(self.pairs(ledger), before)
        self.assertEqual(self.app.health().replayed, 201 - 3 * 64)

    def test_without_a_cut_every_call_is_replayed(self) -> None:
        app = self.load(journal=Journal(calls=1000))
        ledger = app.ledgers.Ledger("ann")
        for index in range(200):
            ledger.put(f"key {index % 50}", index)
        before = self.pairs(ledger)
        with self.assertRaises(InstanceAbortedError):
            app.ledgers.fail("abort")
        self.assertEqual(self.pairs(ledger), before)
        self.assertEqual((app.health().replayed, app.health().snapshots), (201, 0))

    def test_a_long_argument_cuts_by_bytes(self) -> None:
        app = self.load(journal=Journal(calls=1000, bytes=1000))
        ledger = app.ledgers.Ledger("ann")
        ledger.put("k" * 999, 1)
        self.assertEqual(app.health().snapshots, 1)

    def test_the_programs_own_save_cuts(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        ledger.save()
        self.trap()
        self.assertEqual(self.pairs(ledger), [("rent", 7)])
        self.assertEqual(self.app.health().replayed, 0)

    def test_an_object_comes_back_at_each_end(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        for index in range(5):
            ledger.put(f"key {index}", index)
            self.trap()
        self.assertEqual(len(self.pairs(ledger)), 5)

    def test_the_call_that_ended_the_instance_never_happened(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        for how in ("unreachable", "abort", "double-panic"):
            with self.assertRaises(InstanceAbortedError):
                ledger.fail("torn", how)
            self.assertEqual(self.pairs(ledger), [("rent", 7)])

    def test_a_restored_object_comes_back(self) -> None:
        first = self.ledgers.Ledger("ann")
        first.put("rent", 7)
        second = self.ledgers.Ledger.restore(first.save())
        second.put("tea", 3)
        self.trap()
        self.assertEqual(self.pairs(second), [("rent", 7), ("tea", 3)])

    def test_objects_come_in_when_they_are_used(self) -> None:
        ledgers = [self.ledgers.Ledger(f"owner {index}") for index in range(10)]
        self.trap()
        self.assertEqual(self.app.health().revived, 0)
        self.assertEqual(ledgers[4].owner(), "owner 4")
        self.assertEqual(self.app.health().revived, 1)

    def test_what_a_panic_undid_is_not_replayed(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("rent", 7)
        with self.assertRaises(PanicError):
            ledger.fail("torn", "panic")
        self.trap()
        self.assertEqual(self.pairs(ledger), [("rent", 7)])

    def test_a_domain_error_that_changed_the_object_is_replayed(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        with self.assertRaises(DomainError):
            ledger.fail("kept", "err")
        self.trap()
        self.assertEqual(self.pairs(ledger), [("kept", 1)])

    def test_a_snapshot_follows_a_call_that_failed(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        with self.assertRaises(PanicError):
            ledger.fail("torn", "panic")
        ledger.put("rent", 7)
        self.assertEqual(self.app.health().snapshots, 1)

    def test_ctrl_c_leaves_no_call_out_of_the_record(self) -> None:
        ledger, other = self.ledgers.Ledger("ann"), self.ledgers.Ledger("bob")
        other.put("tea", 3)
        for method, arguments in (("put", ("rent", 7)), ("absorb", (other,))):
            function = getattr(type(ledger), method).wit
            lift = function.lift

            def interrupted(slot: Any) -> Any:
                # As a signal does, that came during the call.
                raise KeyboardInterrupt

            function.lift = interrupted
            try:
                with self.assertRaises(KeyboardInterrupt):
                    getattr(ledger, method)(*arguments)
            finally:
                function.lift = lift
        with self.assertRaises(StaleHandleError):
            other.owner()
        ledger.put("milk", 1)
        before = self.pairs(ledger)
        self.assertEqual(before, [("rent", 7), ("tea", 3), ("milk", 1)])
        self.trap()
        self.assertEqual(self.pairs(ledger), before)

    def test_ctrl_c_in_a_replay_leaves_no_object_with_some_of_its_calls(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        for index in range(10):
            ledger.put(f"key {index}", index)
        before = self.pairs(ledger)
        self.trap()
        function = type(ledger).put.wit
        lift, left = function.lift, [3]

        def interrupted(slot: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return lift(slot)

        function.lift = interrupted
        try:
            with self.assertRaises(KeyboardInterrupt):
                ledger.owner()
        finally:
            function.lift = lift
        self.assertEqual(self.pairs(ledger), before)
        self.assertEqual(self.ledgers.live(), 1)

    def test_an_object_that_has_no_room_is_not_lost(self) -> None:
        ledger = self.ledgers.Ledger("ann")
        ledger.put("k" * (2 << 20), 7)
        ledger.save()
        self.trap()
        fillers = [self.ledgers.Draft() for _ in range(59)]
        for filler in fillers:
            filler.write("f" * (1 << 20))
        with self.assertRaises(recover_host.OutOfMemoryError) as caught:
            ledger.owner()
        self.assertFalse(caught.exception.fatal)
        if hasattr(caught.exception, "__notes__"):
            self.assertIn("when a Ledger was to come back, which the next call tries again", caught.exception.__notes__)
        self.assertEqual(self.app.health().lost, 0)
        for filler in fillers[:9]:
            filler.close()
        self.assertEqual(ledger.owner(), "ann")
        self.assertEqual([one.amount for one in ledger.entries()], [7])

    def test_changing_an_argument_later_changes_no_record(self) -> None:
        data = bytearray(self.ledgers.Ledger("ann").save())
        ledger = self.ledgers.Ledger.restore(data)
        data[:] = b"\xff" * len(data)
        self.trap()
        self.assertEqual(ledger.owner(), "ann")


class Together(Loaded):
    def two(self) -> "tuple[Any, Any]":
        one, other = self.ledgers.Ledger("ann"), self.ledgers.Ledger("bob")
        one.put("rent", 7)
        other.put("tea", 3)
        return one, other

    def test_merge_moves_both_records(self) -> None:
        one, other = self.two()
        self.assertEqual(one.merge(other), 2)
        self.assertEqual(self.app.health().snapshots, 2)
        self.trap()
        self.assertEqual(self.pairs(one), [("rent", 7), ("tea", 3)])
        self.assertEqual(self.pairs(other), [("tea", 3)])

    def test_absorb_moves_one_record_and_ends_the_other(self) -> None:
        one, other = self.two()
        self.assertEqual(one.absorb(other), 2)
        with self.assertRaisesRegex(StaleHandleError, "consumed"):
            other.owner()
        self.trap()
        self.assertEqual(self.pairs(one), [("rent", 7), ("tea", 3)])
        with self.assertRaisesRegex(StaleHandleError, "consumed"):
            other.owner()

    def test_an_object_can_not_be_consumed_by_itself(self) -> None:
        one, _ = self.two()
        with self.assertRaises(recover_host.BusyError):
            one.absorb(one)
        self.assertEqual(self.pairs(one), [("rent", 7)])
        self.assertEqual(self.app.health().restarts, 0)

    def test_a_merge_that_fails_by_a_domain_error_moves_what_it_changed(self) -> None:
        one, other = self.ledgers.Ledger("ann"), self.ledgers.Ledger("bob")
        for index in range(60):
            one.put(f"a {index}", index)
            other.put(f"b {index}", index)
        with self.assertRaises(self.app.errors.QuotaError) as caught:
            one.merge(other)
        self.assertEqual(caught.exception.limit, 100)
        before = self.pairs(one)
        self.trap()
        self.assertEqual(self.pairs(one), before)
        self.assertEqual(len(self.pairs(other)), 60)


class Games(unittest.TestCase):
    """Replays that end differently, and snapshots that fail: functions of Python say when."""

    def setUp(self) -> None:
        self.says: Any = lambda: 1
        self.app = self.load()
        self.dice = self.app.games.Dice()

    def load(self, **options: Any) -> recover_host.Component:
        app = recover_host.load(text("games"), imports={"next": lambda: self.says(), "ask": len}, **options)
        self.addCleanup(app.close)
        return app

    def stop(self, dice: Any) -> None:
        with self.assertRaises(InstanceAbortedError):
            dice.stop()

    def saying(self, *words: int) -> None:
        following = iter(words)
        self.says = lambda: next(following, 1)

    def test_a_replay_that_ends_the_same_brings_it_back(self) -> None:
        self.assertEqual([self.dice.step() for _ in range(3)], [1, 2, 3])
        self.stop(self.dice)
        self.assertEqual(self.dice.step(), 4)
        self.assertEqual((self.app.health().revived, self.app.health().replayed), (1, 3))

    def test_a_replay_that_ends_differently_loses_the_object_and_is_reported(self) -> None:
        heard: List[LostReport] = []
        self.app.on_lost(heard.append)
        other = self.app.games.Dice()
        other.step()
        self.dice.time()
        self.stop(self.dice)
        for number in range(2):
            with self.assertRaises(StaleHandleError) as caught:
                if number == 0:
                    with self.assertLogs("recover_host", "WARNING"):
                        self.dice.step()
                self.dice.step()
            self.assertIn("games.Dice.time ended differently", str(caught.exception.__cause__))
            self.assertIn("could not come back", str(caught.exception))
        self.assertEqual([(one.name, one.reason) for one in heard], [("Dice", caught.exception.__cause__)])
        self.assertEqual(self.app.health().lost, 1)
        self.assertEqual(other.step(), 2)

    def test_a_constructor_that_called_python_is_not_replayed(self) -> None:
        self.app.asking()
        said: List[int] = []
        self.says = lambda: said.append(1) or 5
        dice = self.app.games.Dice()
        self.stop(dice)
        said.clear()
        self.says = lambda: said.append(1) or 7
        self.assertEqual(dice.step(), 6)
        self.assertEqual(len(said), 1, "the start of the instance asked, and no replay")

    def test_a_revival_that_python_cuts_is_made_again(self) -> None:
        for made in (ZeroDivisionError("no dice"), KeyboardInterrupt(), SystemExit(3)):
            with self.subTest(made):
                self.says = lambda: 1
                dice = self.fifty()
                self.stop(dice)
                said = iter([1])

                def raising() -> int:
                    # The start of the instance asks first, then `restore`.
                    for word in said:
                        return word
                    raise made

                self.says = raising
                with self.assertRaises(type(made)) as caught:
                    dice.step()
                self.assertIs(caught.exception, made)
                self.says = lambda: 1
                self.assertEqual(dice.step(), 51)
                self.assertEqual(self.app.health().lost, 0)

    def test_a_revival_that_takes_too_long_is_made_again(self) -> None:
        self.app = self.load(limits=recover_host.Limits(timeout=0.2))
        dice = self.fifty()
        self.stop(dice)
        self.saying(1, 96)
        with self.assertRaises(recover_host.TimeoutError) as caught:
            dice.step()
        if hasattr(caught.exception, "__notes__"):
            self.assertIn("when a Dice was to come back, which the next call tries again", caught.exception.__notes__)
        self.assertEqual(dice.step(), 51)
        self.assertEqual((self.app.health().lost, self.app.health().restarts), (0, 2))

    def fifty(self) -> Any:
        """One that asks when it comes back."""
        dice = self.app.games.Dice()
        self.says = lambda: 50
        self.assertEqual(dice.roll(), 50)
        self.says = lambda: 1
        return dice

    def test_a_call_that_called_python_is_not_replayed(self) -> None:
        self.says = lambda: 5
        self.assertEqual(self.dice.roll(), 5)
        self.stop(self.dice)
        said: List[int] = []
        self.says = lambda: said.append(1) or 3
        self.assertEqual(self.dice.step(), 6)
        self.assertEqual(len(said), 1, "the start of the instance asked, and no replay")
        self.assertEqual(self.app.health().replayed, 0)

    def test_if_the_snapshot_traps_the_call_never_happened(self) -> None:
        self.dice.step()
        self.saying(5, 97)
        with self.assertRaises(InstanceAbortedError):
            self.dice.roll()
        self.assertEqual(self.dice.step(), 2)

    def test_if_the_snapshot_fails_the_object_is_behind_until_one_succeeds(self) -> None:
        self.saying(5, 98)
        with self.assertLogs("recover_host", "WARNING") as logs:
            self.assertEqual(self.dice.roll(), 5)
        self.assertIn("is behind", logs.output[0])
        self.assertEqual(self.dice.step(), 6)
        self.stop(self.dice)
        self.assertEqual(self.dice.step(), 7)
        self.saying(5, 98)
        with self.assertLogs("recover_host", "WARNING"):
            self.dice.roll()
        self.stop(self.dice)
        with self.assertLogs("recover_host", "WARNING"), self.assertRaisesRegex(StaleHandleError, "save returned an error"):
            self.dice.step()

    def test_a_snapshot_that_fails_leaves_the_journal(self) -> None:
        for word in (98, 97):
            with self.subTest(word):
                self.saying()
                app = self.load(journal=Journal(calls=2))
                dice = app.games.Dice()
                self.saying(word)
                with self.assertLogs("recover_host", "WARNING") as logs:
                    self.assertEqual([dice.step() for _ in range(2)], [1, 2])
                self.assertIn("no snapshot", logs.output[0])
                self.assertEqual([dice.step() for _ in range(2)], [3, 4])
                self.assertEqual(app.health().snapshots, 1)

    def test_records_of_one_call_move_together_or_not_at_all(self) -> None:
        for word, expected in ((97, InstanceAbortedError), (98, ComponentError)):
            with self.subTest(word):
                self.saying()
                one, other = self.app.games.Dice(), self.app.games.Dice()
                for dice in (one, other, other):
                    dice.step()
                # The first of the two is saved, the second is not.
                self.saying(1, word)
                with self.assertRaises(expected):
                    one.take(other)
                self.assertEqual((one.step(), other.step()), (2, 3))
                self.stop(one)
                self.assertEqual((one.step(), other.step()), (3, 4))

    def test_what_a_dead_call_consumed_comes_back(self) -> None:
        for word, expected in ((97, InstanceAbortedError), (98, ComponentError)):
            with self.subTest(word):
                self.saying()
                one, other = self.app.games.Dice(), self.app.games.Dice()
                for dice in (one, other, other):
                    dice.step()
                self.saying(word)
                with self.assertRaises(expected):
                    one.absorb(other)
                self.assertEqual((one.step(), other.step()), (2, 3))

    def test_an_object_that_can_not_come_back_is_no_crash_loop_for_others(self) -> None:
        other = self.app.games.Dice()
        for _ in range(8):
            dice = self.app.games.Dice()
            self.stop(dice)
            self.assertEqual(dice.step(), 1)
        self.assertEqual(other.step(), 1)


if __name__ == "__main__":
    unittest.main()
