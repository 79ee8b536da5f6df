"""Chains of components in several languages, called from Python: nothing of an error is lost on its way."""

from __future__ import annotations

import json
import pathlib
import unittest
from typing import Any, List, Optional

import recover_host
from recover_host import DomainError, Failure, Limits, PanicError, RecoverError, StackOverflowError

import components

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = {
    "rust": "src/lib.rs",
    "python": "link.py",
    "javascript": "tests/component/javascript/chain.js",
}
"""The file that an error's place names."""
FILES = {
    "rust": HERE / "link" / "src" / "lib.rs",
    "python": HERE / "python" / "link.py",
    "javascript": HERE / "javascript" / "chain.js",
}
SPELLED = {"rust": "Rust", "python": "Python", "javascript": "JavaScript", "go": "Go"}
BEHIND = {
    # What `own` has behind it: of the language's own.
    "rust": "ParseIntError",
    "python": "ValueError",
    "javascript": "SyntaxError",
}
PANICS = {
    "rust": ("PanicError", "asked to panic"),
    "python": ("IndexError", "list index out of range"),
    "javascript": ("TypeError", 'can\'t access property "length" of undefined'),
}


def line_of(language: str, text: str) -> int:
    """Where in a component's source that text is; it must be there once."""
    lines = FILES[language].read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if text in line]
    if len(found) != 1:
        raise AssertionError(f"{text!r} is {len(found)} times in {FILES[language]}")
    return found[0]


def chain_of(error: Failure) -> List[str]:
    """The classes from the error to the last one behind it, by `__cause__`."""
    names: List[str] = []
    seen: Optional[BaseException] = error
    while seen is not None:
        assert isinstance(seen, Failure)
        names.append(f"{seen.language}:{seen.error_class}")
        seen = seen.__cause__
    return names


