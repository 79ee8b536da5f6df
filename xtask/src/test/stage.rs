//! The stages: their names, what they need, which a run takes.

use std::fmt;

use crate::adopt;
use crate::book;
use crate::component;
use crate::demo;
use crate::ecosystem;
use crate::engines::Engine;
use crate::error::Error;
use crate::lab::tests::Suite;
use crate::newcomer;
use crate::project::Project;
use crate::reports;
use crate::room;
use crate::setup::Piece;
use crate::templates;
use crate::test::counts::Counts;
use crate::test::e2e::Suites;
use crate::test::flavour::{self, Flavour};
use crate::test::versions::{self, Version};
use crate::test::{bundlers, checks, durable, e2e, fuzz, runners, telemetry, types};
use crate::torture;
use crate::worker;

/// A part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The versions agree.
    Pins,
    /// rustfmt.
    Fmt,
    /// clippy.
    Clippy,
    /// rustdoc.
    Doc,
    /// Rules for files.
    Files,
    /// Which file may use which.
    Layers,
    /// Tests on the host.
    Host,
    /// The same of the gauntlet, optimised.
    HostRelease,
    /// The variables of `cargo recover env`, for wasm-pack.
    WasmPack,
    /// From a failure to the line of Rust.
    Reports,
    /// The oldest supported toolchain.
    Msrv,
    /// The state machine of the guard, under Miri.
    Miri,
    /// The readers of foreign bytes, fuzzed for a short while.
    Fuzz,
    /// The same for ten.
    FuzzLong,
    /// `cargo recover test`, `check` and `watch`, in engines.
    Testing,
    /// The places where the glue is changed.
    Seams,
    /// Rejections by the macros.
    Ui,
    /// The scripts' types and tests.
    Js,
    /// The fixtures, end to end.
    E2e(Flavour),
    /// The same with an older wasm-bindgen.
    E2eWith(Version),
    /// What recover promises, tortured for two minutes.
    Torture,
    /// The same for an hour, with each failure at each point.
    TortureLong,
    /// Crates of others, tortured.
    TortureOthers,
    /// The engines: what every run fills in.
    Matrix,
    /// The rest of it.
    MatrixRest,
    /// The page about it.
    MatrixPage,
    /// Strict consumers in TypeScript.
    Types,
    /// The gauntlet.
    Demo,
    /// The browser lab.
    Lab(Suite),
    /// The book: its links, its programs, its first page.
    Book,
    /// The Durable Object example.
    Room,
    /// The Worker in Rust.
    Worker,
    /// What is published.
    Package,
    /// The build tools of others.
    Bundlers(bundlers::Suite),
    /// Reports, by the SDKs of others.
    Telemetry,
    /// Durable objects, and what keeps them.
    Durable,
    /// A component in hosts that take no compilation.
    Hosts,
    /// Components, their hosts and their guests.
    Component,
    /// The two smallest of the adopted crates.
    Adopt,
    /// The others.
    AdoptRest,
    /// Three popular crates.
    Ecosystem,
    /// All of those.
    EcosystemAll,
    /// `cargo recover` as npm installs it.
    Npm,
    /// The template that needs nothing of npm's, and the package made of it.
    Templates,
    /// The others.
    TemplatesRest,
    /// The whole path of somebody new, with the toolchains that are there.
    Newcomer,
}

