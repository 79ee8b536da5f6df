//! The build tools of others: each builds and runs a project of its own with packages of the
//! counter. What they must show is in tests/bundlers.

use crate::engines::Engine;
use crate::error::Error;
use crate::lab;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness;

/// Some of the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// The quickest.
    Quick,
    /// The others.
    Rest,
}

/// The packages that the projects load.
const TARGETS: [&str; 3] = ["web", "bundler", "nodejs"];

impl Suite {
    /// All of them; those that every run of the tests takes come with `true`.
    pub(crate) const ALL: [(Self, bool); 2] = [(Self::Quick, true), (Self::Rest, false)];

    /// The name of its stage.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "bundlers",
            Self::Rest => "bundlers:rest",
        }
    }

    /// What it does, in a few words.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Quick => {
                "Vite, esbuild and Vitest load the packages, as they serve and build them"
            }
            Self::Rest => "so do webpack, Rollup, Jest, Next.js and tsc",
        }
    }

    /// What must be installed for it.
    pub(crate) fn needs(self) -> &'static [Piece] {
        match self {
            Self::Quick => &[
                Piece::Nightly,
                Piece::Node,
                Piece::Engine(Engine::Chromium),
                Piece::Bundler("vite"),
                Piece::Bundler("esbuild"),
                Piece::Bundler("vitest"),
            ],
            Self::Rest => &[
                Piece::Nightly,
                Piece::Node,
                Piece::Engine(Engine::Chromium),
                Piece::Bundler("webpack"),
                Piece::Bundler("rollup"),
                Piece::Bundler("jest"),
                Piece::Bundler("next"),
                Piece::Bundler("tsc"),
            ],
        }
    }

    /// Builds the packages, and tests.
    pub(crate) fn run(self, project: &Project) -> Result<Counts, Error> {
        let own = project
            .target
            .join("bundlers")
            .join(self.name().replace(':', "-"));
        let packages = own.join("packages");
        let recover = Recover::compile(project)?;
        for target in TARGETS {
            let out = packages.join(target);
            let build = recover.build(&project.root.join("examples/counter"), Build::Exnref, &out);
            build.args(["--target", target]).run()?;
        }
        let node = lab::driver(project, "")
            .env("RECOVER_BUNDLERS_DIR", own.join("projects"))
            .env("RECOVER_BUNDLERS_NPM", project.root.join("engines"))
            .env("RECOVER_BUNDLERS_PACKAGES", packages);
        let tools = self.needs().iter().filter_map(|piece| match piece {
            Piece::Bundler(name) => Some(format!("tests/bundlers/{name}.test.mjs")),
            _ => None,
        });
        harness::node_tests(node, &tools.collect::<Vec<_>>())
    }
}
