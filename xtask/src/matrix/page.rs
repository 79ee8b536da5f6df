//! docs/book/engines.md, made from the cells of a complete run. The page is written only if no
//! cell fails, so its text follows from the axes, the rules and the engines' versions. The check
//! for staleness compares with that text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::engines::Engine;
use crate::error::Error;
use crate::matrix::cells::{self, Cell, Kind, ROWS};
use crate::matrix::components;
use crate::matrix::report::{Report, Verdict};
use crate::process::say;
use crate::project::Project;

/// The path of the page.
pub(crate) const PATH: &str = "docs/book/engines.md";

/// The command that writes the page.
const COMMAND: &str = "cargo xtask matrix --docs";

/// The engines' versions, by name.
type Versions = BTreeMap<&'static str, String>;

/// The kinds of build that share a mark: release and debug of each.
const PAIRS: [(&str, [Kind; 2]); 3] = [
    ("exnref", [Kind::ExnrefRelease, Kind::ExnrefDebug]),
    ("legacy", [Kind::LegacyRelease, Kind::LegacyDebug]),
    ("abort", [Kind::AbortRelease, Kind::AbortDebug]),
];

/// An engine's name on the page, and where the rows run in it.
fn about(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Node20 => ("Node 20", "a process"),
        Engine::Node22 => ("Node 22", "a process"),
        Engine::Node24 => ("Node 24", "a process"),
        Engine::Node26 => ("Node 26", "a process"),
        Engine::Deno => ("Deno", "a process"),
        Engine::Bun => ("Bun", "a process (JavaScriptCore)"),
        Engine::Workerd => ("workerd", "a Durable Object, by miniflare"),
        Engine::Chromium => ("Chromium", "the main thread of a page"),
        Engine::Firefox => ("Firefox", "the main thread of a page"),
    }
}

/// Writes the page.
pub(crate) fn write(project: &Project, report: &Report) -> Result<(), Error> {
    let path = project.root.join(PATH);
    let text = render(&versions(report)?);
    std::fs::write(&path, text).map_err(|error| Error::file(&path, error))?;
    say("wrote", PATH);
    Ok(())
}

/// Where the page differs from what it would be now.
pub(crate) fn stale(project: &Project) -> Result<Vec<String>, Error> {
    Ok(compare(&project.read(PATH)?))
}

/// The versions in a report; an error unless it has every cell and none fails.
fn versions(report: &Report) -> Result<Versions, Error> {
    let unfit = |what: String| Error::Check(format!("{PATH} is not written: {what}"));
    let mut versions = Versions::new();
    for cell in cells::all() {
        let (row, build, engine) = (cell.row, cell.kind.name(), cell.engine.name());
        let filled = report.find(row, build, engine);
        let filled =
            filled.ok_or_else(|| unfit(format!("{row} × {build} × {engine} is missing")))?;
        let expected = match cell.why_not() {
            None => Verdict::Pass,
            Some(_) => Verdict::NotApplicable,
        };
        if filled.result != expected || filled.why.as_deref() != cell.why_not() {
            return Err(unfit(format!("{row} × {build} × {engine} does not hold")));
        }
        if !filled.version.is_empty() {
            versions.insert(engine, filled.version.clone());
        }
    }
    Ok(versions)
}

/// Writes the part of components anew, after a run of theirs; the engines stay as they were.
pub(crate) fn rewrite(project: &Project) -> Result<(), Error> {
    let path = project.root.join(PATH);
    let versions = versions_on(&project.read(PATH)?).map_err(Error::Check)?;
    std::fs::write(&path, render(&versions)).map_err(|error| Error::file(&path, error))?;
    say("wrote", PATH);
    Ok(())
}

/// The versions that a page tells.
fn versions_on(page: &str) -> Result<Versions, String> {
    let mut versions = Versions::new();
    for engine in Engine::ALL {
        let start = format!("| {} | ", about(engine).0);
        let line = page.lines().find_map(|line| line.strip_prefix(&*start));
        let version = line.and_then(|rest| rest.split(" | ").next());
        let version = version.filter(|text| text.starts_with(|first: char| first.is_ascii_digit()));
        let version = version.ok_or_else(|| {
            let engine = engine.name();
            format!("{PATH} has no version of {engine}; run: {COMMAND}")
        })?;
        versions.insert(engine.name(), version.to_owned());
    }
    Ok(versions)
}

fn compare(page: &str) -> Vec<String> {
    let versions = match versions_on(page) {
        Ok(versions) => versions,
        Err(what) => return vec![what],
    };
    let expected = render(&versions);
    let mut lines = page.lines().zip(expected.lines());
    let first = lines.position(|(is, due)| is != due);
    match (first, page == expected) {
        (_, true) => vec![],
        (at, false) => {
            let at = at.unwrap_or(page.lines().count().min(expected.lines().count())) + 1;
            vec![format!(
                "{PATH}:{at} is not what the matrix is now; run: {COMMAND}"
            )]
        }
    }
}

