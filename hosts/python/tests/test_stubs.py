"""The stubs that `python -m recover_host stubs` writes."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import ROOT, Loaded, fixture

from recover_host.stubs import entry


class Stubs(Loaded):
    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "recover_host", *arguments], cwd=ROOT / "hosts" / "python", capture_output=True, text=True, check=False,
        )

    def test_a_stub_has_what_the_component_has(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            target = pathlib.Path(place) / "ledger.pyi"
            self.assertEqual(entry(["stubs", fixture(), str(target)]), (0, f"wrote {target}"))
            tree = ast.parse(target.read_text(encoding="utf-8"))
        classes = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}
        app = [ast.unparse(one) for one in classes["App"].body]
        self.assertIn("ledgers: Ledgers", app)
        for name in ("Ledger", "Draft", "Tally"):
            written = {one.name for one in classes[name].body if isinstance(one, ast.FunctionDef)} - {"__init__"}
            there = {one for one in vars(getattr(self.ledgers, name)) if not one.startswith("_")}
            self.assertEqual(written, there)
        shown = ast.unparse(classes["Ledger"])
        self.assertIn("def put(self, key: str, amount: int) -> int:", shown)
        self.assertIn("def entries(self) -> List[Ledgers.Entry]:", shown)
        self.assertIn("def absorb(self, other: Ledgers.Ledger) -> int:", shown)
        self.assertIn("ASYNC_LIKE = 'async-like'", ast.unparse(classes["How"]))

    def test_the_command_prints_it_and_says_what_is_wrong(self) -> None:
        printed = self.command("stubs", fixture())
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertIn("class App(Component):", printed.stdout)
        missing = self.command("stubs", "nothing.wasm")
        self.assertEqual((missing.returncode, missing.stdout), (1, ""))
        self.assertEqual(missing.stderr, "nothing.wasm can't be read: No such file or directory\n")
        self.assertEqual(self.command("stub").returncode, 2)


if __name__ == "__main__":
    unittest.main()
