"""The gauntlet's inputs through the component in Python, by recover-host: each gets what the package gets in Node.

The inputs and the answers of the package are what `answers.mjs` prints.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import unittest
from typing import Any, Dict, List

import recover_host

HERE = pathlib.Path(__file__).resolve().parent


def place(location: "recover_host.Location | None") -> "str | None":
    """A place in a crate, without where the machine has it."""
    if location is None:
        return None
    path = location.file.replace("\\", "/")
    found = re.search(r"[^/]+-\d+\.\d+\.\d+/.*$", path)
    return f"{found.group() if found else path}:{location.line}:{location.column}"


class Gauntlet(unittest.TestCase):
    """One component, which gets all of them."""

    lines: "List[Dict[str, Any]]"
    ended: "List[Dict[str, Any]]"
    app: recover_host.Component

    @classmethod
    def setUpClass(cls) -> None:
        node = os.environ.get("RECOVER_NODE", "node")
        printed = subprocess.run([node, str(HERE / "answers.mjs")], check=True, stdout=subprocess.PIPE)
        cls.lines = json.loads(printed.stdout)
        cls.app = recover_host.load(os.environ["RECOVER_GAUNTLET_COMPONENT"])
        cls.addClassCleanup(cls.app.close)
        sessions: "Dict[str, Any]" = {}
        cls.ended = [cls.answer(line, sessions) for line in cls.lines]

    @classmethod
    def answer(cls, line: "Dict[str, Any]", sessions: "Dict[str, Any]") -> "Dict[str, Any]":
        octets = bytes.fromhex(line["octets"])
        interface, _, name = line["call"].partition("_")
        try:
            if line["call"] != "session":
                return {"value": getattr(getattr(cls.app, interface), name)(octets)}
            if line["on"] not in sessions:
                sessions[line["on"]] = cls.app.hpack.Session(line["table"])
            return {"value": sessions[line["on"]].decode(octets)}
        except (recover_host.RecoverError, recover_host.DomainError) as error:
            domain = isinstance(error, recover_host.DomainError)
            return {
                "class": type(error).__name__, "code": error.code, "kind": error.kind, "message": error.message,
                "location": None if domain else place(error.location),
            }

    def test_every_input_is_answered_as_in_node(self) -> None:
        self.assertGreaterEqual(len(self.lines), 40)
        for line, ended in zip(self.lines, self.ended):
            with self.subTest(line["name"]):
                self.assertEqual(ended, line["answer"])

    def test_every_hostile_input_is_a_panic_with_its_place(self) -> None:
        hostile = [ended for line, ended in zip(self.lines, self.ended) if line["kind"] == "hostile"]
        self.assertGreaterEqual(len(hostile), 20)
        for ended in hostile:
            self.assertEqual(ended.get("class"), "PanicError", ended)
            self.assertRegex(ended["location"], r"^(bcder|hpack)-\d")

    def test_no_input_cost_the_instance(self) -> None:
        self.assertEqual(self.app.health().restarts, 0)


if __name__ == "__main__":
    unittest.main()
