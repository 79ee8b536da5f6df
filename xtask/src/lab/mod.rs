//! `cargo xtask lab`: builds the browser lab and serves it. What it shows is in
//! examples/browser-lab.

pub(crate) mod serve;
mod symbols;
pub(crate) mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::engines::Engine;
use crate::error::Error;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};
use serve::{Lab, Site};
use symbols::Symbols;

/// The options of `lab`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port to serve on; 0 takes any that is free
    #[arg(long, default_value_t = 8787)]
    port: u16,

    /// What a panic does: unwind (nightly), or abort as on stable
    #[arg(long, value_enum, default_value_t = Strategy::Unwind)]
    strategy: Strategy,

    /// Serve what was built before
    #[arg(long)]
    no_build: bool,

    /// Write the screenshots of the book, by Chromium, and end
    #[arg(long)]
    screenshots: bool,
}

/// The tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// A panic unwinds.
    Unwind,
    /// A panic ends the instance.
    Abort,
}

impl Strategy {
    fn build(self) -> Build {
        match self {
            Self::Unwind => Build::Exnref,
            Self::Abort => Build::Abort,
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Unwind => {
                "Both modules: release with thin LTO, panics unwind by exnref. \
                 cargo xtask lab --strategy abort shows the stable tier."
            }
            Self::Abort => {
                "Both modules: release with thin LTO on stable Rust, where a panic ends the \
                 instance. With recover, the next one has back what persists."
            }
        }
    }
}

/// Builds and serves.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    // Before the build: a taken port should not cost minutes.
    let lab = Lab::bind(site(project, options.strategy), options.port)?;
    if options.no_build {
        let package = packages(project, options.strategy);
        if !package.join("ours").is_dir() || !package.join("plain").is_dir() {
            return Err(Error::Missing {
                what: "the lab is not built".to_owned(),
                fix: "cargo xtask lab, without --no-build".to_owned(),
            });
        }
    } else {
        let mut needs = vec![Piece::Nightly, Piece::Stable];
        if options.screenshots {
            needs.extend([Piece::Node, Piece::Engine(Engine::Chromium)]);
        }
        setup::ensure(project, &needs)?;
        build(project, options.strategy)?;
    }
    if options.screenshots {
        driver(project, &lab.in_background())
            .arg(page(project).join("tests").join("screenshots.mjs"))
            .arg(project.root.join("docs").join("book").join("lab"))
            .run()?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("the lab is at {} (Ctrl-C ends it)", lab.address());
    lab.run();
    Ok(ExitCode::SUCCESS)
}

/// The page and its scripts.
pub(crate) fn page(project: &Project) -> PathBuf {
    project.root.join("examples").join("browser-lab")
}

fn packages(project: &Project, strategy: Strategy) -> PathBuf {
    project.target.join("lab").join(strategy.build().name())
}

/// What is served.
pub(crate) fn site(project: &Project, strategy: Strategy) -> Site {
    Site {
        page: page(project),
        packages: packages(project, strategy),
        about: strategy.about().to_owned(),
        symbols: Some(Symbols {
            program: Recover::compiled(project).program().to_owned(),
            debug: packages(project, strategy).join("lab_ours.debug.wasm"),
            root: project.root.clone(),
        }),
    }
}

/// Builds both modules.
pub(crate) fn build(project: &Project, strategy: Strategy) -> Result<(), Error> {
    let recover = Recover::compile(project)?;
    let build = strategy.build();
    for side in ["ours", "plain"] {
        let out = packages(project, strategy).join(side);
        let mut command = recover
            .build(&page(project).join(side), build, &out)
            .env("CARGO_PROFILE_RELEASE_LTO", "thin")
            .args(["--profile", "release"]);
        if side == "ours" {
            // The lines of its reports.
            command = command.arg("--debug-info=split");
        }
        if (side, strategy) == ("plain", Strategy::Abort) {
            // Legacy, so that the glue has no trap handler: what wasm-bindgen writes for a
            // stable build.
            command = command.args(["--eh", "legacy"]);
        }
        command.run()?;
    }
    Ok(())
}

/// Node, which finds the lab and what drives Chromium in its environment.
pub(crate) fn driver(project: &Project, lab: &str) -> crate::process::Cmd {
    let playwright = project
        .root
        .join("engines/playwright/node_modules/playwright-core/index.mjs");
    project
        .cmd(project.node())
        .env("RECOVER_LAB", lab)
        .env("RECOVER_PLAYWRIGHT", playwright)
        .env("RECOVER_CHROMIUM", Engine::Chromium.program(project))
        .env("RECOVER_FIREFOX", Engine::Firefox.program(project))
}
