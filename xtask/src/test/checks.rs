//! Stages that are no test runners: each command, or rule, counts as one.

use std::path::Path;

use crate::error::Error;
use crate::kinds;
use crate::layers::{self, CRATES};
use crate::matrix;
use crate::pins;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::setup::WASM;
use crate::shared;
use crate::test::counts::Counts;
use crate::test::names::{self, Names};
use crate::twins;

/// The crates that are published, in the order of their dependencies.
const PUBLISHED: [&str; 3] = ["recover-macros", "recover-runtime", "recover-cli"];

/// A source of more lines says why.
const MANY_LINES: usize = 600;

/// What that begins with, in the comment that heads it.
const REASON: &str = "Long because ";

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
    let broken = pins::disagreements(&project.root, &project.pins)?;
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
    // Two workspaces of their own.
    all(&[
        fmt().arg("--all"),
        fmt().args(["--manifest-path", "fuzz/Cargo.toml"]),
        fmt().args([
            "--all",
            "--manifest-path",
            "tests/torture/others/Cargo.toml",
        ]),
    ])
}

/// clippy has nothing to say.
pub(crate) fn clippy(project: &Project) -> Result<Counts, Error> {
    let clippy = || project.cargo(&project.pins.stable).arg("clippy");
    let deny = ["--", "-D", "warnings"];
    all(&[
        clippy().arg("--all-targets").args(deny),
        clippy()
            .args([
                "-p",
                "recover-runtime",
                "--features",
                "persist,reports,capture,coredump,torture-allocator",
            ])
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

/// The published crates compile on the oldest toolchain that they claim. The command has the most
/// dependencies by far, and no user's crate has them: that one is for `full`.
pub(crate) fn msrv(project: &Project, full: bool) -> Result<Counts, Error> {
    let check = || project.cargo(&project.pins.oldest).arg("check");
    let users_compile = |name: &&&str| full || **name != "recover-cli";
    let published = PUBLISHED.iter().filter(users_compile);
    all(&[
        check().args(published.flat_map(|name| ["-p", name])),
        check().args(["-p", "recover-runtime", "--features", "persist,reports"]),
        check().args(["-p", "recover-runtime", "--target", WASM]),
    ])
}

/// Long sources say why, every expected message has its test, and the files that docs
/// and comments name exist.
pub(crate) fn files(project: &Project) -> Result<Counts, Error> {
    let files = present(project)?;
    // Those of no text have nothing to say.
    let text = |file: &str| project.read(file).unwrap_or_default();
    let sources = files.iter().filter(|file| is_source(file));
    let long: Vec<_> = sources
        .filter_map(|file| too_long(file, &text(file)))
        .collect();
    let mut counts = rule("a source of over 600 lines says why", &long);

    let orphans: Vec<_> = files
        .iter()
        .filter(|file| file.ends_with(".stderr"))
        .filter(|file| !project.root.join(file).with_extension("rs").exists())
        .map(|file| format!("{file} has no .rs beside it: remove it"))
        .collect();
    counts += rule("every .stderr has its .rs", &orphans);
    counts += rule(
        "the numbers of shared.toml are current",
        &shared::stale(project)?,
    );
    counts += rule(
        "the kinds of errors and the types of recover:error are the same everywhere",
        &kinds::stale(project)?,
    );
    counts += rule(
        "functions that stand in two crates are the same",
        &twins::stale(project)?,
    );

    let known = Names::of(files.iter().map(|file| &**file));
    let mut dangling = vec![];
    for file in files.iter().filter(|file| names::is_read(file)) {
        let found = known.dangling(file, &text(file));
        dangling.extend(found.into_iter().map(|one| {
            let (line, name) = (one.line, one.name);
            format!("{file}:{line} names {name}, which is no file")
        }));
    }
    counts += rule("the files that docs and comments name exist", &dangling);
    Ok(counts)
}

/// What is wrong with a source of many lines: its head must say why it has them.
fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let head = text.lines().take_while(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("//") || line.starts_with(['/', '*'])
    });
    let says_why = head.into_iter().any(|line| line.contains(REASON));
    (lines > MANY_LINES && !says_why).then(|| {
        format!(
            "{file} has {lines} lines, more than {MANY_LINES}: split it, or say \
             \"{REASON}…\" in the comment at its head"
        )
    })
}

/// Every file uses its own layer and those below it, and no two use each other.
pub(crate) fn layers(project: &Project) -> Result<Counts, Error> {
    let text = |path: &str| project.read(path).ok();
    let mut counts = Counts::default();
    for one in &CRATES {
        let (files, broken) = layers::broken(one, &text).map_err(Error::Check)?;
        counts += rule(&format!("{}: {files} files", one.name()), &broken);
    }
    Ok(counts)
}

fn is_source(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|name| name.to_str());
    matches!(extension, Some("rs" | "js" | "mjs" | "ts"))
}

/// The files of the repository, those that are not yet in the index included.
fn present(project: &Project) -> Result<Vec<String>, Error> {
    let list = project
        .cmd("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .quiet()?;
    if !list.success || list.stdout.is_empty() {
        return Err(Error::Check(
            "git ls-files finds nothing: this is no git checkout".to_owned(),
        ));
    }
    let files = list.stdout.split('\0').filter(|file| !file.is_empty());
    // One that is deleted may still be in the index.
    let files = files.filter(|file| project.root.join(file).is_file());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_says_why_at_its_head() {
        let lines = "let x = 1;\n".repeat(MANY_LINES);
        assert_eq!(too_long("x.rs", &lines), None);
        assert!(too_long("x.rs", &format!("//! A thought.\n{lines}")).is_some());
        let why = format!("//! A thought. {REASON}it is a table.\n");
        assert_eq!(too_long("x.rs", &format!("{why}{lines}")), None);
        // Not somewhere below.
        assert!(too_long("x.rs", &format!("{lines}{why}")).is_some());
    }
}