class Chain:
    """Tests of one chain."""

    languages: "tuple[str, ...]"
    app: Any

    @classmethod
    def setUpClass(cls) -> None:
        path = components.chain(*cls.languages)
        cls.app = recover_host.load(path, limits=Limits(timeout=60))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.app.close()

    def check(self, text: str) -> int:
        answer: int = self.app.checker.check(text)
        return answer

    def fails(self, text: str) -> Failure:
        assert isinstance(self, unittest.TestCase)
        with self.assertRaises(Failure) as caught:
            self.app.checker.check(text)
        return caught.exception

    def test_each_one_is_asked(self) -> None:
        self.assertEqual(self.check("add " * (len(self.languages) - 1) + "5"), 5 + len(self.languages) - 1)  # type: ignore[attr-defined]

    def test_an_error_of_the_last_one_passes_the_others_unchanged(self) -> None:
        last = self.languages[-1]
        error = self.fails("add " * (len(self.languages) - 1) + "own")
        self.assertIsInstance(error, DomainError)
        self.assertIs(type(error), self.app.errors.LinkError)
        self.assertEqual(error.language, last)
        self.assertEqual(str(error), f"the link in {SPELLED[last]} can't own")
        self.assertEqual((error.kind, error.code, error.text, error.depth), ("domain", "E_LINK", "own", -1))
        self.assertEqual(error.fields, {"text": "own", "depth": -1})
        self.assertEqual(chain_of(error), [f"{last}:LinkError", f"{last}:{BEHIND[last]}"])
        if last != "rust":
            self.assertEqual(error.location.file, SOURCES[last])
            raised = {"python": "raise LinkError(text, -1) from error", "javascript": "throw new LinkError(text, -1, { cause: error })"}
            self.assertEqual(error.location.line, line_of(last, raised[last]))
            self.assertEqual([one.function for one in error.frames[:2]], ["own", "check"])
            self.assertTrue(all(one.location.file == SOURCES[last] for one in error.frames), error.frames)

    def test_a_mistake_of_the_last_one_is_told_with_its_place(self) -> None:
        last = self.languages[-1]
        error = self.fails("add " * (len(self.languages) - 1) + "panic")
        name, message = PANICS[last]
        self.assertEqual((error.error_class, str(error), error.language), (name, message, last))
        self.assertIsInstance(error, PanicError if last == "rust" else DomainError)
        places = {"rust": '"panic" => panic!(', "python": "return [1, 2, 3][len(text)]", "javascript": "case 'panic': return"}
        self.assertEqual(error.location.file, SOURCES[last])
        self.assertEqual(error.location.line, line_of(last, places[last]))
        self.assertEqual(self.check("add " * (len(self.languages) - 1) + "1"), len(self.languages))

    def test_each_one_wraps_what_it_got_and_the_causes_are_in_order(self) -> None:
        for word, ends in (("own", [f"{self.languages[-1]}:LinkError", f"{self.languages[-1]}:{BEHIND[self.languages[-1]]}"]),
                           ("panic", [f"{self.languages[-1]}:{PANICS[self.languages[-1]][0]}"])):
            error = self.fails("wrap " * (len(self.languages) - 1) + word)
            self.assertEqual(chain_of(error), [*(f"{one}:LinkError" for one in self.languages[:-1]), *ends])
            self.assertEqual(len(error.causes), len(chain_of(error)) - 1)
            # Each has what it was raised with: its text, and how many errors were behind what it got.
            texts = ["wrap " * left + word for left in range(len(self.languages) - 1, 0, -1)]
            for one, text, language in zip([error, *error.causes], texts, self.languages):
                self.assertEqual(str(one), f"the link in {SPELLED[language]} can't {text}")
                self.assertEqual(one.fields["text"], text)
                self.assertIs(type(one), self.app.errors.LinkError)

    def test_what_one_got_is_caught_there_by_its_class(self) -> None:
        before = "add " * (len(self.languages) - 2)
        self.assertEqual(self.check(before + "catch own"), 2 + len(self.languages) - 2)
        caught_here = self.languages[-1] == "rust"
        if caught_here:
            self.assertEqual(self.check(before + "catch panic"), 1 + len(self.languages) - 2)
        else:
            self.assertEqual(self.fails(before + "catch panic").error_class, PANICS[self.languages[-1]][0])

    def test_the_first_one_sees_what_the_caller_would_see(self) -> None:
        last = self.languages[-1]
        told = json.loads(self.app.checker.tell("add " * (len(self.languages) - 2) + "own"))
        self.assertEqual((told["class"], told["kind"], told["language"]), ("LinkError", "domain", last))
        self.assertEqual(told["fields"], {"text": "own", "depth": -1})
        self.assertEqual([cause["class"] for cause in told["causes"]], [BEHIND[last]])
        panicked = json.loads(self.app.checker.tell("add " * (len(self.languages) - 2) + "panic"))
        self.assertEqual((panicked["class"], panicked["message"]), PANICS[last])
        self.assertEqual(panicked["location"][0], SOURCES[last])

    def test_a_stack_that_runs_out_is_told_where_the_language_can(self) -> None:
        error = self.fails("add " * (len(self.languages) - 1) + "deep")
        self.assertEqual((error.kind, error.code), ("stack-overflow", "E_STACK_OVERFLOW"))
        self.assertIsInstance(error, StackOverflowError)
        self.assertLessEqual(len(error.frames), 64)
        self.assertEqual(self.check("add " * (len(self.languages) - 1) + "1"), len(self.languages))

    def test_a_word_that_is_none(self) -> None:
        error = self.fails("add " * (len(self.languages) - 1) + "nothing")
        self.assertEqual((error.error_class, error.code, str(error)), ("NoWordError", "E_NO_WORD", "no word nothing"))
        self.assertNotIsInstance(error, RecoverError)


class RustPython(Chain, unittest.TestCase):
    languages = ("rust", "python")


class RustJavaScript(Chain, unittest.TestCase):
    languages = ("rust", "javascript")


class PythonRust(Chain, unittest.TestCase):
    languages = ("python", "rust")


class JavaScriptRust(Chain, unittest.TestCase):
    languages = ("javascript", "rust")


class RustJavaScriptPython(Chain, unittest.TestCase):
    languages = ("rust", "javascript", "python")


class PythonRustJavaScript(Chain, unittest.TestCase):
    languages = ("python", "rust", "javascript")


class GoRust(Chain, unittest.TestCase):
    languages = ("go", "rust")

    def test_an_error_of_go_is_told_with_those_that_it_wraps(self) -> None:
        error = self.fails("own")
        self.assertEqual(chain_of(error), ["go:LinkError", "go:NumError", "go:errorString"])
        self.assertEqual(error.fields, {"text": "own", "depth": -1})

    def test_a_panic_of_go_is_told_with_its_place(self) -> None:
        error = self.fails("panic")
        self.assertIsInstance(error, PanicError)
        self.assertEqual((error.language, str(error)), ("go", "runtime error: index out of range [5] with length 3"))
        self.assertTrue(error.location.file.endswith("/link.go"), error.location)
        source = (HERE / "go" / "link.go").read_text(encoding="utf-8").splitlines()
        self.assertIn("[]int{1, 2, 3}[len(text)]", source[error.location.line - 1])
        self.assertEqual(self.check("add 1"), 2)


class RustGoPython(Chain, unittest.TestCase):
    languages = ("rust", "go", "python")


if __name__ == "__main__":
    unittest.main()
