//! The pinned versions: read from the root Cargo.toml, spelled nowhere else.

use std::path::Path;
use std::process::ExitCode;

use toml::{Table, Value};

use crate::error::Error;
use crate::process::Cmd;

/// The versions that the tools are pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pins {
    /// The toolchain of unwind builds.
    pub(crate) nightly: String,
    /// The newest nightly that installs, for a canary.
    pub(crate) newest: String,
    /// The toolchain of abort builds and of the checks.
    pub(crate) stable: String,
    /// The oldest toolchain that the published crates compile on, in three parts.
    pub(crate) oldest: String,
    /// The version of wasm-bindgen that is built into `cargo recover`.
    pub(crate) wasm_bindgen: String,
    /// The oldest that crates may use.
    pub(crate) oldest_wasm_bindgen: String,
    /// One between, for the tests.
    pub(crate) between_wasm_bindgen: String,
    /// The wasm-pack that one test runs.
    pub(crate) wasm_pack: String,
    /// The worker-build that one test runs.
    pub(crate) worker_build: String,
}

impl Pins {
    /// Reads them from the manifest in `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let path = root.join("Cargo.toml");
        Self::parse(&text(&path)?).map_err(|reason| Error::file(&path, reason))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
        let workspace = manifest.get("workspace").ok_or("has no [workspace]")?;
        let pin = |keys: [&str; 2], name: &str| {
            let table = keys.iter().try_fold(workspace, |at, key| at.get(key));
            let value = table
                .and_then(|table| table.get(name))
                .and_then(Value::as_str);
            let place = keys.join(".");
            value
                .map(str::to_owned)
                .ok_or(format!("has no workspace.{place}.{name}"))
        };
        let package = workspace.get("package");
        let oldest = package.and_then(|package| package.get("rust-version")?.as_str());
        let oldest = oldest.ok_or("has no workspace.package.rust-version")?;
        Ok(Self {
            nightly: pin(["metadata", "pins"], "nightly")?,
            newest: pin(["metadata", "pins"], "newest")?,
            stable: pin(["metadata", "pins"], "stable")?,
            oldest: three_parts(oldest),
            wasm_bindgen: exact(workspace, "wasm-bindgen-cli-support")?,
            oldest_wasm_bindgen: oldest_of(workspace, "wasm-bindgen")?,
            between_wasm_bindgen: pin(["metadata", "pins"], "wasm-bindgen-between")?,
            wasm_pack: pin(["metadata", "pins"], "wasm-pack")?,
            worker_build: pin(["metadata", "pins"], "worker-build")?,
        })
    }
}

/// rustup takes `1.2` for another toolchain than `1.2.0`.
fn three_parts(version: &str) -> String {
    match version.matches('.').count() {
        1 => format!("{version}.0"),
        _ => version.to_owned(),
    }
}

/// The version that a workspace dependency is pinned to.
fn exact(workspace: &Value, name: &str) -> Result<String, String> {
    let requirement = workspace
        .get("dependencies")
        .and_then(|dependencies| dependencies.get(name));
    let requirement = requirement.ok_or(format!("has no workspace.dependencies.{name}"))?;
    let text = requirement
        .as_str()
        .or_else(|| requirement.get("version")?.as_str());
    text.and_then(|text| text.strip_prefix('='))
        .map(|version| version.trim().to_owned())
        .ok_or(format!(
            "does not pin workspace.dependencies.{name} with `=`"
        ))
}

/// The oldest version that a workspace dependency may have.
fn oldest_of(workspace: &Value, name: &str) -> Result<String, String> {
    let requirement = workspace
        .get("dependencies")
        .and_then(|dependencies| dependencies.get(name)?.get("version")?.as_str());
    let oldest = requirement.and_then(|text| text.split(',').next()?.trim().strip_prefix(">="));
    oldest
        .map(|version| version.trim().to_owned())
        .ok_or(format!("has no `>=` in workspace.dependencies.{name}"))
}

/// Prints the pins and everything that disagrees with them.
pub(crate) fn run(root: &Path, pins: &Pins) -> Result<ExitCode, Error> {
    println!("nightly       {}", pins.nightly);
    println!("newest        {}", pins.newest);
    println!("stable        {}", pins.stable);
    println!("rust-version  {}", pins.oldest);
    println!("wasm-bindgen  {}", pins.wasm_bindgen);
    let wrong = disagreements(root, pins)?;
    for line in &wrong {
        println!("{line}");
    }
    if wrong.is_empty() {
        println!("nothing else spells them; all siblings agree");
        return Ok(ExitCode::SUCCESS);
    }
    let count = wrong.len();
    Err(Error::Check(format!(
        "{count} disagreements with the pins in Cargo.toml"
    )))
}

/// Everything that spells a pin again, or that is of another version.
pub(crate) fn disagreements(root: &Path, pins: &Pins) -> Result<Vec<String>, Error> {
    let mut wrong = spelled_elsewhere(root, pins)?;
    let manifest = text(&root.join("Cargo.toml"))?;
    let lock = text(&root.join("Cargo.lock"))?;
    wrong.extend(siblings(&manifest, &lock, pins));
    Ok(wrong)
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::file(path, error))
}