/// All stages in their order; those of the fast set come with `true`.
fn all() -> Vec<(Stage, bool)> {
    let before = [
        Stage::Pins,
        Stage::Fmt,
        Stage::Clippy,
        Stage::Doc,
        Stage::Files,
        Stage::Layers,
        Stage::Host,
        Stage::Msrv,
        Stage::Miri,
        Stage::Fuzz,
        Stage::Testing,
        Stage::Seams,
        Stage::Ui,
        Stage::Js,
    ];
    let mut all: Vec<_> = before.map(|stage| (stage, true)).into();
    let slow = [
        Stage::HostRelease,
        Stage::WasmPack,
        Stage::Reports,
        Stage::FuzzLong,
    ];
    all.extend(slow.map(|stage| (stage, false)));
    let flavours = flavour::all().into_iter();
    all.extend(flavours.map(|(flavour, fast)| (Stage::E2e(flavour), fast)));
    all.extend(Version::ALL.map(|version| (Stage::E2eWith(version), false)));
    all.extend([
        (Stage::Torture, true),
        (Stage::TortureLong, false),
        (Stage::TortureOthers, false),
    ]);
    let engines = [
        (Stage::MatrixPage, true),
        (Stage::Matrix, true),
        (Stage::MatrixRest, false),
    ];
    all.extend(engines);
    all.extend([Stage::Types, Stage::Demo, Stage::Room, Stage::Package].map(|stage| (stage, true)));
    all.extend(Suite::ALL.map(|(suite, fast)| (Stage::Lab(suite), fast)));
    all.push((Stage::Book, true));
    all.extend(bundlers::Suite::ALL.map(|(suite, fast)| (Stage::Bundlers(suite), fast)));
    all.extend([(Stage::Telemetry, true), (Stage::Durable, true)]);
    all.push((Stage::Worker, false));
    all.extend([(Stage::Hosts, true), (Stage::Component, false)]);
    all.extend([(Stage::Adopt, true), (Stage::AdoptRest, false)]);
    all.extend([(Stage::Ecosystem, true), (Stage::EcosystemAll, false)]);
    all.extend([(Stage::Npm, true), (Stage::Templates, true)]);
    all.extend([(Stage::TemplatesRest, false), (Stage::Newcomer, false)]);
    all
}

/// The stages that `only` names, or else the fast or the full set.
pub(crate) fn select(only: &[String], full: bool) -> Result<Vec<Stage>, String> {
    let all = all();
    for wanted in only {
        if !all
            .iter()
            .any(|(stage, _)| stage.is(wanted) || stage.is_in(wanted))
        {
            let names: Vec<_> = all.iter().map(|(stage, _)| stage.to_string()).collect();
            return Err(format!("no stage {wanted}; there are {}", names.join(", ")));
        }
    }
    let takes = |stage: Stage, fast: bool| {
        let set = fast || full;
        if only.is_empty() {
            return set;
        }
        only.iter()
            .any(|wanted| stage.is(wanted) || (set && stage.is_in(wanted)))
    };
    let taken = all.into_iter().filter(|(stage, fast)| takes(*stage, *fast));
    Ok(taken.map(|(stage, _)| stage).collect())
}

/// The stage of this very name.
pub(crate) fn named(name: &str) -> Result<Vec<Stage>, String> {
    let mut all = all().into_iter().map(|(stage, _)| stage);
    let found = all.find(|stage| stage.is(name));
    found
        .map(|stage| vec![stage])
        .ok_or_else(|| format!("no stage {name}"))
}

impl Stage {
    fn is(self, name: &str) -> bool {
        self.to_string() == name
    }

    fn is_in(self, group: &str) -> bool {
        self.to_string().split(':').next() == Some(group)
    }

    /// Whether it takes cargo's lock on the host's target directory for long.
    pub(crate) fn compiles_for_the_host(self) -> bool {
        matches!(
            self,
            Self::Clippy
                | Self::Doc
                | Self::Host
                | Self::HostRelease
                | Self::WasmPack
                | Self::Reports
                | Self::Msrv
                | Self::Testing
                | Self::Seams
                | Self::Ui
                | Self::Room
                | Self::Hosts
                | Self::Component
                | Self::Book
                | Self::Package
                | Self::Npm
                | Self::Newcomer
        )
    }

    /// Whether it calls `cargo recover` by itself.
    pub(crate) fn makes_packages(self) -> bool {
        matches!(
            self,
            Self::E2e(_)
                | Self::E2eWith(_)
                | Self::Torture
                | Self::TortureLong
                | Self::TortureOthers
                | Self::Matrix
                | Self::MatrixRest
                | Self::Types
                | Self::Demo
                | Self::Lab(_)
                | Self::Book
                | Self::Room
                | Self::Bundlers(_)
                | Self::Telemetry
                | Self::Durable
                | Self::Worker
                | Self::Hosts
                | Self::Component
                | Self::Adopt
                | Self::AdoptRest
                | Self::Ecosystem
                | Self::EcosystemAll
                | Self::Templates
                | Self::TemplatesRest
        )
    }

