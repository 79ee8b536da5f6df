//! Fixture crates, and ways to run the command on them.
//!
//! The fixtures live below the target directory under fixed names, so that a
//! second run of the tests finds what the first one compiled.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The pins, from the file that the command has compiled in.
pub(crate) fn pin(name: &str) -> String {
    let manifest: toml::Table = toml::from_str(include_str!("../../workspace.toml")).unwrap();
    let workspace = &manifest["workspace"];
    if name == "wasm-bindgen" {
        let requirement = &workspace["dependencies"]["wasm-bindgen-cli-support"];
        return requirement.as_str().unwrap().replace('=', "");
    }
    let pin = &workspace["metadata"]["pins"][name];
    pin.as_str().unwrap().to_owned()
}

/// A directory of its own for the test `name`, empty but for what cargo keeps.
pub(crate) fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Writes `files` (path and text) below a new directory and returns it.
pub(crate) fn fixture(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = directory(name);
    for (file, text) in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// A manifest of a library that makes wasm, with the given end.
pub(crate) fn manifest(name: &str, end: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"2024\"\n\
         license = \"MIT\"\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n{end}"
    )
}

/// The dependency on the real wasm-bindgen.
pub(crate) fn real_wasm_bindgen() -> String {
    format!(
        "[dependencies]\nwasm-bindgen = \"={}\"\n",
        pin("wasm-bindgen")
    )
}

/// An empty wasm-bindgen, but for what is changed in an unwind build.
const STUB: &str = "#![allow(unused)]\npub mod rt;\nmod describe;\n\
    extern \"C\" { fn __wbindgen_describe_generic_import(func: *const (), prims: *const ()) -> *const (); }\n";
const STUB_RT: &str = "pub mod marker;\nunsafe extern \"C\" fn breaks_if_inlined() {}\n\
    fn f<F: FnOnce() + std::panic::UnwindSafe>(f: F) { let _ = std::panic::catch_unwind(f); }\n\
    fn g<A: std::panic::UnwindSafe, B: std::panic::RefUnwindSafe>() {}\n";
const STUB_MARKER: &str =
    "pub trait Maybe {}\nimpl<T: std::panic::UnwindSafe + ?Sized> Maybe for T {}\n";
const STUB_CLOSURES: &str =
    "fn f<A: std::panic::UnwindSafe>() {}\nfn g<A: std::panic::UnwindSafe>() {}\n";
const STUB_DESCRIBE: &str = "unsafe fn f(func: *const (), prims: *const ()) -> *const () {\n    \
    super::__wbindgen_describe_generic_import(func, prims)\n}\n";

/// A crate whose wasm-bindgen is an empty one beside it: quick, and offline.
pub(crate) fn light(name: &str, version: &str, library: &str, more: &[(&str, &str)]) -> PathBuf {
    let manifest = manifest(
        name,
        "[dependencies]\nwasm-bindgen.path = \"wasm-bindgen\"\n",
    );
    let stub = format!("[package]\nname = \"wasm-bindgen\"\nversion = \"{version}\"\n");
    let mut files = vec![
        ("Cargo.toml", &*manifest),
        ("src/lib.rs", library),
        ("wasm-bindgen/Cargo.toml", &*stub),
        ("wasm-bindgen/src/lib.rs", STUB),
        ("wasm-bindgen/src/rt/mod.rs", STUB_RT),
        ("wasm-bindgen/src/rt/marker.rs", STUB_MARKER),
        ("wasm-bindgen/src/describe.rs", STUB_DESCRIBE),
        ("wasm-bindgen/src/convert/closures.rs", STUB_CLOSURES),
    ];
    files.extend(more);
    fixture(name, &files)
}

/// A command without the settings of whoever runs the tests.
pub(crate) fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        let sets_flags = name.ends_with("RUSTFLAGS") || name.starts_with("CARGO_PROFILE_");
        if sets_flags || name == "RUSTUP_TOOLCHAIN" {
            command.env_remove(name);
        }
    }
    command.env(
        "CARGO_TARGET_DIR",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures-target"),
    );
    command
}

/// `cargo recover …` in a directory.
pub(crate) fn recover(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_cargo-recover"));
    command
        .arg("recover")
        .args(arguments)
        .current_dir(directory);
    command
}

/// What a run printed and how it ended.
pub(crate) struct Run {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs to the end.
pub(crate) fn run(mut command: Command) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let run = Run {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    };
    // Whatever happens, a user never sees the inside of the tool.
    for sign in ["panicked at", "RUST_BACKTRACE", "Stack backtrace"] {
        assert!(!run.stderr.contains(sign), "{}", run.stderr);
    }
    run
}

/// Runs, asks for success and returns what was said.
pub(crate) fn succeed(command: Command) -> Run {
    let run = run(command);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    run
}

/// Runs and asks for exit code 2 and one line that has all of `parts`.
pub(crate) fn refused(command: Command, parts: &[&str]) {
    let run = run(command);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    for part in parts {
        assert!(run.stderr.contains(part), "no {part:?} in: {}", run.stderr);
    }
}

/// The Node to load packages with.
pub(crate) fn node() -> String {
    std::env::var("RECOVER_NODE").unwrap_or_else(|_| "node".to_owned())
}

/// The kind of exception handling that this Node has.
pub(crate) fn eh() -> &'static str {
    let probe = "const [a, b, c] = process.versions.node.split('.').map(Number);
                 const since = { 22: b > 22 || (b === 22 && c >= 3), 23: false, 24: b >= 15 };
                 console.log(since[a] ?? a > 24 ? 'exnref' : 'legacy');";
    match script(probe).as_str() {
        "exnref" => "exnref",
        _ => "legacy",
    }
}

/// Runs an ES module text in Node and returns what it printed.
pub(crate) fn script(text: &str) -> String {
    let mut command = Command::new(node());
    command.args(["--input-type=module", "--eval", text]);
    let run = succeed(command);
    run.stdout.trim().to_owned()
}

/// The command with Node on its PATH, and with the engines below `RECOVER_ENGINES`.
pub(crate) fn with_engines(mut command: Command) -> Command {
    let mut path: Vec<PathBuf> = Path::new(&node())
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(Path::to_owned)
        .into_iter()
        .collect();
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    command.env("PATH", std::env::join_paths(path).unwrap());
    if let Some(engines) = std::env::var_os("RECOVER_ENGINES") {
        let modules = ["playwright", "miniflare"]
            .map(|engine| Path::new(&engines).join(engine).join("node_modules"));
        command.env("NODE_PATH", std::env::join_paths(modules).unwrap());
    }
    command
}