fn spelled_elsewhere(root: &Path, pins: &Pins) -> Result<Vec<String>, Error> {
    let git = || Cmd::new(root, "git");
    let command = git()
        .args(["grep", "--untracked", "--line-number", "-I", "-F", "-w"])
        .args([
            "-e",
            &pins.nightly,
            "-e",
            &pins.newest,
            "-e",
            &pins.stable,
            "-e",
            &pins.wasm_bindgen,
        ])
        .args([
            "--",
            ".",
            ":!Cargo.toml",
            ":!*.lock",
            ":!CHANGELOG.md",
            ":!docs/adr",
        ]);
    let found = command.quiet()?;
    let lines = found.stdout.lines();
    let lines = lines.map(|line| format!("spelled again, read it from Cargo.toml instead: {line}"));
    // git grep ends with 1 where it finds nothing, with 128 where it cannot look.
    if found.stdout.is_empty() && !git().arg("rev-parse").quiet()?.success {
        return Err(Error::Check(
            "the pins are checked by git grep: this is no git checkout".into(),
        ));
    }
    Ok(lines.collect())
}

/// The versions that must be equal, in the manifest and in the lock file.
fn siblings(manifest: &str, lock: &str, pins: &Pins) -> Vec<String> {
    let mut wrong = vec![];
    let manifest: Table = manifest.parse().unwrap_or_default();
    let workspace = manifest.get("workspace").cloned();
    let workspace = workspace.unwrap_or_else(|| Value::Table(Table::new()));
    let own = workspace
        .get("package")
        .and_then(|package| package.get("version")?.as_str());
    let built_in = format!("<={}", pins.wasm_bindgen);
    for name in ["wasm-bindgen", "wasm-bindgen-shared"] {
        let requirement = workspace.get("dependencies").and_then(|all| all.get(name));
        let text =
            requirement.and_then(|one| one.as_str().or_else(|| one.get("version")?.as_str()));
        // The newest version that crates may use is the one that is built in.
        if !text.is_some_and(|text| text.split(',').any(|part| part.trim() == built_in)) {
            wrong.push(format!("Cargo.toml: {name} is not {built_in}"));
        }
    }
    for (name, want) in [("recover-macros", own), ("recover-runtime", own)] {
        match exact(&workspace, name) {
            Ok(version) if Some(&*version) == want => {}
            Ok(version) => wrong.push(format!("Cargo.toml: {name} is {version}, not {want:?}")),
            Err(reason) => wrong.push(format!("Cargo.toml: {reason}")),
        }
    }
    let lock: Table = lock.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(Value::as_array);
    let family = |name: &str| {
        name == "wasm-bindgen"
            || matches!(
                name.strip_prefix("wasm-bindgen-"),
                Some("cli-support" | "macro" | "macro-support" | "shared")
            )
    };
    let mut locked = 0;
    for package in packages.into_iter().flatten() {
        let text = |key| package.get(key).and_then(Value::as_str).unwrap_or_default();
        if family(text("name")) {
            locked += 1;
            if text("version") != pins.wasm_bindgen {
                wrong.push(format!("Cargo.lock: {} {}", text("name"), text("version")));
            }
        }
    }
    if locked == 0 {
        wrong.push("Cargo.lock: has no wasm-bindgen".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        [workspace.package]
        version = "3.0.0"
        rust-version = "1.2"
        [workspace.metadata.pins]
        nightly = "nightly-x"
        newest = "nightly-y"
        stable = "1.3.4"
        wasm-bindgen-between = "7.7.4"
        wasm-pack = "6.1.0"
        worker-build = "6.2.0"
        [workspace.dependencies]
        wasm-bindgen = { version = ">=7.7.1, <=7.7.7", features = ["std"] }
        wasm-bindgen-shared = ">=7.7.1, <=7.7.7"
        wasm-bindgen-cli-support = "=7.7.7"
        recover-macros = { path = "m", version = "=3.0.0" }
        recover-runtime = { path = "r", version = "=3.0.0" }
    "#;

    const LOCK: &str = r#"
        [[package]]
        name = "wasm-bindgen"
        version = "7.7.7"
        [[package]]
        name = "wasm-bindgen-futures"
        version = "0.1.0"
        [[package]]
        name = "wasm-bindgen-shared"
        version = "7.7.7"
    "#;

    #[test]
    fn the_pins_are_read() {
        let pins = Pins::parse(MANIFEST).unwrap();
        assert_eq!((&*pins.nightly, &*pins.stable), ("nightly-x", "1.3.4"));
        assert_eq!((&*pins.oldest, &*pins.wasm_bindgen), ("1.2.0", "7.7.7"));
        assert_eq!(pins.oldest_wasm_bindgen, "7.7.1");
        assert_eq!(pins.between_wasm_bindgen, "7.7.4");
        assert_eq!((&*pins.wasm_pack, &*pins.worker_build), ("6.1.0", "6.2.0"));
    }

    #[test]
    fn a_missing_or_inexact_pin_is_named() {
        let error = Pins::parse(&MANIFEST.replace("stable", "unstable")).unwrap_err();
        assert!(error.contains("metadata.pins.stable"), "{error}");
        let error = Pins::parse(&MANIFEST.replace("support = \"=7", "support = \"7")).unwrap_err();
        assert!(error.contains("with `=`"), "{error}");
    }

    #[test]
    fn pins_that_must_agree_and_do_not_are_named() {
        let pins = Pins::parse(MANIFEST).unwrap();
        assert_eq!(siblings(MANIFEST, LOCK, &pins), Vec::<String>::new());
        let older = MANIFEST.replace("shared = \">=7.7.1, <=7.7.7", "shared = \">=7.7.1, <=7.7.6");
        assert_eq!(siblings(&older, LOCK, &pins).len(), 1);
        let two = LOCK.replace("version = \"7.7.7\"", "version = \"7.7.8\"");
        assert_eq!(siblings(MANIFEST, &two, &pins).len(), 2);
        assert_eq!(siblings(MANIFEST, "", &pins).len(), 1);
    }
}
