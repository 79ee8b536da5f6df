"""The rows of the matrix in the host in Python.

`rows.json` has what each row does and its whole outcome; this reads it, and decides nothing. Each row is a test.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import threading
import time
import unittest
from importlib import metadata
from typing import Any, Dict, List

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "hosts" / "python"))

import recover_host  # noqa: E402
from recover_host import DomainError, Failure, Limits, RestartLimit  # noqa: E402

HOST = "python"
MATRIX = json.loads((pathlib.Path(__file__).resolve().parent / "rows.json").read_text())
COMPONENT = pathlib.Path(os.environ.get("RECOVER_COMPONENT") or ROOT / "target" / "component" / "fixture_component.wasm")
if not COMPONENT.is_file():
    raise SystemExit(f"{COMPONENT} is missing; `cargo xtask component` builds it, or name another by RECOVER_COMPONENT")


def plain(value: Any) -> Any:
    """A value as JSON has it: a record is a list of its fields."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return [value.key, value.amount] if hasattr(value, "amount") else value


def outcome(error: Failure, expected: Dict[str, Any]) -> Dict[str, Any]:
    """What an error is, in the words of the rows."""
    named = type(error).__name__
    told = {"class": named, "kind": error.kind, "code": error.code, "fatal": error.fatal, "retryable": error.retryable}
    more = {
        "message": error.message, "fields": dict(error.fields), "causes": [[one.error_class, one.message] for one in error.causes],
        "file": error.location and pathlib.PurePosixPath(error.location.file).name,
    }
    return {**told, **{name: value for name, value in more.items() if name in expected}}


class Rows(unittest.TestCase):
    """A test for each row, made below."""

    maxDiff = None

    def test_the_engine_is_the_one_of_the_page(self) -> None:
        self.assertEqual(MATRIX["hosts"][HOST]["engine"], f"wasmtime {metadata.version('wasmtime')}, from PyPI")

    def run_row(self, row: Dict[str, Any]) -> None:
        restarts = row.get("restarts")
        options = {} if restarts is None else {"restart_limit": RestartLimit(restarts=restarts, period=60)}
        limits = Limits(memory=row.get("memory", 64 << 20), timeout=row.get("timeout", 60))
        self.app = recover_host.load(str(COMPONENT), limits=limits, **options)
        self.addCleanup(self.app.close)
        self.handles: Dict[str, Any] = {}
        self.steps(row["steps"])
        self.step({"call": "parse", "with": ["-12"], "gives": -12})
        health = self.app.health()
        then = {"instance": health.instance, "live": self.app.ledgers.live(), "busy": health.busy}
        self.assertEqual(then, row["then"], "what the row leaves")

    def steps(self, steps: List[Dict[str, Any]]) -> None:
        for step in steps:
            for _ in range(step.get("times", 1)):
                self.step(step)

    def step(self, step: Dict[str, Any]) -> None:
        if HOST in step.get("not", {}):
            return
        if "make" in step:
            made = getattr(self.app.ledgers, step["class"].capitalize())
            self.handles[step["make"]] = made(*self.values(step))
        elif "close" in step:
            self.handles[step["close"]].close()
        elif "restart" in step:
            self.app.restart()
        elif "during" in step:
            self.during(step)
        else:
            self.call(step)

    def values(self, step: Dict[str, Any]) -> List[Any]:
        def value(given: Any) -> Any:
            if not isinstance(given, dict):
                return given
            return self.handles[given["handle"]] if "handle" in given else given["text"] * given["times"]

        return [value(given) for given in step.get("with", [])]

    def call(self, step: Dict[str, Any]) -> None:
        owner = self.handles[step["on"]] if "on" in step else self.app.ledgers
        called = getattr(owner, step["call"].replace("-", "_"))
        values = self.values(step)
        if "gives" in step:
            self.assertEqual(plain(called(*values)), step["gives"], step)
            return
        expected = self.expected(step.get("differs", {}).get(HOST, step["fails"]))
        self.assertLessEqual({"class", "kind", "code", "fatal", "retryable"}, set(expected), "the outcome is not whole")
        with self.assertRaises(Failure, msg=step) as caught:
            called(*values)
        error = caught.exception
        self.assertEqual(outcome(error, expected), expected, step)
        self.assertEqual(isinstance(error, DomainError), expected["kind"] == "domain", step)

    @staticmethod
    def expected(fails: Any) -> Dict[str, Any]:
        given = {"as": fails} if isinstance(fails, str) else fails
        based = MATRIX["outcomes"][given["as"]] if "as" in given else {}
        return {**based, **{name: value for name, value in given.items() if name != "as"}}

    def during(self, step: Dict[str, Any]) -> None:
        """Takes steps while a call of another thread is under way."""
        wrong: List[BaseException] = []

        def beside() -> None:
            try:
                self.call(step["during"])
            except BaseException as error:
                wrong.append(error)

        thread = threading.Thread(target=beside)
        before = self.app.health().calls
        thread.start()
        while thread.is_alive() and self.app.health().calls == before:
            time.sleep(0.01)
        self.steps(step["steps"])
        thread.join(60)
        self.assertEqual(wrong, [])


def _made(row: Dict[str, Any]) -> Any:
    def test(self: Rows) -> None:
        self.run_row(row)

    why = row.get("not", {}).get(HOST)
    return test if why is None else None


for _row in MATRIX["rows"]:
    _test = _made(_row)
    if _test is not None:
        setattr(Rows, "test_row_" + _row["row"].replace("-", "_"), _test)


if __name__ == "__main__":
    unittest.main()
