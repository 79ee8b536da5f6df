"""`Ctrl-C` at any moment of a call: the record of an object and what is in the instance never come apart.

A signal is handled between two steps of the interpreter. So each test makes a call again and again, raises
`KeyboardInterrupt` before its first step, its second, and so on to the last, and looks at what is left each time.
"""

from __future__ import annotations

import dis
import os
import sys
import traceback
import unittest
from functools import lru_cache
from typing import Any, Callable, List, Set, Tuple

from support import text

import recover_host
from recover_host import InstanceAbortedError, StaleHandleError

PACKAGE = os.path.dirname(recover_host.__file__)


# What C calls can raise nothing: CPython prints what a signal raised there.
OF_C = ("callback", "__del__")


@lru_cache(None)
def steps(code: Any) -> Set[int]:
    """Where CPython looks for signals: behind calls, where functions begin, and where loops turn."""
    found, behind = set(), False
    for one in dis.get_instructions(code):
        if behind:
            found.add(one.offset)
        behind = one.opname.startswith(("CALL", "RESUME"))
        if "BACKWARD" in one.opname:
            found.add(one.argval)
    return found


class Interrupt:
    """Raises at the step of that number, counted in the files of the package."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE) or code.co_name in OF_C:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in steps(code):
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self


@unittest.skipIf(sys.version_info < (3, 11), "older ones look for signals at other steps")
class Interrupts(unittest.TestCase):
    def setUp(self) -> None:
        self.app = recover_host.load(text("games"), imports={"next": lambda: 1, "ask": len})
        self.addCleanup(self.app.close)

    def each(self, prepare: Callable[[], List[Any]], call: Callable[..., Any], *states: Any) -> None:
        """`states` are how the objects may be: as they were, or as the call leaves them."""
        # How many steps there are depends on what is freed meanwhile.
        at = whole = 0
        while whole < 20:
            at += 1
            dice = prepare()
            interrupt, where = Interrupt(at), ""
            sys.settrace(interrupt)
            try:
                call(*dice)
            except KeyboardInterrupt as error:
                one = traceback.extract_tb(error.__traceback__)[-2]
                where = f"step {at}, in {one.name}, line {one.lineno}: {one.line}"
            finally:
                sys.settrace(None)
            if interrupt.left > 0:
                whole += 1
                continue
            whole = 0
            with self.subTest(where):
                now, before, after = self.look(dice)
                self.assertIn(now, states)
                self.assertEqual(before, after)
        self.assertGreater(at, 60)

    def look(self, dice: List[Any]) -> Tuple[Any, List[Any], List[Any]]:
        """How they are, what a call should make of each after the instance has ended, and what it makes."""
        before = [self.step(one) for one in dice]
        with self.assertRaises(InstanceAbortedError):
            self.app.miss()
        return tuple(one and one - 1 for one in before), [one and one + 1 for one in before], [self.step(one) for one in dice]

    def step(self, dice: Any) -> Any:
        try:
            return dice.step()
        except StaleHandleError:
            return None

    def made(self, *sums: int) -> List[Any]:
        dice = []
        for number in sums:
            dice.append(self.app.games.Dice())
            for _ in range(number):
                dice[-1].step()
        return dice

    def test_a_call_that_is_recorded(self) -> None:
        self.each(lambda: self.made(2), lambda one: one.step(), (2,), (3,))

    def test_a_call_that_a_snapshot_follows(self) -> None:
        self.each(lambda: self.made(2), lambda one: one.roll(), (2,), (3,))

    def test_a_call_of_two_objects(self) -> None:
        self.each(lambda: self.made(2, 3), lambda one, other: one.take(other), (2, 3), (5, 3))

    def test_a_call_that_consumes(self) -> None:
        self.each(lambda: self.made(2, 3), lambda one, other: one.absorb(other), (2, 3), (5, None))

    def test_a_revival(self) -> None:
        def ended() -> List[Any]:
            dice = self.made(3)
            with self.assertRaises(InstanceAbortedError):
                self.app.miss()
            return dice

        self.each(ended, lambda one: one.step(), (3,), (4,))


if __name__ == "__main__":
    unittest.main()
