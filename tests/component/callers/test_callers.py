"""One failure is the same for every caller, field by field."""

from __future__ import annotations

import re
import unittest
from typing import ClassVar, Dict, List

import callers
import components

KINDS = {
    "panic": ("PanicError", "panic", "asked to panic"),
    "panic-in-drop": ("PanicError", "panic", "in drop"),
    "err": ("FixtureError", "domain", "asked to fail"),
    "parse": ("NotANumberError", "domain", "not a number: 12x"),
    "get": ("NoKeyError", "domain", "no key tea"),
    "poisoned": ("PoisonedError", "poisoned", None),
    "stack-overflow": ("StackOverflowError", "stack-overflow", None),
}
"""The class, the kind, and the message where the fixture says it."""


class Callers(unittest.TestCase):
    seen: ClassVar[Dict[str, List[callers.Told]]] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.seen = {name: caller(callers.TEXTS) for name, caller in callers.CALLERS.items()}

    def test_each_failure_is_the_same_for_each_caller_field_by_field(self) -> None:
        for index, text in enumerate(callers.TEXTS):
            expected = self.seen["Rust"][index]
            for name, told in self.seen.items():
                for row in callers.ROWS:
                    with self.subTest(text=text, caller=name, field=row):
                        self.assertIn(row, told[index], "the caller caught nothing")
                        self.assertEqual(told[index][row], expected[row])

    def test_what_they_see_is_what_was_raised(self) -> None:
        for index, text in enumerate(callers.TEXTS):
            name, kind, message = KINDS[text]
            for caller, told in self.seen.items():
                with self.subTest(text=text, caller=caller):
                    self.assertEqual((told[index]["class"], told[index]["kind"]), (name, kind))
                    if message is not None:
                        self.assertEqual(told[index]["message"], message)
                    self.assertEqual(told[index]["language"], "rust")
                    self.assertRegex(told[index]["build"], re.compile("^[0-9a-f]{40}$"))

    def test_the_place_of_a_panic_is_a_line_of_the_fixture(self) -> None:
        source = (components.ROOT / "tests" / "fixtures" / "component" / "src" / "failing.rs").read_text(encoding="utf-8").splitlines()
        for caller, told in self.seen.items():
            with self.subTest(caller=caller):
                file, line, _ = told[callers.TEXTS.index("panic")]["location"]
                self.assertTrue(file.endswith("failing.rs"), file)
                self.assertIn('panic!("asked to panic")', source[line - 1])

    def test_fields_and_causes_are_there(self) -> None:
        for caller, told in self.seen.items():
            with self.subTest(caller=caller):
                parse, get = told[callers.TEXTS.index("parse")], told[callers.TEXTS.index("get")]
                self.assertEqual(parse["fields"], {"text": "12x"})
                self.assertEqual([(one["class"], one["message"]) for one in parse["causes"]], [("ParseIntError", "invalid digit found in string")])
                self.assertEqual(get["fields"], {"key": "tea"})
                self.assertEqual([(one["class"], one["message"]) for one in get["causes"]], [("NotIndexedError", "not indexed")])

    def test_the_wit_is_that_of_the_fixture(self) -> None:
        fixture = components.ROOT / "tests" / "fixtures" / "component" / "wit"
        deps = callers.HERE / "wit" / "deps"
        for copy, original in (("recover-fixture/world.wit", "world.wit"), ("recover-error/types.wit", "deps/recover-error/types.wit")):
            self.assertEqual((deps / copy).read_text(encoding="utf-8"), (fixture / original).read_text(encoding="utf-8"), copy)


if __name__ == "__main__":
    unittest.main()
