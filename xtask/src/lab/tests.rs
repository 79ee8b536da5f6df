//! The lab's stages: it is built, served, and looked at by browsers. What they must see is
//! in examples/browser-lab/tests.

use crate::engines::Engine;
use crate::error::Error;
use crate::lab::serve::Lab;
use crate::lab::{self, Strategy};
use crate::project::Project;
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness;

/// A tier in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Unwinding in Chromium: failures and looks.
    Chromium,
    /// Unwinding in Firefox.
    Firefox,
    /// Aborting, in both.
    Abort,
}

impl Suite {
    /// All of them; those that every run of the tests takes come with `true`.
    pub(crate) const ALL: [(Self, bool); 3] = [
        (Self::Chromium, true),
        (Self::Firefox, false),
        (Self::Abort, false),
    ];

    /// The name of its stage.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "lab",
            Self::Firefox => "lab:firefox",
            Self::Abort => "lab:abort",
        }
    }

    /// What it does, in a few words.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Chromium => "the browser lab in Chromium: every failure, keyboard, phone, themes",
            Self::Firefox => "the browser lab in Firefox",
            Self::Abort => "the browser lab on stable, in Chromium and Firefox",
        }
    }

    /// What must be installed for it.
    pub(crate) fn needs(self) -> &'static [Piece] {
        match self {
            Self::Chromium => &[
                Piece::Nightly,
                Piece::Stable,
                Piece::Node,
                Piece::Engine(Engine::Chromium),
            ],
            Self::Firefox => &[
                Piece::Nightly,
                Piece::Stable,
                Piece::Node,
                Piece::Engine(Engine::Firefox),
            ],
            Self::Abort => &[
                Piece::Stable,
                Piece::Node,
                Piece::Engine(Engine::Chromium),
                Piece::Engine(Engine::Firefox),
            ],
        }
    }

    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["failures.test.mjs", "looks.test.mjs"],
            Self::Firefox => &["firefox.test.mjs"],
            Self::Abort => &["failures.test.mjs", "firefox.test.mjs"],
        }
    }

    /// Builds, serves and tests.
    pub(crate) fn run(self, project: &Project) -> Result<Counts, Error> {
        let strategy = match self {
            Self::Chromium | Self::Firefox => Strategy::Unwind,
            Self::Abort => Strategy::Abort,
        };
        lab::build(project, strategy)?;
        let served = Lab::bind(lab::site(project, strategy), 0)?.in_background();
        let mut node = lab::driver(project, &served);
        if strategy == Strategy::Abort {
            node = node.env("RECOVER_LAB_STRATEGY", "abort");
        }
        let files: Vec<_> = self
            .files()
            .iter()
            .map(|file| format!("examples/browser-lab/tests/{file}"))
            .collect();
        harness::node_tests(node, &files)
    }
}
