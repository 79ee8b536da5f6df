//! Runs the `wasm-bindgen` program of a version that is not built in.
//!
//! It is looked for on the PATH and in a cache of our own, and installed into the cache once
//! if it is nowhere. Which version that is, `plan` says. What the program writes is changed
//! elsewhere.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::say::say;
use crate::error::{Error, one_line};
use crate::pins::pins;
use crate::plan::Bindgen;

const PROGRAM: &str = "wasm-bindgen";

/// Writes the glue of a module into a directory.
pub(super) fn generate(call: &Bindgen, wasm: &[u8], directory: &Path) -> Result<(), Error> {
    let program = match find(&call.version) {
        Some(program) => program,
        None => install(&call.version)?,
    };
    // Beside the output, which is published whole.
    let input = directory.with_extension("wasm");
    fs::write(&input, wasm).map_err(Error::io("write", &input))?;
    let output = Command::new(&program)
        .args(arguments(call))
        .arg("--out-dir")
        .arg(directory)
        .arg(&input)
        .output()
        .map_err(Error::io("start", &program));
    // Scratch below the target directory: a rest does no harm.
    let _ = fs::remove_file(&input);
    let output = output?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(Error::Bindgen(one_line(&text)))
}

/// What the library of `glue` is told, in the program's options.
fn arguments(call: &Bindgen) -> Vec<&str> {
    let mut arguments = vec!["--target", call.target.name(), "--out-name", &call.stem];
    for (on, option) in [
        (call.split_linked, "--split-linked-modules"),
        (call.keep_debug, "--keep-debug"),
        (call.abort_handler, "--force-enable-abort-handler"),
        (call.reset_state, "--experimental-reset-state-function"),
    ] {
        if on {
            arguments.push(option);
        }
    }
    arguments
}

/// The program of exactly that version, on the PATH or in the cache.
pub(super) fn find(version: &str) -> Option<PathBuf> {
    let name = Path::new(PROGRAM).with_extension(env::consts::EXE_EXTENSION);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = env::split_paths(&path).collect();
    places.extend(cache(version).map(|root| root.join("bin")));
    let programs = places.into_iter().map(|place| place.join(&name));
    programs
        .filter(|program| program.is_file())
        .find(|program| is_version(program, version))
}

fn is_version(program: &Path, version: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| says(&String::from_utf8_lossy(&output.stdout), version))
}

/// Does the program say of itself that it is that version?
fn says(line: &str, version: &str) -> bool {
    line.split_whitespace().nth(1) == Some(version)
}

/// Where the program of a version is installed, below cargo's home.
fn cache(version: &str) -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(Path::new(&home).join(".cargo"))
    })?;
    let home = std::path::absolute(home).ok()?;
    Some(home.join("recover").join(format!("{PROGRAM}-{version}")))
}

/// Installs the program into the cache, once for all builds of the user's.
fn install(version: &str) -> Result<PathBuf, Error> {
    let lost = || Error::NoProgram {
        version: version.to_owned(),
        command: format!("cargo install wasm-bindgen-cli --version {version} --locked"),
        built_in: pins().wasm_bindgen.clone(),
    };
    let root = cache(version).ok_or_else(lost)?;
    fs::create_dir_all(&root).map_err(Error::io("create", &root))?;
    // Two builds at once wait for one installation.
    let path = root.join("lock");
    let lock = File::create(&path).map_err(Error::io("create", &path))?;
    lock.lock().map_err(Error::io("lock", &path))?;
    if let Some(program) = find(version) {
        return Ok(program);
    }
    say(
        "note",
        &format!(
            "the crate uses wasm-bindgen {version}: installing its program into {}, once \
             (about 2 minutes)",
            root.display()
        ),
    );
    let stable = format!("+{}", pins().stable);
    let known = Command::new("rustup")
        .args(["run", &pins().stable, "cargo", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // By the pinned stable where it is installed, else by whatever cargo is the default.
    let toolchain = known.is_ok_and(|status| status.success()).then_some(stable);
    let mut command = Command::new("cargo");
    // The build's own settings are for wasm.
    for (name, _) in env::vars_os() {
        if is_setting(&name) {
            command.env_remove(name);
        }
    }
    let status = command
        .args(toolchain)
        .args([
            "install",
            "wasm-bindgen-cli",
            "--version",
            version,
            // By the lock file that it was published with: newer dependencies may not compile.
            "--locked",
            "--root",
        ])
        .arg(&root)
        .stdout(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(lost());
    }
    find(version).ok_or_else(lost)
}

/// Does the variable change how cargo compiles?
fn is_setting(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.ends_with("RUSTFLAGS")
        || name.starts_with("CARGO_PROFILE_")
        || name.starts_with("CARGO_BUILD_")
        || ["CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN"].contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Target;

    fn call() -> Bindgen {
        Bindgen {
            version: "7.8.2".to_owned(),
            built_in: false,
            stem: "app".to_owned(),
            target: Target::Web,
            typescript: false,
            split_linked: false,
            keep_debug: false,
            follow: false,
            remove_names: false,
            abort_handler: false,
            old_handler: false,
            exnref: false,
            reset_state: false,
            awaited: false,
            starts: true,
        }
    }

    #[test]
    fn the_program_is_told_what_the_library_is() {
        let plain = ["--target", "web", "--out-name", "app"];
        // The declarations are always written: promises are read from them.
        assert_eq!(arguments(&call()), plain);
        let all = Bindgen {
            split_linked: true,
            keep_debug: true,
            remove_names: true,
            abort_handler: true,
            reset_state: true,
            ..call()
        };
        assert_eq!(
            arguments(&all)[4..],
            [
                "--split-linked-modules",
                "--keep-debug",
                "--force-enable-abort-handler",
                "--experimental-reset-state-function",
            ]
        );
    }

    #[test]
    fn only_exactly_that_version_will_do() {
        assert!(says("wasm-bindgen 7.8.2\n", "7.8.2"));
        assert!(says("wasm-bindgen 7.8.2 (abc)", "7.8.2"));
        for line in ["wasm-bindgen 7.8.20", "wasm-bindgen 7.8.1", "", "7.8.2"] {
            assert!(!says(line, "7.8.2"), "{line}");
        }
    }

    #[test]
    fn settings_of_the_build_are_not_those_of_the_program() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(is_setting(&name.into()), "{name}");
        }
        for name in ["PATH", "CARGO_HOME", "HTTPS_PROXY"] {
            assert!(!is_setting(&name.into()), "{name}");
        }
    }
}
