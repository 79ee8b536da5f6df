//! Stages that are no test runners: each command, or rule, counts as one.

use std::path::Path;

use crate::error::Error;
use crate::matrix;
use crate::pins;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::setup::WASM;
use crate::shared;
use crate::test::counts::Counts;

/// The crates that are published, in the order of their dependencies.
const PUBLISHED: [&str; 3] = ["recover-macros", "recover-runtime", "recover-cli"];

/// The longest that a source may be.
const MOST_LINES: usize = 500;

/// Runs all commands and counts those that end well.
fn all(commands: &[Cmd]) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for command in commands {
        let code = command.status()?;
        if code != Some(0) {
            say("failed", &command.failed(code).to_string());
        }
        counts += Counts::of(code == Some(0));
    }
    Ok(counts)
}

/// Counts a rule as held where nothing breaks it, and prints what does.
fn rule(name: &str, broken: &[String]) -> Counts {
    for one in broken {
        say("failed", one);
    }
    if broken.is_empty() {
        say("ok", name);
    }
    Counts::of(broken.is_empty())
}

/// The pinned versions are spelled once, and all siblings agree.
pub(crate) fn pins(project: &Project) -> Result<Counts, Error> {
    let broken = pins::disagreements(project)?;
    Ok(rule("every pin is spelled once, in Cargo.toml", &broken))
}

/// The page about the engines is what the matrix is.
pub(crate) fn matrix_page(project: &Project) -> Result<Counts, Error> {
    let stale = matrix::stale_page(project)?;
    Ok(rule("docs/book/engines.md is current", &stale))
}

/// rustfmt has nothing to change.
pub(crate) fn fmt(project: &Project) -> Result<Counts, Error> {
    let stable = &project.pins.stable;
    let fmt = || project.cargo(stable).args(["fmt", "--check"]);
    // fuzz/ is a workspace of its own.
    all(&[
        fmt().arg("--all"),
        fmt().args(["--manifest-path", "fuzz/Cargo.toml"]),
    ])
}

/// clippy has nothing to say.
pub(crate) fn clippy(project: &Project) -> Result<Counts, Error> {
    let clippy = || project.cargo(&project.pins.stable).arg("clippy");
    let deny = ["--", "-D", "warnings"];
    all(&[
        clippy().arg("--all-targets").args(deny),
        clippy()
            .args(["-p", "recover-runtime", "--features", "persist"])
            .args(["--target", WASM])
            .args(deny),
    ])
}

/// The documentation builds without warnings.
pub(crate) fn doc(project: &Project) -> Result<Counts, Error> {
    let doc = project
        .cargo(&project.pins.stable)
        .args(["doc", "--no-deps"]);
    all(&[doc.env("RUSTDOCFLAGS", "-D warnings")])
}

/// The published crates compile on the oldest toolchain that they claim.
pub(crate) fn msrv(project: &Project) -> Result<Counts, Error> {
    let check = || project.cargo(&project.pins.oldest).arg("check");
    let published = PUBLISHED.iter().flat_map(|name| ["-p", name]);
    all(&[
        check().args(published),
        check().args(["-p", "recover-runtime", "--features", "persist"]),
        check().args(["-p", "recover-runtime", "--target", WASM]),
    ])
}

/// Sources are short, and every expected message has its test.
pub(crate) fn files(project: &Project) -> Result<Counts, Error> {
    let tracked = tracked(project)?;
    let mut long = vec![];
    for file in tracked.iter().filter(|file| is_source(file)) {
        // One that is deleted, but not yet from the index, has no lines.
        let bytes = std::fs::read(project.root.join(file)).unwrap_or_default();
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        if lines > MOST_LINES {
            long.push(format!(
                "{file} has {lines} lines, more than {MOST_LINES}: split it"
            ));
        }
    }
    let mut counts = rule("no source is over 500 lines", &long);
    let orphans: Vec<_> = tracked
        .iter()
        .filter(|file| file.ends_with(".stderr") && project.root.join(file).exists())
        .filter(|file| !project.root.join(file).with_extension("rs").exists())
        .map(|file| format!("{file} has no .rs beside it: remove it"))
        .collect();
    counts += rule("every .stderr has its .rs", &orphans);
    counts += rule(
        "the numbers of shared.toml are current",
        &shared::stale(project)?,
    );
    Ok(counts)
}

fn is_source(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|name| name.to_str());
    matches!(extension, Some("rs" | "js" | "mjs" | "ts"))
}

fn tracked(project: &Project) -> Result<Vec<String>, Error> {
    let list = project.cmd("git").args(["ls-files", "-z"]).quiet()?;
    if !list.success || list.stdout.is_empty() {
        return Err(Error::Check(
            "git ls-files finds nothing: this is no git checkout".to_owned(),
        ));
    }
    let files = list.stdout.split('\0').filter(|file| !file.is_empty());
    Ok(files.map(str::to_owned).collect())
}

/// Every published crate packages, with its licence and what it reads.
pub(crate) fn package(project: &Project) -> Result<Counts, Error> {
    let cargo = || {
        project
            .cargo(&project.pins.stable)
            .args(["package", "--allow-dirty"])
    };
    let mut counts = Counts::default();
    for name in PUBLISHED {
        let command = cargo().args(["--list", "-p", name]);
        let list = command.quiet()?;
        let files: Vec<_> = list
            .stdout
            .lines()
            .map(|line| line.replace('\\', "/"))
            .collect();
        let wanted: &[&str] = match name {
            "recover-runtime" => &["LICENSE", "js/errors.js", "js/host.js", "js/types.d.ts"],
            "recover-cli" => &["LICENSE", "workspace.toml"],
            _ => &["LICENSE"],
        };
        let mut broken: Vec<_> = wanted
            .iter()
            .filter(|want| !files.iter().any(|file| file == *want))
            .map(|want| format!("{name}: the package has no {want}"))
            .collect();
        if !list.success {
            broken.push(format!("this failed: {}", command.line()));
        }
        counts += rule(&format!("{name} packages {}", wanted.join(", ")), &broken);
    }
    let published = PUBLISHED.iter().flat_map(|name| ["-p", name]);
    counts += all(&[cargo().args(["--no-verify", "--offline"]).args(published)])?;
    Ok(counts)
}
