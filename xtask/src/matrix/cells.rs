//! The axes of the matrix, and the rules for cells that do not apply, with their reasons. Pure:
//! nothing is run here.

use std::path::PathBuf;

use crate::engines::Engine;
use crate::error::Error;
use crate::project::Project;
use crate::recover::Build;
use crate::test::flavour::{Flavour, Lto, Opt, Profile};

/// The failures: their names in rows.mjs, and their names on the page.
pub(crate) const ROWS: [(&str, &str); 28] = [
    ("err", "`Err(e)` of the user's own type"),
    ("panic-sync", "a panic in a synchronous call"),
    ("panic-await", "a panic after an `await`"),
    (
        "panic-callback",
        "a panic in a closure, called directly or by a timer",
    ),
    ("panic-drop", "a panic in `Drop`"),
    (
        "panic-dependency",
        "a panic in a task or a promise of `wasm_bindgen_futures`",
    ),
    (
        "stack-of-a-panic",
        "the stack of a panic: of the function that panicked, its callers, none of std's or ours",
    ),
    (
        "unfit-argument",
        "an argument, or a receiver, of an asynchronous call that does not fit",
    ),
    (
        "js-exception-marked",
        "a JavaScript exception through a marked import",
    ),
    (
        "js-exception-unmarked",
        "a JavaScript exception through an unmarked import",
    ),
    (
        "js-exception-js-sys",
        "a JavaScript exception through js-sys, and the answers after it",
    ),
    (
        "foreign-exception",
        "another module's trap, or another realm's, through an import",
    ),
    (
        "hostile-arguments",
        "an argument whose conversion throws, traps of others among it",
    ),
    (
        "provoked-ends",
        "failures that a caller repeats without a pause, 50 of each",
    ),
    (
        "reentrant",
        "a call of an object during a call of the same object",
    ),
    (
        "overlap",
        "overlapping asynchronous calls, refused and queued",
    ),
    (
        "suspended",
        "a suspended call that fails, and what fails meanwhile; a typed refusal in an engine without JSPI",
    ),
    ("oom-huge", "one allocation larger than the memory"),
    ("oom-many-small", "small allocations until memory is full"),
    ("oom-arguments", "an argument that does not fit into memory"),
    ("stack-guarded", "deep recursion through `stack_guard`"),
    ("stack-unguarded", "deep recursion without a guard"),
    ("unreachable", "a trap"),
    ("double-panic", "a panic while another unwinds"),
    (
        "restart",
        "`recovery.restart()`, outside and inside a call; the restart limit",
    ),
    (
        "report",
        "the report of each, by a listener that works and two that fail",
    ),
    ("use-after-free", "a handle after `free()`"),
    ("stale-handle", "a handle of an instance that has ended"),
];

/// A kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Unwinds by exnref, optimised.
    ExnrefRelease,
    /// Unwinds by exnref, debug.
    ExnrefDebug,
    /// Unwinds by the legacy instructions, optimised.
    LegacyRelease,
    /// Unwinds by the legacy instructions, debug.
    LegacyDebug,
    /// Stable, optimised.
    AbortRelease,
    /// Stable, debug.
    AbortDebug,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::ExnrefRelease,
        Self::ExnrefDebug,
        Self::LegacyRelease,
        Self::LegacyDebug,
        Self::AbortRelease,
        Self::AbortDebug,
    ];

    /// Its name in options and tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ExnrefRelease => "exnref-release",
            Self::ExnrefDebug => "exnref-debug",
            Self::LegacyRelease => "legacy-release",
            Self::LegacyDebug => "legacy-debug",
            Self::AbortRelease => "abort-release",
            Self::AbortDebug => "abort-debug",
        }
    }

    /// How it is compiled: as a flavour of the end-to-end tests, so that what they share is
    /// compiled once.
    pub(crate) fn flavour(self) -> Flavour {
        let release = |lto| Profile::Release(Opt::Three, lto);
        let (build, profile) = match self {
            Self::ExnrefRelease => (Build::Exnref, release(Lto::Thin)),
            Self::ExnrefDebug => (Build::Exnref, Profile::Debug),
            Self::LegacyRelease => (Build::Legacy, release(Lto::No)),
            Self::LegacyDebug => (Build::Legacy, Profile::Debug),
            Self::AbortRelease => (Build::Abort, release(Lto::No)),
            Self::AbortDebug => (Build::Abort, Profile::Debug),
        };
        Flavour { build, profile }
    }

    /// Whether panics unwind.
    pub(crate) fn unwinds(self) -> bool {
        self.flavour().build != Build::Abort
    }

    /// Whether it is a debug build.
    pub(crate) fn is_debug(self) -> bool {
        self.flavour().profile == Profile::Debug
    }

    /// Whether the engine needs a package of its own, whose trap handler uses the legacy
    /// instructions.
    pub(crate) fn is_for_old(self, engine: Engine) -> bool {
        engine == Engine::Node20 && !self.unwinds()
    }

    /// The directory of its package.
    pub(crate) fn package(self, project: &Project, old: bool) -> PathBuf {
        let old = if old { "-old" } else { "" };
        let name = format!("{}{old}", self.name());
        project.target.join("matrix").join(name)
    }
}

