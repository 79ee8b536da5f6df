"""What the tests share: the component of the fixtures, and small components in text, for what it can't do.

There is no test here, and nothing that stands in for wasmtime or for a component.
"""

from __future__ import annotations

import os
import pathlib
import sys
import unittest
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "hosts" / "python"))

import recover_host  # noqa: E402
from recover_host import Limits  # noqa: E402

TEXTS = pathlib.Path(__file__).resolve().parent / "components"


def fixture() -> str:
    """The component of tests/fixtures/component."""
    path = pathlib.Path(os.environ.get("RECOVER_COMPONENT") or ROOT / "target" / "component" / "fixture_component.wasm")
    if not path.is_file():
        raise AssertionError(f"{path} is missing; `cargo xtask component` builds it, or name another by RECOVER_COMPONENT")
    return str(path)


def text(name: str) -> bytes:
    """A component that is written as text."""
    from wasmtime import wat2wasm

    return bytes(wat2wasm((TEXTS / f"{name}.wat").read_text()))


class Loaded(unittest.TestCase):
    """A test with the fixture's component."""

    limits = Limits(memory=64 << 20, timeout=20)
    app: recover_host.Component
    ledgers: Any

    def setUp(self) -> None:
        self.app = self.load()
        self.ledgers = self.app.ledgers

    def load(self, **options: Any) -> recover_host.Component:
        app = recover_host.load(fixture(), **{"limits": self.limits, **options})
        self.addCleanup(app.close)
        return app

    def trap(self) -> BaseException:
        """Ends the instance."""
        with self.assertRaises(recover_host.InstanceAbortedError) as caught:
            self.ledgers.fail("unreachable")
        return caught.exception

    def pairs(self, ledger: Any) -> "list[tuple[str, int]]":
        return [(one.key, one.amount) for one in ledger.entries()]
