"""Functions of Python that a component imports: their values, their exceptions, and errors both ways."""

from __future__ import annotations

import unittest
from typing import Any

from support import text

import recover_host
from recover_host import ComponentError, Err, Ok, PanicError, Variant
from recover_host.errors import told


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
        self.assertTrue(failure["location"].file.endswith("test_imports.py"))


class Mute(Exception):
    """An exception that can't say anything, and whose attributes are of other types than ours."""

    def __init__(self) -> None:
        self.build, self.retryable, self.frames, self.location, self.kind = 7, "perhaps", "abc", {"start": 1}, 3

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__

    @property
    def code(self) -> str:
        raise ValueError("no code")


class Gone(Exception):
    """An exception with a field."""

    def __init__(self, key: str) -> None:
        super().__init__(f"gone: {key}")
        self.key = key


class Both(unittest.TestCase):
    """A component whose imports and exports have the `failure` of recover:error."""

    def setUp(self) -> None:
        self.answers: Any = len
        self.app = recover_host.load(text("messenger"), imports={"answers": {"answer": lambda text: self.answers(text)}})
        self.addCleanup(self.app.close)

    def test_an_exception_reaches_the_component_and_its_caller_with_its_class_fields_and_chain(self) -> None:
        def answer(text: str) -> int:
            try:
                {}[text]
            except KeyError as error:
                raise Gone(text) from error
            return 0

        self.answers = answer
        with self.assertRaises(self.app.errors.Gone) as caught:
            self.app.relay.pass_("x")
        error = caught.exception
        self.assertEqual((error.key, str(error), error.language, error.kind), ("x", "gone: x", "python", "domain"))
        self.assertEqual([(one.error_class, one.language) for one in error.causes], [("KeyError", "python")])
        self.assertEqual([one.function for one in error.frames], ["answer", "<lambda>"])
        self.assertTrue(error.location.file.endswith("test_imports.py"))
        self.assertIsInstance(error.original, Gone)
        self.assertIs(error.__cause__, error.original)
        self.assertIsInstance(error.original.__cause__, KeyError)
        self.assertEqual(self.app.health().restarts, 0)
        self.answers = len
        self.assertEqual(self.app.relay.pass_("four"), 4)

    def test_a_typed_error_passes_through_unchanged(self) -> None:
        made = PanicError(
            "a panic elsewhere", language="rust", location=recover_host.Location("a.rs", 3, 9), build="ab" * 20, fields={"n": 2**64 - 1},
            frames=(recover_host.Frame("f", recover_host.Location("a.rs", 3, 9), "m.wasm", 2**40), recover_host.Frame()),
        )
        made.__cause__ = self.app.errors["some.Cause"]("behind", code="E_BEHIND", fields={"data": b"\0\xff", "none": None, "half": 0.5, "no": False})

        def answer(text: str) -> int:
            raise made

        self.answers = answer
        with self.assertRaises(PanicError) as caught:
            self.app.relay.pass_("x")
        back, sent = caught.exception.to_dict(), made.to_dict()
        cause, = back.pop("causes")
        sent.pop("causes")
        self.assertEqual(back, sent)
        self.assertEqual((cause["class"], cause["code"], cause["message"]), ("some.Cause", "E_BEHIND", "behind"))
        self.assertEqual(cause["fields"], {"data": b"\0\xff", "none": None, "half": 0.5, "no": False})

    def test_no_more_causes_and_frames_cross_than_may(self) -> None:
        def deep(depth: int) -> int:
            return deep(depth - 1) if depth else 1 // 0

        def answer(text: str) -> int:
            error: Any = None
            for number in range(20):
                following = ValueError(str(number))
                following.__cause__ = error
                error = following
            try:
                deep(100)
            except ZeroDivisionError as caught:
                raise caught from error

        self.answers = answer
        with self.assertRaises(self.app.errors["ZeroDivisionError"]) as caught:
            self.app.relay.pass_("x")
        self.assertEqual([str(one) for one in caught.exception.causes], [str(number) for number in range(19, 11, -1)])
        self.assertEqual(len(caught.exception.frames), 64)
        self.assertEqual(len(told(caught.exception.original)["causes"]), 8)

    def test_a_component_that_tells_more_than_may_is_cut(self) -> None:
        place = {"file": "a.rs", "line": 3, "column": 9}
        frame = {"function": "f", "location": place, "module": None, "offset": None}
        cause = {"kind": "domain", "class": "Behind", "code": "", "message": "behind", "language": "rust", "location": None, "fields": [],
                 "frames": [frame] * 100}
        self.answers = lambda text: Err({**cause, "retryable": False, "fatal": False, "build": None, "causes": [cause] * 20})
        with self.assertRaises(recover_host.DomainError) as caught:
            self.app.relay.pass_("x")
        self.assertEqual([len(one.frames) for one in (caught.exception, *caught.exception.causes)], [64] * 9)
        # And so for one that it passes on.
        of = told(caught.exception)
        self.assertEqual([len(one["frames"]) for one in (of, *of["causes"])], [64] * 9)

    def test_a_cause_has_no_more_frames_than_may(self) -> None:
        def deep(depth: int) -> int:
            return deep(depth - 1) if depth else 1 // 0

        def answer(text: str) -> int:
            try:
                return deep(100)
            except ZeroDivisionError as error:
                raise ValueError("outer") from error

        self.answers = answer
        with self.assertRaises(self.app.errors["ValueError"]) as caught:
            self.app.relay.pass_("x")
        self.assertEqual(len(caught.exception.causes[0].frames), 64)
        self.assertEqual(len(told(caught.exception.original)["causes"][0]["frames"]), 64)
        self.assertEqual(len(told(PanicError("long", frames=(recover_host.Frame("f"),) * 100))["frames"]), 64)

    def test_a_class_may_have_any_name(self) -> None:
        for name in ("A\0", "\0", "two words", "Ünï", "DomainError"):
            with self.subTest(name):
                def answer(text: str) -> int:
                    raise recover_host.DomainError("named", error_class=name, fields={"b\0": 1})

                self.answers = answer
                with self.assertRaises(self.app.errors[name]) as caught:
                    self.app.relay.pass_("x")
                self.assertEqual((caught.exception.error_class, caught.exception.fields), (name, {"b\0": 1}))

    def test_an_exception_that_can_not_be_told_is_one_of_the_call(self) -> None:
        def answer(text: str) -> int:
            raise Mute()

        self.answers = answer
        with self.assertRaises(self.app.errors["Mute"]) as caught:
            self.app.relay.pass_("x")
        self.assertIn("whose text can't be had", caught.exception.message)
        self.assertEqual((caught.exception.build, caught.exception.retryable), (None, False))
        self.assertIsInstance(caught.exception.original, Mute)
        self.assertEqual(self.app.health().restarts, 0)

    def test_halves_of_surrogate_pairs_are_told_as_their_numbers(self) -> None:
        def answer(text: str) -> int:
            # As `os.fsdecode` makes a name of what is no UTF-8.
            error = FileNotFoundError(2, "none", "a\udcff")
            error.note = "n\udcfe"
            raise error from ValueError("c\udcfd")

        self.answers = answer
        with self.assertRaises(self.app.errors["FileNotFoundError"]) as caught:
            self.app.relay.pass_("x")
        self.assertIn("a\\udcff", caught.exception.message)
        self.assertEqual(caught.exception.fields["note"], "n\\udcfe")
        self.assertEqual(caught.exception.causes[0].message, "c\\udcfd")
        self.assertIsInstance(caught.exception.original, FileNotFoundError)
        self.assertEqual(self.app.health().restarts, 0)

    def test_an_answer_of_the_wrong_type_cuts_the_call(self) -> None:
        self.answers = lambda text: "four"
        with self.assertRaisesRegex(TypeError, "the result of test:messenger/answers@1.0.0#answer.* takes u32, and got str"):
            self.app.relay.pass_("x")
        self.answers = len
        self.assertEqual(self.app.relay.pass_("four"), 4)


if __name__ == "__main__":
    unittest.main()