/// One failure in one build in one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// The failure.
    pub(crate) row: &'static str,
    /// The kind of build.
    pub(crate) kind: Kind,
    /// The engine.
    pub(crate) engine: Engine,
}

/// The cells that do not apply: those of these rows, builds and engines. An empty slice means all.
struct Rule {
    rows: &'static [&'static str],
    kinds: &'static [Kind],
    engines: &'static [Engine],
    why: &'static str,
}

const RULES: [Rule; 1] = [Rule {
    rows: &[],
    kinds: &[Kind::ExnrefRelease, Kind::ExnrefDebug],
    engines: &[Engine::Node20],
    why: "Node 20 does not know exnref and refuses the module; build with `--eh legacy`",
}];

impl Cell {
    /// Why it does not apply.
    pub(crate) fn why_not(&self) -> Option<&'static str> {
        let is_in = |rule: &&Rule| {
            (rule.rows.is_empty() || rule.rows.contains(&self.row))
                && (rule.kinds.is_empty() || rule.kinds.contains(&self.kind))
                && (rule.engines.is_empty() || rule.engines.contains(&self.engine))
        };
        RULES.iter().find(is_in).map(|rule| rule.why)
    }

    /// Whether every test run includes it: the tests' own Node in every build, and one engine of
    /// each other kind in one build that unwinds and one that does not.
    pub(crate) fn is_fast(&self) -> bool {
        match self.engine {
            Engine::Node24 => true,
            Engine::Chromium | Engine::Workerd | Engine::Bun => {
                matches!(self.kind, Kind::ExnrefRelease | Kind::AbortRelease)
            }
            _ => false,
        }
    }
}

/// Every cell, in the order of the tables.
pub(crate) fn all() -> Vec<Cell> {
    let mut all = vec![];
    for kind in Kind::ALL {
        for engine in Engine::ALL {
            all.extend(ROWS.map(|(row, _)| Cell { row, kind, engine }));
        }
    }
    all
}

/// The cells with these names; all of an axis without names.
pub(crate) fn select(
    rows: &[String],
    kinds: &[String],
    engines: &[String],
) -> Result<Vec<Cell>, Error> {
    known("row", rows, &ROWS.map(|(name, _)| name))?;
    known("build", kinds, &Kind::ALL.map(Kind::name))?;
    known("engine", engines, &Engine::ALL.map(Engine::name))?;
    let takes = |wanted: &[String], name: &str| {
        wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)
    };
    let cells = all().into_iter().filter(|cell| {
        takes(rows, cell.row)
            && takes(kinds, cell.kind.name())
            && takes(engines, cell.engine.name())
    });
    Ok(cells.collect())
}

fn known(axis: &str, wanted: &[String], names: &[&str]) -> Result<(), Error> {
    match wanted
        .iter()
        .find(|wanted| !names.contains(&wanted.as_str()))
    {
        None => Ok(()),
        Some(wrong) => Err(Error::Usage(format!(
            "no {axis} {wrong}; there are {}",
            names.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        for (rows, kinds, engines, wrong, right) in [
            (
                &["nope"][..],
                &[][..],
                &[][..],
                "no row nope",
                "stale-handle",
            ),
            (&[], &["exnref"], &[], "no build exnref", "abort-debug"),
            (&[], &[], &["node24", "node"], "no engine node;", "firefox"),
        ] {
            let error = select(&names(rows), &names(kinds), &names(engines)).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(wrong) && text.contains(right), "{text}");
            assert_eq!(error.code(), 2);
        }
    }

    #[test]
    fn filters_of_several_axes_intersect() {
        let both = select(&names(&["err", "restart"]), &[], &names(&["bun"])).unwrap();
        assert_eq!(both.len(), 2 * Kind::ALL.len());
        assert_eq!(select(&[], &[], &[]).unwrap(), all());
    }

    #[test]
    fn only_exnref_on_the_oldest_node_does_not_apply() {
        for cell in all() {
            let exnref = cell.kind.flavour().build == Build::Exnref;
            let expected = exnref && cell.engine == Engine::Node20;
            assert_eq!(cell.why_not().is_some(), expected, "{cell:?}");
        }
    }

    #[test]
    fn the_fast_slice_has_every_build_and_every_kind_of_engine() {
        let fast: Vec<_> = all().into_iter().filter(Cell::is_fast).collect();
        for kind in Kind::ALL {
            assert!(fast.iter().any(|cell| cell.kind == kind));
        }
        for engine in [
            Engine::Node24,
            Engine::Chromium,
            Engine::Workerd,
            Engine::Bun,
        ] {
            for (row, _) in ROWS {
                assert!(
                    fast.iter()
                        .any(|cell| (cell.engine, cell.row) == (engine, row))
                );
            }
        }
        assert!(fast.iter().all(|cell| cell.why_not().is_none()));
    }
}
