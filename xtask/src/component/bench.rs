//! `cargo xtask component --bench`: what guards and supervisors cost. Each figure is a ratio within one run, or a number
//! of bytes, beside its bar. How things are measured, the programs know that stand beside the hosts; here they are
//! built and run. A bar that is passed is told and is no failure: what else a machine does moves the figures.

use std::path::{Path, PathBuf};

use super::given::{FIXTURE, Given, RUST};
use crate::error::Error;
use crate::process::{Cmd, say};
use crate::python;

/// The same body as two components: behind the guard, and by wit-bindgen alone.
const TWICE: &str = "tests/fixtures/component-bench";

/// Builds and measures.
pub(super) fn measure(given: &Given<'_>) -> Result<(), Error> {
    given.component(FIXTURE).run()?;
    let [guarded, plain] = ["guarded", "plain"].map(|name| twice(given, name, false));
    let (guarded, plain) = (guarded?, plain?);
    say("bench", "the guard in a component, called from Rust");
    example(given, "guard").arg(&guarded).arg(&plain).run()?;
    say("bench", "the guard in a component, called from JavaScript");
    let guard = node(given, "hosts/javascript/guard.mjs");
    guard.arg(&guarded).arg(&plain).run()?;
    let [guarded, plain] = ["guarded", "plain"].map(|name| twice(given, name, true));
    let more = size(&guarded?)?.saturating_sub(size(&plain?)?);
    println!(
        "{:<44} {more:>6}",
        "size: bytes more, built with --no-names"
    );
    say("bench", "the host in Rust");
    example(given, "bench")
        .arg(given.components.join("fixture_component.wasm"))
        .run()?;
    say("bench", "the host in Python");
    let python = given
        .project
        .cmd(python::program(given.project, "component"));
    given.told(python).arg("hosts/python/bench.py").run()?;
    say("bench", "the host in JavaScript");
    node(given, "hosts/javascript/bench.mjs").run()
}

/// One of the two, built.
fn twice(given: &Given<'_>, name: &str, is_nameless: bool) -> Result<PathBuf, Error> {
    let stem = match is_nameless {
        true => format!("bench_{name}_nameless"),
        false => format!("bench_{name}"),
    };
    let build = given.component(&format!("{TWICE}/{name}"));
    let build = build.arg("--out-name").arg(&stem);
    match is_nameless {
        true => build.arg("--no-names").run()?,
        false => build.run()?,
    }
    Ok(given.components.join(stem).with_extension("wasm"))
}

/// A program of the host in JavaScript; its arguments follow.
fn node(given: &Given<'_>, program: &str) -> Cmd {
    let node = given.project.cmd(given.project.node());
    given.told(node).arg(program)
}

/// In bytes.
fn size(path: &Path) -> Result<u64, Error> {
    let found = std::fs::metadata(path).map_err(|error| Error::file(path, error))?;
    Ok(found.len())
}

/// A program beside the host in Rust; its arguments follow.
fn example(given: &Given<'_>, name: &str) -> Cmd {
    let project = given.project;
    let cargo = project.cargo(&project.pins.stable);
    let cargo = cargo.args(["run", "--release", "--example", name, "--manifest-path"]);
    let cargo = cargo.arg(Path::new(RUST).join("Cargo.toml")).arg("--");
    given
        .told(cargo)
        .env("CARGO_TARGET_DIR", given.of_part(RUST))
}
