//! `cargo xtask book` and the stage `book`: the book is made, the lab is put on its first page,
//! and the programs of its pages are built and run. What a page's blocks and links must be is in
//! xtask/book, what runs them in tests/book.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::engines::Engine;
use crate::error::Error;
use crate::lab::{self, Strategy};
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};
use crate::test::counts::{self, Counts};
use crate::test::harness;

/// What must be installed for it.
pub(crate) const NEEDS: [Piece; 4] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::Engine(Engine::Chromium),
];

/// The options of `book`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port to serve on; 0 takes any that is free
    #[arg(long, default_value_t = 8788)]
    port: u16,

    /// Make the book and end
    #[arg(long)]
    no_serve: bool,
}

/// Makes the book and serves it.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    setup::ensure(project, &NEEDS[..3])?;
    let (made, _) = make(project)?;
    live(project)?;
    if made.failed > 0 {
        return Ok(ExitCode::FAILURE);
    }
    let html = out(project).join("html");
    println!("the book is in {}", html.display());
    if !options.no_serve {
        let serve = project.cmd(project.node()).arg("tests/book/serve.mjs");
        serve.arg(html).arg(options.port.to_string()).run()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The stage: the rules of pages, the links, the programs, and the first page in Chromium.
pub(crate) fn stage(project: &Project) -> Result<Counts, Error> {
    let stable = &project.pins.stable;
    let own = project.cargo(stable).args(["test", "-p", "book"]);
    let mut counts = harness::cargo_tests(&own)?;
    let (made, census) = make(project)?;
    counts += made;
    live(project)?;
    counts += packages(project)?;
    if counts.failed > 0 {
        return Ok(counts);
    }
    let files = ["blocks", "demo", "run"].map(|name| format!("tests/book/{name}.test.mjs"));
    let playwright = "engines/playwright/node_modules/playwright-core/index.mjs";
    let node = project
        .cmd(project.node())
        .env("RECOVER_BOOK", out(project))
        .env("RECOVER_PLAYWRIGHT", project.root.join(playwright))
        .env("RECOVER_CHROMIUM", Engine::Chromium.program(project));
    counts += harness::node_tests(node, &files)?;
    say("book", &census);
    Ok(counts)
}

fn out(project: &Project) -> PathBuf {
    project.target.join("book")
}

/// Makes the book, its crates and its scripts; says how many blocks there are, and which are left out.
fn make(project: &Project) -> Result<(Counts, String), Error> {
    let build = project.cargo(&project.pins.stable);
    build.args(["build", "-p", "book"]).run()?;
    let program = project.target.join("debug").join("book");
    let make = project
        .cmd(program.with_extension(std::env::consts::EXE_EXTENSION))
        .arg(&project.root)
        .arg(out(project));
    let made = make.follow(|line| !line.contains(" passed, "))?;
    let counts = counts::of_closing_line(&made.stdout).checked(made.success);
    let census = made.stdout.lines().next().unwrap_or_default().to_owned();
    Ok((counts, census))
}

/// Puts the lab below the book, from where the first page frames it.
fn live(project: &Project) -> Result<(), Error> {
    let site = lab::site(project, Strategy::Unwind);
    if !["ours", "plain"]
        .iter()
        .all(|side| site.packages.join(side).is_dir())
    {
        lab::build(project, Strategy::Unwind)?;
    }
    let to = out(project).join("html").join("live");
    let shown = |name: &str| {
        let ending = name.rsplit('.').next().unwrap_or_default();
        matches!(ending, "html" | "css" | "mjs")
    };
    copy(&site.page, &to, &shown, false)?;
    let served = |name: &str| matches!(name.rsplit('.').next(), Some("js" | "wasm"));
    copy(&site.packages, &to.join("pkg"), &served, true)?;
    let about = json!({ "about": site.about }).to_string();
    let file = to.join("build.json");
    fs::write(&file, about).map_err(|error| Error::file(file, error))
}

/// Copies the files whose name is `wanted`, those of folders below too if `deep`.
fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool, deep: bool) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(|error| Error::file(to, error))?;
    let entries = fs::read_dir(from).map_err(|error| Error::file(from, error))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_owned();
        if path.is_dir() {
            if deep {
                copy(&path, &to.join(name), wanted, deep)?;
            }
        } else if wanted(&name.to_string_lossy()) {
            fs::copy(&path, to.join(name)).map_err(|error| Error::file(path, error))?;
        }
    }
    Ok(())
}

/// Builds the packages of the pages, as the end-to-end tests of the same kind of build are.
fn packages(project: &Project) -> Result<Counts, Error> {
    let list = project.read(&format!("{}/blocks.json", out(project).display()))?;
    let list: Value = serde_json::from_str(&list)
        .map_err(|error| Error::Check(format!("blocks.json is not understood: {error}")))?;
    let recover = Recover::compile(project)?;
    let mut counts = Counts::default();
    for name in list["packages"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let from = out(project).join("packages").join(name);
        let build = recover.build(&from, Build::Exnref, &out(project).join("pkg").join(name));
        counts += built(&build.args(["--dev", "--no-debug-info"]))?;
    }
    Ok(counts)
}

fn built(build: &Cmd) -> Result<Counts, Error> {
    let code = build.status()?;
    if code != Some(0) {
        say("failed", &build.failed(code).to_string());
    }
    Ok(Counts::of(code == Some(0)))
}
