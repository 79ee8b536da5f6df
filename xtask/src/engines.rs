//! The engines beside the tests' own Node: which there are, where their programs are, and
//! how they are installed. What runs in them stands elsewhere.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;

/// An engine, or what embeds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    /// Node 20, which has no exnref.
    Node20,
    /// Node 22.
    Node22,
    /// Node 24, the tests' own.
    Node24,
    /// Node 26.
    Node26,
    /// Deno.
    Deno,
    /// Bun: JavaScriptCore.
    Bun,
    /// workerd, by miniflare.
    Workerd,
    /// Chromium, driven by playwright-core.
    Chromium,
    /// Firefox, whose page posts its result.
    Firefox,
}

impl Engine {
    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Node20,
        Self::Node22,
        Self::Node24,
        Self::Node26,
        Self::Deno,
        Self::Bun,
        Self::Workerd,
        Self::Chromium,
        Self::Firefox,
    ];

    /// Its name in options and tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node20 => "node20",
            Self::Node22 => "node22",
            Self::Node24 => "node24",
            Self::Node26 => "node26",
            Self::Deno => "deno",
            Self::Bun => "bun",
            Self::Workerd => "workerd",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The folder of xtask/npm that locks it or what drives it.
    pub(crate) fn npm(self) -> Option<&'static str> {
        match self {
            Self::Workerd => Some("miniflare"),
            Self::Chromium => Some("playwright"),
            Self::Firefox => None,
            other => Some(other.name()),
        }
    }

    /// The Debian package, and the program that it brings.
    fn debian(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Chromium => Some(("chromium", "/usr/bin/chromium")),
            Self::Firefox => Some(("firefox-esr", "/usr/bin/firefox-esr")),
            _ => None,
        }
    }

    /// The program that runs a script or a page; for workerd the folder of miniflare.
    pub(crate) fn program(self, project: &Project) -> PathBuf {
        if let Some((_, program)) = self.debian() {
            return program.into();
        }
        let modules = project
            .root
            .join("engines")
            .join(self.npm().unwrap_or_default())
            .join("node_modules");
        match self {
            Self::Workerd => modules.join("miniflare"),
            Self::Deno => modules.join(".bin").join("deno"),
            Self::Bun => modules.join(".bin").join("bun"),
            _ => modules
                .join("node")
                .join("bin")
                .join("node")
                .with_extension(std::env::consts::EXE_EXTENSION),
        }
    }

    /// Installs the browser itself, unless it is there.
    pub(crate) fn install_browser(self, project: &Project) -> Result<(), Error> {
        let Some((package, program)) = self.debian() else {
            return Ok(());
        };
        if Path::new(program).exists() {
            return Ok(());
        }
        say("setup", &format!("installing {package} by apt-get"));
        let update = project.cmd("apt-get").args(["update", "--quiet"]);
        let install = project
            .cmd("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "--yes", "--no-install-recommends", "--quiet"])
            .arg(package);
        run(&update)
            .and_then(|()| run(&install))
            .map_err(|()| Error::Missing {
                what: format!("{program} is missing and apt-get could not install it"),
                fix: format!(
                    "sudo apt-get update && sudo apt-get install --no-install-recommends {package}"
                ),
            })
    }
}

fn run(command: &Cmd) -> Result<(), ()> {
    command
        .quiet()
        .ok()
        .filter(|output| output.success)
        .map(|_| ())
        .ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_comes_from_npm_or_debian() {
        for engine in Engine::ALL {
            assert!(
                engine.npm().is_some() || engine.debian().is_some(),
                "{engine:?}"
            );
        }
    }
}