    /// Whether it must not begin before `other` has ended: both write the same packages, or it
    /// shows what the other made.
    pub(crate) fn follows(self, other: Self) -> bool {
        (self == Self::Types && other == Self::E2e(types::FLAVOUR))
            || (self == Self::Book && other == Self::Lab(Suite::Chromium))
    }

    /// What it does, in a few words; with `--full` or without.
    pub(crate) fn about(self, full: bool) -> String {
        match self {
            Self::Pins => "the pinned versions are spelled once and agree".to_owned(),
            Self::Fmt => "cargo fmt --check".to_owned(),
            Self::Clippy => "clippy without warnings, on the host and for wasm".to_owned(),
            Self::Doc => "the documentation builds without warnings".to_owned(),
            Self::Files => {
                "long sources say why; .stderr files have tests; files that are named exist"
                    .to_owned()
            }
            Self::Layers => "no file uses a layer above its own, no two use each other".to_owned(),
            Self::Host => "unit, integration and documentation tests on the host".to_owned(),
            Self::HostRelease => "the gauntlet's host tests, optimised".to_owned(),
            Self::WasmPack => {
                "wasm-pack builds with the variables of `cargo recover env`".to_owned()
            }
            Self::Reports => {
                "every failure of the room, in every engine, leads to its line of Rust and is made again"
                    .to_owned()
            }
            Self::Msrv if full => "the published crates compile on their rust-version".to_owned(),
            Self::Msrv => {
                "what users compile does so on its rust-version (--full: cargo recover, too)"
                    .to_owned()
            }
            Self::Miri => "the guard's state machine under Miri".to_owned(),
            Self::Fuzz => "what reads foreign bytes, fuzzed for 20 seconds".to_owned(),
            Self::FuzzLong => "the same for ten minutes".to_owned(),
            Self::Testing => {
                "cargo recover test in Node, Chromium and workerd; check and watch".to_owned()
            }
            Self::Seams => "each place where the glue is changed, missed and doubled".to_owned(),
            Self::Ui => "what the macros refuse, and their expansions".to_owned(),
            Self::Js => "the scripts' types, and their own tests".to_owned(),
            Self::E2e(flavour) => format!("in Node: {}", Suites::of(flavour, full)),
            Self::E2eWith(Version::Oldest) => {
                "in Node, with the oldest wasm-bindgen that crates may use".to_owned()
            }
            Self::E2eWith(Version::Between) => {
                "in Node, with a wasm-bindgen between oldest and newest".to_owned()
            }
            Self::Torture => {
                "failures injected at every point of our own scenarios, in two builds".to_owned()
            }
            Self::TortureLong => "the same for an hour, in three builds".to_owned(),
            Self::TortureOthers => {
                "failures injected at every point of published crates, in three builds".to_owned()
            }
            Self::Matrix => {
                "every failure in the tests' Node, Chromium, workerd and Bun".to_owned()
            }
            Self::MatrixRest => "every failure in every other engine and build".to_owned(),
            Self::MatrixPage => "docs/book/engines.md is what the matrix is".to_owned(),
            Self::Types => "strict TypeScript consumers of the fixtures".to_owned(),
            Self::Demo => "the gauntlet survives and answers".to_owned(),
            Self::Lab(suite) => suite.about().to_owned(),
            Self::Book => {
                "the book: every link leads somewhere, every program runs, the first page is live"
                    .to_owned()
            }
            Self::Room => "the Durable Object example in workerd, and a small load".to_owned(),
            Self::Worker => {
                "a Worker in Rust by worker-build, in workerd, and a small load".to_owned()
            }
            Self::Package => "the published packages are whole".to_owned(),
            Self::Bundlers(suite) => suite.about().to_owned(),
            Self::Telemetry => {
                "reports fit their schema, reach OpenTelemetry and Sentry, and name one fault alike"
                    .to_owned()
            }
            Self::Durable => {
                "durable objects: every store, in Node, browsers, workerd and on a PostgreSQL server"
                    .to_owned()
            }
            Self::Hosts => "a component in Python and JavaScript, as a host and as a guest".to_owned(),
            Self::Component => {
                "a failure of a component in Rust, Python and JavaScript: hosts, guests, chains, one gauntlet"
                    .to_owned()
            }
            Self::Adopt => "two published crates, adopted, are what they were".to_owned(),
            Self::AdoptRest => "so are the larger ones".to_owned(),
            Self::Ecosystem => "three popular crates build and run in both strategies".to_owned(),
            Self::EcosystemAll => "so do all 32".to_owned(),
            Self::Npm => "`cargo recover` as npm installs it".to_owned(),
            Self::Templates => {
                "what `cargo recover new` makes for Node: built, tested, linted, packed, used"
                    .to_owned()
            }
            Self::TemplatesRest => "the same of the page and of the worker".to_owned(),
            Self::Newcomer => "the path of somebody new, from npm to a package".to_owned(),
        }
    }

