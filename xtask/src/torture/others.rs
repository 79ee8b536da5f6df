//! `cargo xtask torture --others`: published crates behind exports, and the examples, tortured by the scenarios in
//! their folders. What is known of theirs, and where they are, is `list.rs`'s; what is injected and what is right,
//! that of `cargo recover torture`. Here they are built and run, and it is told what nobody knew of.
//!
//! The last line is `torture: N failures injected, N violations`, as that of our own scenarios.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};
use crate::torture::list::{self, Crate};
use crate::torture::page::{self, Figures};

/// What it needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// At how much of the sites a failure must happen where all others are waived, in percent.
const TORTURED: usize = 95;

/// How many violations of a scenario are shrunk: theirs may be many.
const VIOLATIONS: u32 = 400;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// Which crates; all if there is none.
    pub(crate) names: &'a [String],
    /// In which builds.
    pub(crate) builds: &'a [Build],
    /// By which scenarios; all if there is none.
    pub(crate) only: &'a [String],
    /// Milliseconds for pairs and random failures, for each crate in each build; else each failure at each point.
    pub(crate) more: Option<u64>,
    /// What random failures are drawn by.
    pub(crate) seed: u32,
    /// One schedule and no other.
    pub(crate) schedule: Option<&'a str>,
    /// Whether the table in the book is written.
    pub(crate) docs: bool,
}

/// A line of the driver's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    scenario: String,
    counted: Option<u64>,
    violation: Option<Violation>,
    coverage: Option<Coverage>,
    searched: Option<Searched>,
    replayed: Option<Value>,
    summary: Option<Summary>,
}

/// What breaks a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation {
    rule: String,
    message: String,
    smallest: Value,
    words: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Coverage {
    tortured: Vec<String>,
    passed: Vec<String>,
    never: Vec<String>,
    waived: Vec<Value>,
}

/// How much of each failure at each point was tried.
#[derive(Debug, Deserialize)]
struct Searched {
    tried: u64,
    of: u64,
}

#[derive(Debug, Deserialize)]
struct Summary {
    injected: u64,
    ms: u64,
}

/// Tortures them; what was injected, and how many violations nobody knew of.
pub(crate) fn torture(project: &Project, order: &Order<'_>) -> Result<(u64, u64), Error> {
    let crates = list::read(project, order.names)?;
    setup::ensure(project, &NEEDS)?;
    let recover = Recover::compile(project)?;
    let mut rows = vec![];
    for one in crates {
        let mut figures = Figures::default();
        for &build in order.builds {
            let package = package(project, &recover, &one, build)?;
            let run = Run {
                one: &one,
                build,
                order,
            };
            run.torture(project, &package, &mut figures)?;
        }
        rows.push((one, figures));
    }
    let sum = |part: fn(&Figures) -> u64| rows.iter().map(|(_, figures)| part(figures)).sum();
    let (injected, violations): (u64, u64) = (
        sum(|figures| figures.injected),
        sum(|figures| figures.violations),
    );
    println!("torture: {injected} failures injected, {violations} violations");
    if order.docs && violations == 0 {
        page::write(project, &rows)?;
    }
    Ok((injected, violations))
}

/// Builds a crate with points.
fn package(
    project: &Project,
    recover: &Recover<'_>,
    one: &Crate,
    build: Build,
) -> Result<PathBuf, Error> {
    let others = project.target.join("torture").join("others");
    let out = others.join(&one.name).join(build.name());
    // An allocator of the crate's own has points if it is recover's.
    let feature = match one.allocator {
        true => "recover-runtime/torture",
        false => "recover-runtime/torture-allocator",
    };
    recover
        .build(&one.directory(project), build, &out)
        .args(["--no-debug-info", "--features", feature])
        .run()?;
    Ok(out)
}

/// A crate in a build.
struct Run<'a> {
    one: &'a Crate,
    build: Build,
    order: &'a Order<'a>,
}

