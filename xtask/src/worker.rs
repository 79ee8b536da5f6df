//! The Worker in Rust (recover-worker/room): built by worker-build, tested and loaded in workerd. What is tested stands
//! in recover-worker/tests; the load is that of examples/durable-object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::engines::Engine;
use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::room;
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness::{cargo_tests, node_tests, test_files};

/// What it needs.
pub(crate) const NEEDS: [Piece; 5] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::WorkerBuild,
    Piece::Engine(Engine::Workerd),
];

/// Tests on the host, and in both strategies: builds, tests in workerd, a small load.
pub(crate) fn stage(project: &Project) -> Result<Counts, Error> {
    let test = project.cargo(&project.pins.stable);
    let test = test.env("CARGO_TARGET_DIR", target(project).join("host"));
    let test = test.args(["test", "--manifest-path", "recover-worker/Cargo.toml"]);
    let packages = [
        "recover-worker",
        "recover-worker-macros",
        "recover-worker-ui-tests",
    ];
    let mut counts = cargo_tests(&test.args(packages.iter().flat_map(|&name| ["-p", name])))?;
    let recover = Recover::compile(project)?;
    for (strategy, build) in [("unwind", Build::Exnref), ("abort", Build::Abort)] {
        let engines = project.root.join("engines");
        let package = built(project, &engines, &recover, strategy, build)?;
        let node = room::node(project)
            .env("RECOVER_WORKER", &package)
            .env("RECOVER_STRATEGY", strategy);
        let tests = test_files(project, Path::new("recover-worker/tests"))?;
        counts += node_tests(node, &tests)?;
        let load = room::script(project, "load/load.mjs")
            .arg("--rust")
            .arg(package)
            .args(["--connections", "50", "--operations", "2000"]);
        let load = match build {
            Build::Abort => load.arg("--aborts"),
            _ => load,
        };
        counts += Counts::of(load.status()? == Some(0));
    }
    Ok(counts)
}

fn target(project: &Project) -> PathBuf {
    project.target.join("worker")
}

/// Calls worker-build with what `cargo recover env --bindgen` prints, and returns the directory of the build.
/// `engines` has worker-build.
pub(crate) fn built(
    project: &Project,
    engines: &Path,
    recover: &Recover<'_>,
    strategy: &str,
    build: Build,
) -> Result<PathBuf, Error> {
    let directory = project.root.join("recover-worker/room");
    let env = project
        .cmd(recover.program())
        .args(["recover", "env", "--bindgen", "--format", "json"])
        .args(["--strategy", strategy])
        .arg(&directory);
    let output = env.quiet()?;
    let variables: Result<BTreeMap<String, Option<String>>, _> =
        serde_json::from_str(&output.stdout);
    let Ok(variables) = variables else {
        // Once more, so that its words are seen.
        env.run()?;
        return Err(env.failed(None));
    };
    let out = target(project).join(format!("build-{strategy}"));
    let mut command = Cmd::new(&directory, engines.join("worker-build/bin/worker-build"))
        .args(["--release", "--no-opt", "--out-dir"])
        .arg(&out)
        .env(
            "ESBUILD_BIN",
            engines.join("worker-esbuild/node_modules/.bin/esbuild"),
        )
        .env("NO_MINIFY", "1")
        .env("CARGO_TARGET_DIR", target(project).join(build.name()));
    for (name, value) in variables {
        command = command.env(name, value.unwrap_or_default());
    }
    command.run()?;
    Ok(out)
}
