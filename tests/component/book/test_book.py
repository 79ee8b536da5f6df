"""The programs of docs/book/components.md are those of this folder, and print what they say."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Dict, List

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "callers")]

import components  # noqa: E402
from callers import HOST_TARGET  # noqa: E402

PAGE = components.ROOT / "docs" / "book" / "components.md"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```\S+\n(.*?)```\n", re.DOTALL)


def said(file: pathlib.Path) -> List[str]:
    """The lines that a program says it prints."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split("=> ", 1)[1] for line in lines if re.search(r"(#|//) => ", line)]


def printed(command: List[str], **environment: str) -> List[str]:
    """The lines that a program prints."""
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout}{done.stderr[-4000:]}")
    return done.stdout.splitlines()


class Page(unittest.TestCase):
    def test_each_program_of_the_page_is_the_file_that_runs(self) -> None:
        blocks: Dict[str, str] = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
        self.assertEqual(set(blocks), {
            "wit/shop.wit", "library/src/lib.rs", "call_library.py", "call_library.mjs", "call_library.rs", "pricing/pricing.py",
            "pricing/pricing.js", "shop/src/lib.rs", "call_shop.py",
        })
        for name, block in blocks.items():
            with self.subTest(name):
                text = (HERE / name).read_text(encoding="utf-8")
                # What a file begins with for who reads it here.
                self.assertEqual(block, re.sub(r"\A(//!.*\n|// @ts-check\n)+\n", "", text))


class Programs(unittest.TestCase):
    library: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.library = components.rust("tests/component/book/library", "library")

    def test_a_host_in_python(self) -> None:
        file = HERE / "call_library.py"
        self.assertEqual(printed([sys.executable, str(file), str(self.library)]), said(file))

    def test_a_host_in_javascript(self) -> None:
        file = HERE / "call_library.mjs"
        with tempfile.TemporaryDirectory() as folder:
            # As npm installs it.
            modules = pathlib.Path(folder, "node_modules")
            shutil.copytree(components.ROOT / "hosts" / "javascript", modules / "recover-host")
            (modules / "@bytecodealliance").symlink_to(components.MODULES / "@bytecodealliance", target_is_directory=True)
            program = shutil.copy(file, folder)
            self.assertEqual(printed([components.NODE, str(program), str(self.library)]), said(file))

    def test_a_host_in_rust(self) -> None:
        manifest = str(HERE.parent / "callers" / "host" / "Cargo.toml")
        cargo = ["cargo", *([f"+{components.STABLE}"] if components.STABLE else []), "run", "--quiet", "--locked", "--bin", "call-library"]
        lines = printed([*cargo, "--manifest-path", manifest, "--", str(self.library)], CARGO_TARGET_DIR=HOST_TARGET)
        self.assertEqual(lines, said(HERE / "call_library.rs"))

    def test_an_error_of_python_is_caught_in_rust(self) -> None:
        shop = components.rust("tests/component/book/shop", "shop")
        pricing = components.python(HERE / "wit", "pricing", HERE / "pricing" / "pricing.py", "book-pricing")
        file = HERE / "call_shop.py"
        composed = components.compose("book-shop", [shop, pricing])
        self.assertEqual(printed([sys.executable, str(file), str(composed)]), said(file))

    def test_one_of_javascript_is_too(self) -> None:
        shop = components.rust("tests/component/book/shop", "shop")
        pricing = components.javascript(HERE / "wit", "pricing", HERE / "pricing" / "pricing.js", "book-pricing-js")
        composed = components.compose("book-shop-js", [shop, pricing])
        program = "import sys, recover_host; app = recover_host.load(sys.argv[1]); print(app.tills.total(['Emma', 'Ulysses']))\n" \
            "try: app.tills.total(['Persuasion'])\nexcept app.errors.NotForSaleError as error: print(*(type(one).__name__ for one in [error, *error.causes]))"
        self.assertEqual(printed([sys.executable, "-c", program, str(composed)]), ["12", "NotForSaleError NoPriceError SyntaxError"])


if __name__ == "__main__":
    unittest.main()