impl Run<'_> {
    fn label(&self) -> String {
        format!("{} × {}", self.one.name, self.build.name())
    }

    /// Whether each of its sites is asked for: once is enough, and other builds have others.
    fn covers(&self) -> bool {
        let Order { only, schedule, .. } = self.order;
        self.one.covered && self.build == Build::Exnref && only.is_empty() && schedule.is_none()
    }

    /// The driver's options.
    fn options(&self, project: &Project) -> Result<Value, Error> {
        let Order { more, seed, .. } = *self.order;
        let strategy = match self.build {
            Build::Abort => "abort",
            Build::Exnref | Build::Legacy => "unwind",
        };
        let mut options = json!({
            "seed": seed, "strategy": strategy, "pairs": more.is_some(), "random": more.is_some(), "violations": VIOLATIONS,
        });
        if let Some(budget) = more {
            options["budget"] = budget.into();
        }
        if let Some(text) = self.order.schedule {
            let wrong = |error| Error::Usage(format!("--schedule takes JSON: {error}"));
            options["schedule"] = serde_json::from_str(text).map_err(wrong)?;
        }
        if self.covers() {
            let path = self.one.directory(project).join("torture/waivers.json");
            let text = std::fs::read_to_string(&path).map_err(|error| Error::file(path, error))?;
            options["waivers"] = text.into();
        }
        Ok(options)
    }

    /// Each scenario in a process of its own: what theirs does to the memory is no matter of another's.
    fn torture(
        &self,
        project: &Project,
        package: &Path,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let options = self.options(project)?.to_string();
        let mut lines: Vec<Line> = vec![];
        for scenario in self.scenarios(project)? {
            let script = project.root.join("tests/torture/others/run.mjs");
            let node = project.cmd(project.node()).arg("--expose-gc").arg(script);
            let node = node.arg("--package").arg(package);
            let node = node.arg("--options").arg(&options).arg(scenario);
            let output = node.follow(|_| false)?;
            let told = output.stdout.lines();
            let told: Vec<Line> = told
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect();
            if told.iter().all(|line| line.summary.is_none()) {
                return Err(node.failed(None));
            }
            lines.extend(told);
        }
        let (wrong, known) = self.judge(&lines);
        for each in &wrong {
            say("failed", &format!("{}: {each}", self.label()));
        }
        let points = lines.iter().filter_map(|line| line.counted).sum();
        let summaries = || lines.iter().filter_map(|line| line.summary.as_ref());
        let injected: u64 = summaries().map(|summary| summary.injected).sum();
        let ms: u64 = summaries().map(|summary| summary.ms).sum();
        figures.points = figures.points.max(points);
        figures.injected += injected;
        figures.violations += wrong.len() as u64;
        let searched = || lines.iter().filter_map(|line| line.searched.as_ref());
        let tried: u64 = searched().map(|searched| searched.tried).sum();
        let of: u64 = searched().map(|searched| searched.of).sum();
        println!(
            "{}: {points} points, {tried} of {of} failures tried, {injected} injected in {:.1} s, {known} violations of theirs",
            self.label(),
            ms as f64 / 1000.0
        );
        if self.covers() {
            for Coverage {
                tortured,
                passed,
                never,
                waived,
            } in lines.iter().filter_map(|line| line.coverage.as_ref())
            {
                let all = tortured.len() + passed.len() + never.len() + waived.len();
                println!(
                    "  {} of {all} sites tortured, {} waived",
                    tortured.len(),
                    waived.len()
                );
            }
        }
        Ok(())
    }

    /// The scenarios that are asked for.
    fn scenarios(&self, project: &Project) -> Result<Vec<PathBuf>, Error> {
        let Order { only, .. } = self.order;
        let mut scenarios = self.one.scenarios(project)?;
        let is_wanted = |path: &PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            only.is_empty() || only.iter().any(|one| *one == name)
        };
        scenarios.retain(is_wanted);
        Ok(scenarios)
    }

    /// What is wrong that nobody knew of, and how often what is known was met.
    fn judge(&self, lines: &[Line]) -> (Vec<String>, usize) {
        let (mut wrong, mut known) = (vec![], 0);
        let mut met = vec![false; self.one.theirs.len()];
        for line in lines {
            let scenario = &line.scenario;
            if let Some(found) = &line.violation {
                let words = found.words.join(" and then ");
                let mut faults = self.one.theirs.iter();
                match faults.position(|fault| fault.is(scenario, self.build, &found.rule, &words)) {
                    Some(index) => {
                        met[index] = true;
                        known += 1;
                    }
                    None => wrong.push(format!(
                        "{scenario} breaks {}: {}\n  {words}\n  --schedule '{}'",
                        found.rule, found.message, found.smallest
                    )),
                }
            }
            if let (true, Some(coverage)) = (self.covers(), &line.coverage) {
                wrong.extend(uncovered(coverage).map(|why| format!("{scenario}: {why}")));
            }
            if let Some(replayed) = &line.replayed {
                println!("{replayed:#}");
            }
        }
        // What is drawn by chance, or only in part, need not meet all of it.
        let Order {
            only,
            more,
            schedule,
            ..
        } = self.order;
        if only.is_empty() && more.is_none() && schedule.is_none() {
            let idle = self.one.theirs.iter().zip(met);
            let idle = idle.filter(|(fault, met)| fault.shows(self.build) && !met);
            wrong.extend(idle.map(|(fault, _)| {
                format!(
                    "no violation is this one of theirs, which may be mended: {}",
                    fault.found
                )
            }));
        }
        (wrong, known)
    }
}

