"""One failure, as each of six callers sees it: hosts in Rust, Python and JavaScript, and components in the three.

    python tests/component/callers/callers.py [TEXT…]     # prints them side by side

Each of them is a program that catches what its language has and tells what it sees. What must hold is in `test_callers.py`.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, Callable, Dict, List

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE.parent, HERE / "python", HERE.parent / "python", HERE.parents[2] / "hosts" / "python"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import recover_host  # noqa: E402
from recover_host import Limits  # noqa: E402

import components  # noqa: E402
from report import report  # noqa: E402

TEXTS = ["panic", "panic-in-drop", "err", "parse", "get", "poisoned", "stack-overflow"]
"""The ways to fail that do not end the instance, so that any caller can be told."""
HOST_TARGET = os.environ.get("RECOVER_HOST_TARGET") or str(components.ROOT / "target" / "component" / "hosts-rust")
"""Where hosts/rust is compiled, with what it depends on."""

Told = Dict[str, Any]


def fixture() -> pathlib.Path:
    """The component that fails."""
    given = os.environ.get("RECOVER_COMPONENT")
    return pathlib.Path(given) if given else components.rust("tests/fixtures/component", "fixture_component")


def rust_host(texts: List[str]) -> List[Told]:
    """A host in Rust, by hosts/rust."""
    cargo = ["cargo", *([f"+{components.STABLE}"] if components.STABLE else []), "run", "--quiet", "--locked"]
    manifest = str(HERE / "host" / "Cargo.toml")
    return _lines([*cargo, "--manifest-path", manifest, "--", str(fixture()), *texts], CARGO_TARGET_DIR=HOST_TARGET)


def javascript_host(texts: List[str]) -> List[Told]:
    """A host in JavaScript, by hosts/javascript."""
    program = str(HERE / "javascript" / "host.mjs")
    return _lines([components.NODE, program, str(fixture()), *texts], RECOVER_JCO=str(components.MODULES))


def _lines(command: List[str], **environment: str) -> List[Told]:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise components.BuildError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr[-4000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def python_host(texts: List[str]) -> List[Told]:
    """A host in Python, by hosts/python."""
    with recover_host.load(fixture(), limits=Limits(timeout=60)) as app:
        return [json.loads(report(app.ledgers, str, text)) for text in texts]


def _component(language: str) -> Callable[[List[str]], List[Told]]:
    def called(texts: List[str]) -> List[Told]:
        wit = HERE / "wit"
        if language == "rust":
            calling = components.rust("tests/component/callers/rust", "caller")
        elif language == "python":
            calling = components.python(wit, "calling", HERE / "python" / "caller.py", "python-caller", HERE.parent / "python")
        else:
            calling = components.javascript(wit, "calling", HERE / "javascript" / "caller.js", "javascript-caller")
        path = components.compose(f"{language}-calling", [calling, fixture()])
        with recover_host.load(path, limits=Limits(timeout=60)) as app:
            return [json.loads(app.caller.report(text)) for text in texts]

    called.__doc__ = f"A component in {language}, composed with the fixture."
    return called


CALLERS: Dict[str, Callable[[List[str]], List[Told]]] = {
    "Rust": rust_host,
    "Python": python_host,
    "JavaScript": javascript_host,
    "Python component": _component("python"),
    "Rust component": _component("rust"),
    "JavaScript component": _component("javascript"),
}

ROWS = [
    "class", "kind", "code", "message", "language", "location", "fields", "retryable", "fatal", "build", "frames", "causes",
]


def table(text: str, seen: Dict[str, Told]) -> str:
    """What each caller saw, side by side."""
    def cell(told: Told, row: str) -> str:
        value = told.get(row)
        if row == "causes" and value:
            return " < ".join(f"{one['class']}: {one['message']}" for one in value)
        if row == "location" and value:
            return ":".join(map(str, value))
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    lines = [["", *seen], *([row, *(cell(told, row) for told in seen.values())] for row in ROWS)]
    widths = [min(44, max(len(line[column]) for line in lines)) for column in range(len(lines[0]))]
    shown = (" | ".join(one[:width].ljust(width) for one, width in zip(line, widths)).rstrip() for line in lines)
    return f"{text}\n" + "\n".join(shown)


def main(texts: List[str]) -> None:
    """Prints a table for each."""
    unknown = [text for text in texts if text not in TEXTS]
    if unknown:
        sys.exit(f"the fixture is not asked to fail by {unknown[0]!r}; it can be: {', '.join(TEXTS)}")
    seen = {name: caller(texts) for name, caller in CALLERS.items()}
    for index, text in enumerate(texts):
        print(table(text, {name: told[index] for name, told in seen.items()}), end="\n\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["panic"])
    except components.BuildError as failed:
        sys.exit(str(failed))