fn render(versions: &Versions) -> String {
    let mut text = format!(
        "<!-- Made by `{COMMAND}`, of a run without a failing cell; not to be edited. -->\n"
    );
    text += INTRODUCTION;
    text += "\n| engine | version | the rows run in |\n|---|---|---|\n";
    for engine in Engine::ALL {
        let (name, place) = about(engine);
        let version = versions.get(engine.name()).map_or("?", String::as_str);
        let _ = writeln!(text, "| {name} | {version} | {place} |");
    }
    text += MARKS;
    text += "\n| failure |";
    for engine in Engine::ALL {
        let _ = write!(text, " {} |", about(engine).0);
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(Engine::ALL.len()));
    for (row, words) in ROWS {
        let _ = write!(text, "| {words} |");
        for engine in Engine::ALL {
            let marks = PAIRS.map(|(_, kinds)| mark(row, kinds, engine));
            let _ = write!(text, " {} |", marks.join(" "));
        }
        text.push('\n');
    }
    text += "\n## Not applicable\n\n";
    for (what, why) in reasons() {
        let _ = writeln!(text, "- {what}: {why}.");
    }
    text += REST;
    text + &components::section()
}

fn mark(row: &'static str, kinds: [Kind; 2], engine: Engine) -> &'static str {
    let apply = kinds.map(|kind| Cell { row, kind, engine }.why_not().is_none());
    match apply {
        [true, true] => "✓",
        [false, false] => "–",
        // Release and debug differ.
        [true, false] => "✓/–",
        [false, true] => "–/✓",
    }
}

/// The reasons why cells do not apply, each with its cells.
fn reasons() -> Vec<(String, &'static str)> {
    let mut reasons: Vec<(String, &'static str)> = vec![];
    for kind in Kind::ALL {
        for engine in Engine::ALL {
            let mut of: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
            for (row, _) in ROWS {
                if let Some(why) = (Cell { row, kind, engine }).why_not() {
                    of.entry(why).or_default().push(row);
                }
            }
            for (why, rows) in of {
                let rows = match rows.len() == ROWS.len() {
                    true => "every failure".to_owned(),
                    false => rows.join(", "),
                };
                let what = format!("{}, {}, {rows}", about(engine).0, kind.name());
                reasons.push((what, why));
            }
        }
    }
    reasons
}

const INTRODUCTION: &str = "\
# Engines

`cargo xtask matrix` causes every failure in every kind of build in every engine. Each time it asserts the whole
outcome: the error's class, `code`, `kind`, `fatal` and `retryable`; the state of a poisoned, a kept and a persistent
object, as its policy says; that the next call works and that promises settle; what `recovery.health()` counts; that
nothing leaks, and that no other failure surfaces. All engines run the same assertions (`tests/matrix/rows.mjs`).

| build | command |
|---|---|
| exnref | `cargo recover build` |
| legacy | `cargo recover build --eh legacy` |
| abort | `cargo recover build --strategy abort`; for Node 20 with `--eh legacy` |
";

const MARKS: &str = "
## The table

Each cell has three marks: exnref, legacy, abort. A mark stands for the release and the debug build. ✓: the outcome
holds; –: does not apply.
";

const REST: &str = "
## What differs between the builds

| failure | exnref, legacy | abort |
|---|---|---|
| panic, in a call, after an `await`, in a closure, in `Drop` | `PanicError` | `PanicError` with `fatal`, the next instance |
| JavaScript exception through an import | the same value | the same value, the next instance |
| allocation failure | `OutOfMemoryError` | `InstanceAbortedError`, the next instance |
| an argument that does not fit | `OutOfMemoryError` | `OutOfMemoryError` |
| deep recursion, guarded | `StackOverflowError` | the same with `fatal`, the next instance |
| deep recursion, unguarded; a trap | `InstanceAbortedError`, the next instance | the same |
| a panic while another unwinds | `PanicError` with `fatal`, the next instance | the same |

\"The next instance\" has every persistent object under its handle, as it was before the call; other handles throw
`StaleHandleError`.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(verdict: Verdict) -> Report {
        let mut report = Report::default();
        for cell in cells::all() {
            match cell.why_not() {
                None => report.add(&cell, "7.1", verdict, None),
                why => report.add(&cell, "", Verdict::NotApplicable, why),
            }
        }
        report
    }

    #[test]
    fn a_page_as_rendered_is_current_and_a_changed_one_is_stale() {
        let page = render(&versions(&whole(Verdict::Pass)).unwrap());
        assert_eq!(compare(&page), [""; 0]);
        for (from, to) in [
            ("✓", "–"),
            ("a trap |", "a tarp |"),
            ("refuses the module", "has no time"),
        ] {
            let stale = compare(&page.replacen(from, to, 1));
            assert!(
                stale.len() == 1 && stale[0].contains(COMMAND),
                "{from}: {stale:?}"
            );
        }
        assert_eq!(compare(&page.replace("7.1", "?")).len(), 1, "no version");
        assert_eq!(compare(&format!("{page}more\n")).len(), 1);
    }

    #[test]
    fn an_incomplete_or_failing_run_writes_no_page() {
        assert!(versions(&whole(Verdict::Fail)).is_err());
        let mut part = whole(Verdict::Pass);
        part.cells.pop();
        let text = versions(&part).unwrap_err().to_string();
        assert!(
            text.contains("stale-handle × abort-debug × firefox is missing"),
            "{text}"
        );
    }

    #[test]
    fn every_cell_that_does_not_apply_has_its_reason_on_the_page() {
        let page = render(&versions(&whole(Verdict::Pass)).unwrap());
        for cell in cells::all() {
            if let Some(why) = cell.why_not() {
                assert!(page.contains(why));
            }
        }
        assert!(
            page.contains("- Node 20, exnref-debug, every failure: "),
            "{page}"
        );
    }
}