/// What is wrong with a coverage, if anything is.
fn uncovered(coverage: &Coverage) -> Option<String> {
    let Coverage {
        tortured,
        passed,
        never,
        waived,
    } = coverage;
    let left: Vec<_> = passed.iter().chain(never).map(String::as_str).collect();
    let all = tortured.len() + left.len() + waived.len();
    let count = tortured.len();
    if !left.is_empty() {
        return Some(format!("not tortured and not waived: {}", left.join(", ")));
    }
    (count * 100 < all * TORTURED)
        .then(|| format!("{count} of {all} sites are tortured; {TORTURED} % must be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(tortured: usize, passed: usize, never: usize, waived: usize) -> Coverage {
        let names = |count: usize| (0..count).map(|number| format!("site {number}")).collect();
        Coverage {
            tortured: names(tortured),
            passed: names(passed),
            never: names(never),
            waived: vec![Value::Null; waived],
        }
    }

    #[test]
    fn what_is_not_tortured_is_waived_and_is_little() {
        assert_eq!(uncovered(&coverage(95, 0, 0, 5)), None);
        let little = uncovered(&coverage(94, 0, 0, 6)).unwrap();
        assert_eq!(little, "94 of 100 sites are tortured; 95 % must be");
        for missed in [coverage(99, 0, 1, 0), coverage(99, 1, 0, 0)] {
            let missed = uncovered(&missed).unwrap();
            assert_eq!(missed, "not tortured and not waived: site 0");
        }
    }

    #[test]
    fn what_is_theirs_is_told_from_what_nobody_knew_of() {
        let one: Crate = toml::from_str(
            "name = 'lru'\nwhat = 'a cache'\n[[theirs]]\nscenario = 'kept'\nbuilds = ['exnref']\nrules = ['invariant']\n\
             at = ['under lru_put']\nfound = 'torn'\nsmallest = ''",
        )
        .unwrap();
        let order = Order {
            names: &[],
            builds: &[],
            only: &[],
            more: None,
            seed: 1,
            schedule: None,
            docs: false,
        };
        let run = |build| Run {
            one: &one,
            build,
            order: &order,
        };
        let line = |rule: &str, place: &str| Line {
            scenario: "kept".to_owned(),
            violation: Some(Violation {
                rule: rule.to_owned(),
                words: vec![place.to_owned()],
                ..Violation::default()
            }),
            ..Line::default()
        };
        let theirs = || line("invariant", "at an allocation, under lru_put");
        let (wrong, known) = run(Build::Exnref).judge(&[theirs()]);
        assert_eq!((wrong.len(), known), (0, 1));
        // Another rule, and another build.
        let (wrong, known) = run(Build::Exnref).judge(&[theirs(), line("next", "under lru_put")]);
        assert_eq!((wrong.len(), known), (1, 1));
        assert_eq!(run(Build::Abort).judge(&[theirs()]).0.len(), 1);
        // It is gone.
        let (wrong, _) = run(Build::Exnref).judge(&[]);
        assert!(wrong[0].contains("may be mended: torn"), "{wrong:?}");
        assert_eq!(run(Build::Abort).judge(&[]).0.len(), 0);
    }
}