    /// What must be installed for it.
    pub(crate) fn needs(self) -> &'static [Piece] {
        match self {
            // The matrix installs its engines itself.
            Self::Pins
            | Self::Files
            | Self::Layers
            | Self::Matrix
            | Self::MatrixRest
            | Self::MatrixPage => &[],
            Self::Fmt | Self::Clippy => &[Piece::Lints],
            Self::Doc | Self::Ui | Self::HostRelease | Self::Package => &[Piece::Stable],
            // cargo recover's own tests build packages and load them.
            Self::Host => &[
                Piece::Nightly,
                Piece::Stable,
                Piece::Node,
                Piece::Engine(Engine::Deno),
            ],
            Self::Testing => &[
                Piece::Nightly,
                Piece::Stable,
                Piece::Node,
                Piece::Engine(Engine::Chromium),
                Piece::Engine(Engine::Workerd),
            ],
            Self::Seams => &[Piece::Nightly, Piece::Stable, Piece::Node],
            Self::Reports => &reports::NEEDS,
            Self::WasmPack => &[Piece::Nightly, Piece::Stable, Piece::Node, Piece::WasmPack],
            Self::Msrv => &[Piece::Oldest],
            Self::Miri => &[Piece::Miri],
            Self::Fuzz | Self::FuzzLong => &[Piece::Nightly],
            Self::Js => &[Piece::Node, Piece::TypeScript],
            Self::E2e(_) | Self::E2eWith(_) | Self::Types => &[
                Piece::Nightly,
                Piece::Newest,
                Piece::Stable,
                Piece::Node,
                Piece::TypeScript,
                Piece::Engine(Engine::Node20),
            ],
            Self::Torture | Self::TortureLong | Self::TortureOthers => &torture::NEEDS,
            Self::Demo => &demo::NEEDS,
            Self::Lab(suite) => suite.needs(),
            Self::Book => &book::NEEDS,
            Self::Room => &room::NEEDS,
            Self::Bundlers(suite) => suite.needs(),
            Self::Telemetry => &telemetry::NEEDS,
            Self::Durable => &durable::NEEDS,
            Self::Worker => &worker::NEEDS,
            Self::Hosts | Self::Component => &component::NEEDS,
            Self::Adopt | Self::AdoptRest => &adopt::NEEDS,
            Self::Ecosystem | Self::EcosystemAll => &ecosystem::NEEDS,
            Self::Npm | Self::Newcomer => &[Piece::Nightly, Piece::Stable, Piece::Node],
            Self::Templates | Self::TemplatesRest => &templates::NEEDS,
        }
    }

    /// Runs it, or what every run takes of it.
    pub(crate) fn run(self, project: &Project, full: bool) -> Result<Counts, Error> {
        match self {
            Self::Pins => checks::pins(project),
            Self::Fmt => checks::fmt(project),
            Self::Clippy => checks::clippy(project),
            Self::Doc => checks::doc(project),
            Self::Files => checks::files(project),
            Self::Layers => checks::layers(project),
            Self::Host => runners::host(project),
            Self::HostRelease => runners::host_release(project),
            Self::WasmPack => runners::wasm_pack(project),
            Self::Reports => runners::reports(project),
            Self::Msrv => checks::msrv(project, full),
            Self::Miri => runners::miri(project),
            Self::Fuzz => fuzz::run(project, 20),
            Self::FuzzLong => fuzz::run(project, 600),
            Self::Testing => runners::testing(project),
            Self::Seams => runners::seams(project),
            Self::Ui => runners::ui(project),
            Self::Js => runners::js(project),
            Self::E2e(flavour) => e2e::run(project, flavour, Suites::of(flavour, full)),
            Self::E2eWith(version) => versions::run(project, version),
            Self::Torture => torture::stage(project, false),
            Self::TortureLong => torture::stage(project, true),
            Self::TortureOthers => torture::others(project),
            Self::Matrix => runners::matrix(project, false),
            Self::MatrixRest => runners::matrix(project, true),
            Self::MatrixPage => checks::matrix_page(project),
            Self::Types => types::consumers(project),
            Self::Demo => e2e::demo(project),
            Self::Lab(suite) => suite.run(project),
            Self::Book => book::stage(project),
            Self::Room => runners::room(project),
            Self::Worker => worker::stage(project),
            Self::Package => checks::package(project),
            Self::Bundlers(suite) => suite.run(project),
            Self::Telemetry => telemetry::run(project),
            Self::Durable => durable::run(project),
            Self::Hosts => component::stage(project, &component::QUICK),
            Self::Component => component::stage(project, &[]),
            Self::Adopt => runners::adopt(project, true),
            Self::AdoptRest => runners::adopt(project, false),
            Self::Ecosystem => runners::ecosystem(project, true),
            Self::EcosystemAll => runners::ecosystem(project, false),
            Self::Npm => templates::installed(project),
            Self::Templates => templates::node(project),
            Self::TemplatesRest => templates::others(project),
            Self::Newcomer => newcomer::stage(project),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Pins => "pins",
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Files => "files",
            Self::Layers => "layers",
            Self::Host => "host",
            Self::HostRelease => "host:release",
            Self::WasmPack => "wasm-pack",
            Self::Reports => "reports",
            Self::Msrv => "msrv",
            Self::Miri => "miri",
            Self::Fuzz => "fuzz",
            Self::FuzzLong => "fuzz:long",
            Self::Testing => "testing",
            Self::Seams => "seams",
            Self::Ui => "ui",
            Self::Js => "js",
            Self::E2e(flavour) => return write!(f, "e2e:{flavour}"),
            Self::E2eWith(version) => return write!(f, "e2e:{}", version.name()),
            Self::Torture => "torture",
            Self::TortureLong => "torture:long",
            Self::TortureOthers => "torture:others",
            Self::Matrix => "matrix",
            Self::MatrixRest => "matrix:rest",
            Self::MatrixPage => "matrix:page",
            Self::Types => "types",
            Self::Demo => "demo",
            Self::Lab(suite) => suite.name(),
            Self::Book => "book",
            Self::Room => "room",
            Self::Worker => "worker",
            Self::Package => "package",
            Self::Bundlers(suite) => suite.name(),
            Self::Telemetry => "telemetry",
            Self::Durable => "durable",
            Self::Hosts => "hosts",
            Self::Component => "component",
            Self::Adopt => "adopt",
            Self::AdoptRest => "adopt:rest",
            Self::Ecosystem => "ecosystem",
            Self::EcosystemAll => "ecosystem:all",
            Self::Npm => "npm",
            Self::Templates => "templates",
            Self::TemplatesRest => "templates:rest",
            Self::Newcomer => "newcomer",
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], full: bool) -> Vec<String> {
        let only: Vec<_> = only.iter().map(|&name| name.to_owned()).collect();
        let stages = select(&only, full).unwrap();
        stages.iter().map(Stage::to_string).collect()
    }

    #[test]
    fn full_contains_the_fast_set_and_more() {
        let (fast, full) = (names(&[], false), names(&[], true));
        assert!(fast.iter().all(|name| full.contains(name)));
        assert!(full.len() > fast.len());
    }

    #[test]
    fn groups_follow_the_set_and_exact_names_do_not() {
        assert_eq!(names(&["files", "pins"], false), ["pins", "files"]);
        assert_eq!(names(&["host"], true), ["host", "host:release"]);
        assert_eq!(names(&["e2e:exnref-3-no"], false), ["e2e:exnref-3-no"]);
        assert!(names(&["e2e"], false).len() < names(&["e2e"], true).len());
        assert!(select(&["nope".to_owned()], false).is_err());
    }
}
