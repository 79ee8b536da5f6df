//! `cargo xtask unplug`: takes one mechanism out after the other and demands that the
//! tests which watch it fail.
//!
//! What is taken out stands in tests/mechanisms, as data. `table` reads it, `tree` holds
//! the copy of the checkout that is changed (the checkout itself never is), `suites` runs
//! tests and says which failed. Here stands in which order.

mod suites;
mod table;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::engines::Engine;
use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::setup::{self, Piece};
use crate::test::counts::Counts;
use suites::{Ran, Runner};
use table::{Mechanism, Table};
use tree::Tree;

/// What must be installed for it.
pub(crate) const NEEDS: [Piece; 7] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::TypeScript,
    Piece::Engine(Engine::Node20),
    Piece::WorkerBuild,
    Piece::Engine(Engine::Workerd),
];

/// What suites need that load a component.
const COMPONENT_NEEDS: [Piece; 2] = [Piece::Components, Piece::ComponentHosts];

/// The options of `unplug`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these mechanisms
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,

    /// Print the mechanisms and do nothing
    #[arg(long)]
    list: bool,
}

/// Takes out what was asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let table = Table::read(&project.root)?;
    let chosen = table.select(&options.only).map_err(Error::Usage)?;
    if options.list {
        for one in chosen {
            println!("{:<28} {}", one.name, one.protects);
        }
        return Ok(ExitCode::SUCCESS);
    }
    setup::ensure(project, &NEEDS)?;
    let suites = chosen.iter().flat_map(|one| one.fails.keys());
    let mut suites = suites.filter_map(|suite| table.suites.get(suite));
    if suites.any(|suite| suite.component) {
        setup::ensure(project, &COMPONENT_NEEDS)?;
    }
    let counts = take_out(project, &table, &chosen)?;
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(match counts.failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn take_out(project: &Project, table: &Table, chosen: &[&Mechanism]) -> Result<Counts, Error> {
    let stale = table.stale(&project.root);
    if !stale.is_empty() {
        stale.iter().for_each(|one| say("failed", one));
        return Err(Error::Check(
            "the table does not fit the sources; mend tests/mechanisms".to_owned(),
        ));
    }
    let tree = Tree::sync(project)?;
    let runner = Runner::new(project, &tree, table);
    let mut counts = Counts::default();
    let mut results = vec![];
    for flavour in flavours(chosen) {
        let of_flavour = chosen.iter().filter(|one| one.flavour == flavour);
        let mut of_flavour: Vec<_> = of_flavour.copied().collect();
        // Those that need no compiler first.
        of_flavour.sort_by_key(|one| !one.files().all(|file| suites::module(file).is_some()));
        let wanted = wanted(&of_flavour);
        let before = runner.unchanged(flavour, &wanted)?;
        for suite in wanted.keys() {
            let failed = before.failures(suite);
            if failed != "none" {
                say(
                    "failed",
                    &format!("{suite}, with nothing taken out: {failed}"),
                );
                counts += Counts::of(false);
            }
        }
        for one in of_flavour {
            println!();
            say("unplug", &format!("{}: {}", one.name, one.protects));
            let start = Instant::now();
            let result = runner.without(one).map(|ran| judge(one, &before, &ran));
            let problem = match result {
                Ok(problem) => problem,
                Err(error) => Some(error.to_string()),
            };
            let mark = if problem.is_none() { "ok" } else { "failed" };
            let text = problem.as_deref().unwrap_or("its tests fail without it");
            say(mark, &format!("{}: {text}", one.name));
            counts += Counts::of(problem.is_none());
            results.push((one, problem, start.elapsed()));
        }
    }
    println!();
    for (one, problem, time) in &results {
        let mark = if problem.is_none() {
            "ok    "
        } else {
            "FAILED"
        };
        println!("{mark} {:<32} {:>6.1} s", one.name, time.as_secs_f64());
        if let Some(problem) = problem {
            println!("       {problem}");
        }
    }
    Ok(counts)
}

/// Those that occur, each once, in the order of the table.
fn flavours<'a>(chosen: &[&'a Mechanism]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let all = chosen.iter().map(|one| &*one.flavour);
    all.filter(|flavour| seen.insert(*flavour)).collect()
}

/// The tests that some of `chosen` names, by suite.
fn wanted(chosen: &[&Mechanism]) -> BTreeMap<String, Vec<String>> {
    let mut wanted: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (suite, tests) in chosen.iter().flat_map(|one| &one.fails) {
        let all = wanted.entry(suite.clone()).or_default();
        all.extend(tests.iter().cloned());
    }
    wanted
}

/// What is wrong with the tests of a mechanism that was taken out, if anything is.
fn judge(one: &Mechanism, before: &Ran, without: &Ran) -> Option<String> {
    for (suite, tests) in &one.fails {
        for test in tests {
            if !before.passed(suite, test) {
                return Some(format!("{suite} has no test `{test}` that passes with it"));
            }
        }
        let green: Vec<_> = tests
            .iter()
            .filter(|test| !without.failed(suite, test))
            .map(|test| format!("`{test}`"))
            .collect();
        if !green.is_empty() {
            let failed = without.failures(suite);
            return Some(format!(
                "{} of {suite} did not fail without it; what did: {failed}",
                green.join(", ")
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mechanism(tests: &[&str]) -> Mechanism {
        let tests = tests.iter().map(|&test| test.to_owned()).collect();
        let mut one = Mechanism::default();
        one.fails.insert("calls".to_owned(), tests);
        one
    }

    #[test]
    fn every_named_test_must_have_passed_and_must_fail() {
        let before = Ran::of("calls", &[("a", true), ("b", true)]);
        let judged = |tests: &[&str], without| judge(&mechanism(tests), &before, &without);
        let red = Ran::of("calls", &[("a", false), ("b", true)]);
        assert_eq!(judged(&["a"], red), None);
        let half = Ran::of("calls", &[("a", false), ("b", true)]);
        assert!(
            judged(&["a", "b"], half)
                .unwrap()
                .contains("`b` of calls did not fail")
        );
        let none = Ran::default();
        assert!(judged(&["a"], none).unwrap().contains("did not fail"));
        let other = Ran::of("calls", &[("c", false)]);
        assert!(judged(&["c"], other).unwrap().contains("no test `c`"));
    }
}
