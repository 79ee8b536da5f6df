//! The projects that `cargo recover new` makes: each is made, built, tested and linted by its own scripts, and the
//! package that `cargo recover pack` makes of one is used.

use std::fs;
use std::path::{Path, PathBuf};

use crate::engines::Engine;
use crate::error::Error;
use crate::npm;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::recover::Recover;
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness::node_tests;

/// What they need.
pub(crate) const NEEDS: [Piece; 7] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Lints,
    Piece::Node,
    Piece::TypeScript,
    Piece::Engine(Engine::Workerd),
    Piece::Engine(Engine::Chromium),
];

/// The template that needs nothing of npm's but the compiler of TypeScript, and the package made of it.
pub(crate) fn node(project: &Project) -> Result<Counts, Error> {
    let made = Made::new(project, "node")?;
    // In place of an installation: the same compiler and types, from where the other tests have them.
    let modules = project.root.join("engines/typescript/node_modules");
    link(&modules, &made.directory.join("node_modules"))?;
    let mut counts = made.scripts(&["test", "lint", "start"])?;
    let pack = made.npm().args(["run", "package"]);
    counts += ended_well(&pack)?;
    let tarball = made.directory.join("npm").join("made-node-0.1.0.tgz");
    let test = project
        .cmd(project.node())
        .env("RECOVER_PACKED", tarball)
        .env("RECOVER_MINIFLARE", miniflare(project));
    counts += node_tests(test, &["tests/people/package.test.mjs".to_owned()])?;
    Ok(counts)
}

/// The others, with what npm installs for them.
pub(crate) fn others(project: &Project) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for (template, scripts) in [
        ("web", &["test", "lint", "build"][..]),
        ("worker", &["test", "lint"]),
    ] {
        let made = Made::new(project, template)?;
        // This checkout's is on the PATH; npm has none yet.
        for arguments in [
            &["pkg", "delete", "devDependencies.cargo-recover"][..],
            &["install", "--no-audit", "--no-fund", "--loglevel=error"],
        ] {
            made.npm().args(arguments).run()?;
        }
        counts += made.scripts(scripts)?;
        if template == "web" {
            counts += page(project, &made.directory.join("dist"))?;
        }
    }
    Ok(counts)
}

/// The page that was built, in a browser.
fn page(project: &Project, built: &Path) -> Result<Counts, Error> {
    let playwright = project
        .root
        .join("engines/playwright/node_modules/playwright-core");
    let test = project
        .cmd(project.node())
        .env("RECOVER_PAGE", built)
        .env("RECOVER_PLAYWRIGHT", playwright)
        .env("RECOVER_CHROMIUM", Engine::Chromium.program(project));
    node_tests(test, &["tests/people/page.test.mjs".to_owned()])
}

/// What npm installs, of this machine's program as the tests compile it.
pub(crate) fn installed(project: &Project) -> Result<Counts, Error> {
    let recover = Recover::compile(project)?;
    let out = project.target.join("npm").join("test");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|error| Error::file(&out, error))?;
    }
    npm::pack(project, &[], &out, Some(recover.program()))?;
    let test = project
        .cmd(project.node())
        .env("RECOVER_TARBALLS", out)
        .env("RECOVER_RUNTIME", project.root.join("recover-runtime"));
    node_tests(test, &["tests/people/npm.test.mjs".to_owned()])
}

fn miniflare(project: &Project) -> PathBuf {
    let program = Engine::Workerd.program(project);
    program.parent().unwrap_or(&program).to_owned()
}

/// A project of a template.
struct Made<'a> {
    project: &'a Project,
    directory: PathBuf,
    /// Where this checkout's `cargo-recover` is.
    bin: PathBuf,
}

impl<'a> Made<'a> {
    /// Has `cargo recover new` make it. What it depends on is what the workspace locks.
    fn new(project: &'a Project, template: &str) -> Result<Self, Error> {
        let recover = Recover::compile(project)?;
        let name = format!("made-{template}");
        let directory = project.target.join("templates").join(&name);
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(|error| Error::file(&directory, error))?;
        }
        project
            .cmd(recover.program())
            .args(["recover", "new", "--template", template, "--runtime-path"])
            .arg(project.root.join("recover-runtime"))
            .arg(&directory)
            .run()?;
        let lock = directory.join("Cargo.lock");
        fs::copy(project.root.join("Cargo.lock"), &lock)
            .map_err(|error| Error::file(lock, error))?;
        let program = recover.program();
        let bin = program.parent().unwrap_or(program).to_owned();
        Ok(Self {
            project,
            directory,
            bin,
        })
    }

    /// npm in the project, which finds this checkout's `cargo recover` and the tests' Node.
    fn npm(&self) -> Cmd {
        let node = self.project.node();
        let node = node.parent().unwrap_or(&node);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = [self.bin.clone(), node.to_owned()];
        let all = all.into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(all).unwrap_or(path);
        let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
        Cmd::new(&self.directory, program)
            .env("PATH", path)
            .env("RUSTUP_TOOLCHAIN", &self.project.pins.stable)
            .env(
                "CARGO_TARGET_DIR",
                self.project.target.join("templates").join("target"),
            )
    }

    /// Its own scripts; each is a test. rustfmt has nothing to change, either.
    fn scripts(&self, names: &[&str]) -> Result<Counts, Error> {
        let manifest = self.directory.join("Cargo.toml");
        let fmt = self.project.cargo(&self.project.pins.stable);
        let fmt = fmt
            .args(["fmt", "--check", "--manifest-path"])
            .arg(manifest);
        let mut counts = ended_well(&fmt)?;
        for name in names {
            counts += ended_well(&self.npm().args(["run", name]))?;
        }
        Ok(counts)
    }
}

fn ended_well(command: &Cmd) -> Result<Counts, Error> {
    let code = command.status()?;
    if code != Some(0) {
        say("failed", &command.failed(code).to_string());
    }
    Ok(Counts::of(code == Some(0)))
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<(), Error> {
    std::os::unix::fs::symlink(to, at).map_err(|error| Error::file(at, error))
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> Result<(), Error> {
    std::os::windows::fs::symlink_dir(to, at).map_err(|error| Error::file(at, error))
}
