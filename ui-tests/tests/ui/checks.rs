//! What must compile, and builds that must not: `cargo` runs of their own.

use crate::files::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM: &str = "wasm32-unknown-unknown";

/// A folder for a test's own files.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the folder is made");
    folder
}

/// The cargo that runs the tests, with flags and a target directory of our own.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", scratch("checks"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

fn run(command: &mut Command) -> (bool, String) {
    let out = command.output().expect("cargo runs");
    (
        out.status.success(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    )
}

/// Generated code compiles where it is hard to get right, on the host as for
/// wasm32. The fixtures deny every warning.
#[test]
fn expansions_are_hygienic() {
    for target in [&[][..], &["--target", WASM]] {
        let (passed, text) = run(cargo(&root())
            .args(["check", "--offline", "--all-targets"])
            .args(["-p", "hygiene-fixture", "-p", "renamed-fixture"])
            .args(target));
        assert!(passed, "{target:?}\n{text}");
    }
}

/// Builds that the runtime can't serve are refused by its own words.
#[test]
fn unsupported_builds_are_refused() {
    let gates = [
        (&["target_arch=\"wasm64\""][..], "supports wasm32 only"),
        (
            &["target_os=\"wasi\""],
            "makes components of WASI's second preview",
        ),
        (
            &["target_os=\"none\""],
            "needs std, which this target has not",
        ),
        (
            &["target_family=\"wasm\"", "target_feature=\"atomics\""],
            "supports single-threaded modules only",
        ),
    ];
    for (cfgs, message) in gates {
        let mut command = cargo(&root());
        command
            .args(["rustc", "--offline", "-p", "recover-runtime", "--lib"])
            .args([
                "--profile",
                "check",
                "--",
                "-Aexplicit_builtin_cfgs_in_flags",
            ]);
        for cfg in cfgs {
            command.args(["--cfg", cfg]);
        }
        let (passed, text) = run(&mut command);
        assert!(!passed && text.contains(message), "{cfgs:?}\n{text}");
        assert!(text.contains("; build "), "no fix\n{text}");
    }
}

/// The flag by which a user asks for atomics is seen, where rustc shows it to
/// crates: not on stable, whose std can't be linked into a threaded module.
#[test]
fn atomics_are_refused() {
    let (passed, text) = run(cargo(&root())
        .env("RUSTC_BOOTSTRAP", "recover_runtime")
        .args(["rustc", "--offline", "-p", "recover-runtime", "--lib"])
        .args(["--profile", "check", "--target", WASM])
        .args(["--", "-Ctarget-feature=+atomics,+bulk-memory"]));
    assert!(
        !passed && text.contains("build without `-Ctarget-feature=+atomics`"),
        "{text}"
    );
}
