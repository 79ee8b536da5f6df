//! Durable objects: what keeps them, on the real thing. What must hold is in tests/durable.

use std::path::{Path, PathBuf};

use crate::engines::Engine;
use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness;

/// What must be installed for it.
pub(crate) const NEEDS: [Piece; 7] = [
    Piece::Nightly,
    Piece::Node,
    Piece::TypeScript,
    Piece::Postgres,
    Piece::Engine(Engine::Workerd),
    Piece::Engine(Engine::Chromium),
    Piece::Engine(Engine::Firefox),
];

/// The crate whose packages have the stores.
const CRATE: &str = "tests/fixtures/durable";

/// Packages of it: one for each target.
const TARGETS: [&str; 3] = ["web", "nodejs", "bundler"];

/// A folder of tests/durable, and what it is about.
struct Part {
    folder: &'static str,
    about: &'static str,
}

/// All of it, in order.
const PARTS: [Part; 2] = [
    Part {
        folder: "stores",
        about: "each store on the real thing",
    },
    Part {
        folder: "upgrade",
        about: "a slice of the load test of upgrades; in full: node tests/durable/upgrade/load.mjs",
    },
];

/// The crate that the code of is changed, and the features of its builds.
const UPGRADED: (&str, [Option<&str>; 2]) = ("tests/fixtures/upgrade", [None, Some("other")]);

/// Builds the packages and runs each part.
pub(crate) fn run(project: &Project) -> Result<Counts, Error> {
    let packages = packages(project)?;
    let mut counts = Counts::default();
    for Part { folder, about } in PARTS {
        say("durable", about);
        let tests = harness::test_files(project, &Path::new("tests/durable").join(folder))?;
        counts += harness::node_tests(node(project, &packages), &tests)?;
    }
    Ok(counts)
}

/// Builds the crate for each target, into a folder of its name.
fn packages(project: &Project) -> Result<PathBuf, Error> {
    let recover = Recover::compile(project)?;
    let packages = project.target.join("durable");
    for target in TARGETS {
        let build = recover.build(Path::new(CRATE), Build::Exnref, &packages.join(target));
        build.args(["--dev", "--target", target]).run()?;
    }
    let (directory, features) = UPGRADED;
    for feature in features {
        let name = feature.map_or("upgrade".to_owned(), |feature| format!("upgrade-{feature}"));
        let build = recover.build(Path::new(directory), Build::Exnref, &packages.join(name));
        let build = build.arg("--dev");
        match feature {
            Some(feature) => build.args(["--features", feature]),
            None => build,
        }
        .run()?;
    }
    Ok(packages)
}

/// Node that finds the packages, and all in which there is a store.
fn node(project: &Project, packages: &Path) -> Cmd {
    let modules = |engine: &str| {
        let engines = project.root.join("engines");
        engines.join(engine).join("node_modules")
    };
    project
        .cmd(project.node())
        .env("RECOVER_DURABLE_PACKAGES", packages)
        .env("RECOVER_TSC", project.typescript())
        .env("RECOVER_STORES", packages.join("web").join("stores"))
        .env("RECOVER_POSTGRES", modules("postgres"))
        .env("RECOVER_MINIFLARE", modules("miniflare"))
        .env("RECOVER_PLAYWRIGHT", modules("playwright"))
        .env("RECOVER_CHROMIUM", Engine::Chromium.program(project))
        .env("RECOVER_FIREFOX", Engine::Firefox.program(project))
}
