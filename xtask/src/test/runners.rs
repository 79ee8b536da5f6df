//! The stages that run cargo's or Node's tests, each with its own call of `harness`.

use std::path::Path;

use crate::adopt;
use crate::ecosystem;
use crate::engines::Engine;
use crate::error::Error;
use crate::matrix;
use crate::project::Project;
use crate::recover::Recover;
use crate::reports;
use crate::room::{self, Twin};
use crate::test::counts::Counts;
use crate::test::harness::{cargo_tests, node_tests, test_files};
use crate::test::types;

/// The tests of the default members and of the gauntlet.
pub(crate) fn host(project: &Project) -> Result<Counts, Error> {
    let test = || {
        project
            .cargo(&project.pins.stable)
            .args(["test", "--no-fail-fast"])
    };
    // cargo recover's tests load what they build.
    let loads = test()
        .env("RECOVER_NODE", project.node())
        .env("RECOVER_DENO", Engine::Deno.program(project));
    let mut counts = cargo_tests(&loads)?;
    // What persists.
    let features = "persist,reports,torture,durable";
    counts += cargo_tests(&test().args(["-p", "recover-runtime", "--features", features]))?;
    counts += cargo_tests(&test().args(["-p", "gauntlet-core"]))?;
    // A test that `cargo recover replay --test` printed.
    counts += cargo_tests(&test().args(["-p", "fixture-capture"]))?;
    Ok(counts)
}

/// `cargo recover test`, `check` and `watch` on crates, in the engines that they know.
pub(crate) fn testing(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let test = test
        .env("RECOVER_NODE", project.node())
        .env("RECOVER_ENGINES", project.root.join("engines"));
    let test = test.args(["test", "-p", "recover-cli", "--no-fail-fast"]);
    let test = test.args([
        "--test",
        "testing",
        "--test",
        "commands",
        "--test",
        "replaying",
        "--test",
        "torturing",
    ]);
    cargo_tests(&test.args(["--", "--ignored"]))
}

/// The places where cargo recover changes the glue, in recorded glue and in a crate's own.
pub(crate) fn seams(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let test = test.env("RECOVER_NODE", project.node());
    cargo_tests(&test.args(["test", "-p", "recover-cli", "seams"]))
}

/// Failures of a build that unwinds, in Node, and the lines of Rust that they lead to; and those of the room, in every engine.
pub(crate) fn reports(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let test = test.env("RECOVER_NODE", project.node());
    let test = test.args(["test", "-p", "recover-cli", "--test", "symbols"]);
    let mut counts = cargo_tests(&test.args(["--", "--ignored", "--nocapture"]))?;
    let (passed, failed) = reports::stage(project)?;
    counts += Counts { passed, failed };
    Ok(counts)
}

/// A package that wasm-pack builds with what `cargo recover env` prints.
pub(crate) fn wasm_pack(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let test = test
        .env("RECOVER_NODE", project.node())
        .env("RECOVER_WASM_PACK", project.wasm_pack());
    let test = test.args(["test", "-p", "recover-cli", "--test", "wrapper"]);
    cargo_tests(&test.args(["--", "--ignored", "wasm_pack"]))
}

/// Published crates, adopted: the two smallest, or the others.
pub(crate) fn adopt(project: &Project, small: bool) -> Result<Counts, Error> {
    let (passed, failed) = adopt::stage(project, small)?;
    Ok(Counts { passed, failed })
}

/// Popular crates: three small ones, or all.
pub(crate) fn ecosystem(project: &Project, small: bool) -> Result<Counts, Error> {
    let (passed, failed) = ecosystem::stage(project, small)?;
    Ok(Counts { passed, failed })
}

/// The faults of the gauntlet's crates are the same in optimised builds.
pub(crate) fn host_release(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    cargo_tests(&test.args(["test", "--release", "-p", "gauntlet-core"]))
}

/// What of the runtime's unsafe code needs no JavaScript, under Miri: the guard's
/// state machine, the counts of a handle and the readers of foreign bytes. Pointers are 32 bits wide, as in wasm,
/// and wasm-bindgen passes them as integers.
pub(crate) fn miri(project: &Project) -> Result<Counts, Error> {
    let miri = project.cargo(&project.pins.nightly).arg("miri");
    let miri = miri.env("MIRIFLAGS", "-Zmiri-permissive-provenance");
    let target = ["--target", "i686-unknown-linux-gnu"];
    let test = miri
        .args(["test", "-p", "recover-runtime", "--lib"])
        .args(target);
    let test = test.args(["--features", "persist,durable"]);
    cargo_tests(&test.args(["--", "base", "object", "persist"]))
}

/// The document on the host, the room in workerd, and a small load of it.
pub(crate) fn room(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let mut counts = cargo_tests(&test.args(["test", "-p", "room-core"]))?;
    let package = room::build(project, &Recover::compile(project)?, Twin::Room)?;
    let node = room::node(project).env("RECOVER_ROOM", &package);
    let tests = test_files(project, Path::new("examples/durable-object/test"))?;
    counts += node_tests(node, &tests)?;
    let load = room::script(project, "load/load.mjs")
        .arg("--room")
        .arg(package)
        .args(["--connections", "50", "--operations", "2000"]);
    counts += Counts::of(load.status()? == Some(0));
    Ok(counts)
}

/// The macros' messages.
pub(crate) fn ui(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    cargo_tests(&test.args(["test", "--no-fail-fast", "-p", "ui-tests"]))
}

/// The scripts type-check, and their own tests pass.
pub(crate) fn js(project: &Project) -> Result<Counts, Error> {
    let mut counts = types::scripts(project)?;
    for directory in [
        "recover-runtime/js",
        "recover-cli/js",
        "recover-cli/js/torture",
        "recover-worker/js",
        "tests/adopt",
    ] {
        let tests = test_files(project, Path::new(directory))?;
        counts += node_tests(project.cmd(project.node()), &tests)?;
    }
    Ok(counts)
}

/// Every failure in the engines: those of every run, or the `rest`.
pub(crate) fn matrix(project: &Project, rest: bool) -> Result<Counts, Error> {
    let (passed, failed) = matrix::check(project, &matrix::slice(rest))?;
    Ok(Counts { passed, failed })
}
