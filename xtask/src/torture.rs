//! `cargo xtask torture`: what recover promises, tortured by the scenarios in tests/torture/ours. Each run builds
//! their crate with points, and has the driver of `cargo recover torture` inject failures at them.
//!
//! The last line is `torture: N failures injected, N violations`. What is injected, and what is right, is no
//! matter of this file.

mod list;
pub(crate) mod others;
mod page;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};
use crate::test::counts::Counts;

/// What it needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// The package that the scenarios drive.
pub(crate) const PACKAGE: &str = "fixture-torture-ours";

/// Where its crate is.
const CRATE: &str = "tests/fixtures/torture-ours";

/// What gives a package points, and an allocator that has some.
const FEATURES: [&str; 2] = ["--features", "recover-runtime/torture-allocator"];

/// What the scenarios ask of Node.
pub(crate) const ENGINE: [&str; 2] = ["--expose-gc", "--experimental-wasm-jspi"];

/// How long every run of the tests takes for it, in seconds: of both builds together.
const SHORT: u64 = 120;

/// The same with `--full`, of three builds: each failure at each point takes the time that it takes, and what is left is
/// for pairs and random ones.
const LONG: u64 = 3600;

/// What that asks of the scenarios.
const WHOLE: &str = "--long";

/// A kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Unwinds, by the standard exception handling
    Exnref,
    /// Unwinds, by the exception handling from before the standard
    Legacy,
    /// Ends the instance
    Abort,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Exnref, Self::Legacy, Self::Abort];

    fn build(self) -> Build {
        match self {
            Self::Exnref => Build::Exnref,
            Self::Legacy => Build::Legacy,
            Self::Abort => Build::Abort,
        }
    }
}

/// The options of `torture`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many seconds it takes, all builds together [default: 120, or 3600 with --long]
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,

    /// Each failure at each point, however long that takes, then pairs and random ones until the budget is over: what
    /// was not tried, or came elsewhere, is wrong. With --build, a piece of it
    #[arg(long, conflicts_with_all = ["others", "schedule", "more"])]
    long: bool,

    /// Only these kinds of build
    #[arg(long, value_name = "BUILD", value_delimiter = ',')]
    build: Vec<Kind>,

    /// Only these scenarios
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,

    /// Second failures in the recovery of the first, then random ones until the time is over
    #[arg(long)]
    more: bool,

    /// What the random failures are drawn by
    #[arg(long, default_value_t = 1)]
    seed: u32,

    /// These failures and no others, as a violation prints them
    #[arg(long, value_name = "JSON")]
    schedule: Option<String>,

    /// In place of our own, crates of others and the examples, or those of these names: each failure at each point, or
    /// with --more as long as the budget, for each crate in each build
    #[arg(long, value_name = "NAME", num_args = 0.., value_delimiter = ',')]
    others: Option<Vec<String>>,

    /// Write what was found into docs/book/tortured.md
    #[arg(long, requires = "others")]
    docs: bool,
}

/// What the builds came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    injected: u64,
    violations: u64,
}

/// Tortures the builds that were asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    setup::ensure(project, &NEEDS)?;
    let usual = if options.long { LONG } else { SHORT };
    let budget = options.budget.unwrap_or(usual);
    let kinds = match options.build.is_empty() {
        true => &Kind::ALL[..],
        false => &options.build,
    };
    if let Some(names) = &options.others {
        let builds: Vec<_> = kinds.iter().map(|kind| kind.build()).collect();
        let order = others::Order {
            names,
            builds: &builds,
            only: &options.only,
            more: options.more.then_some(budget * 1000),
            seed: options.seed,
            schedule: options.schedule.as_deref(),
            docs: options.docs,
        };
        let (_, violations) = others::torture(project, &order)?;
        return Ok(match violations {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        });
    }
    let mut arguments = vec![format!("--seed={}", options.seed)];
    if options.long {
        arguments.push(WHOLE.to_owned());
    }
    if options.more {
        arguments.extend(["--pairs", "--random"].map(str::to_owned));
    }
    if !options.only.is_empty() {
        arguments.push(format!("--only={}", options.only.join(",")));
    }
    arguments.extend(
        options
            .schedule
            .iter()
            .map(|text| format!("--schedule={text}")),
    );
    let found = torture(project, kinds, budget, &arguments)?;
    Ok(match found {
        Found { violations: 0, .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The stage: two minutes of two builds, or with `long` an hour of three.
pub(crate) fn stage(project: &Project, long: bool) -> Result<Counts, Error> {
    let (kinds, budget, arguments): (_, _, &[&str]) = match long {
        true => (&Kind::ALL[..], LONG, &[WHOLE]),
        false => (&[Kind::Exnref, Kind::Abort][..], SHORT, &[]),
    };
    let arguments = arguments.iter().map(|&one| one.to_owned());
    let found = torture(project, kinds, budget, &arguments.collect::<Vec<_>>())?;
    Ok(Counts {
        passed: found.injected,
        failed: found.violations,
    })
}

/// The stage of crates of others: each failure at each point, in three builds.
pub(crate) fn others(project: &Project) -> Result<Counts, Error> {
    let builds = Kind::ALL.map(Kind::build);
    let order = others::Order {
        names: &[],
        builds: &builds,
        only: &[],
        more: None,
        seed: 1,
        schedule: None,
        docs: false,
    };
    let (passed, failed) = others::torture(project, &order)?;
    Ok(Counts { passed, failed })
}

/// Builds the package; it is put below `out`.
pub(crate) fn build(project: &Project, recover: &Recover, build: Build, out: &Path) -> Cmd {
    recover
        .build(&project.root.join(CRATE), build, &out.join(PACKAGE))
        .args(FEATURES)
}

fn torture(
    project: &Project,
    kinds: &[Kind],
    budget: u64,
    arguments: &[String],
) -> Result<Found, Error> {
    let recover = Recover::compile(project)?;
    let mut packages: Vec<(Kind, PathBuf)> = vec![];
    for &kind in kinds {
        let out = project.target.join("torture").join(kind.build().name());
        build(project, &recover, kind.build(), &out).run()?;
        packages.push((kind, out.join(PACKAGE)));
    }
    let share = Duration::from_secs(budget) / u32::try_from(packages.len()).unwrap_or(1).max(1);
    let mut sum = Found::default();
    for (kind, package) in packages {
        say("torture", kind.build().name());
        let found = one(project, kind, &package, share, arguments)?;
        sum.injected += found.injected;
        sum.violations += found.violations;
    }
    println!(
        "torture: {} failures injected, {} violations",
        sum.injected, sum.violations
    );
    Ok(sum)
}

/// Tortures one package.
fn one(
    project: &Project,
    kind: Kind,
    package: &Path,
    budget: Duration,
    arguments: &[String],
) -> Result<Found, Error> {
    let strategy = match kind {
        Kind::Abort => "abort",
        Kind::Exnref | Kind::Legacy => "unwind",
    };
    let node = project
        .cmd(project.node())
        .args(ENGINE)
        .arg(project.root.join("tests/torture/ours.mjs"))
        .arg(package)
        .arg(format!("--budget={}", budget.as_millis()))
        .arg(format!("--strategy={strategy}"))
        .args(arguments);
    let output = node.follow(|line| !line.starts_with("torture: "))?;
    let last = output.stdout.lines().last().unwrap_or_default();
    let mut found = closing(last).unwrap_or_default();
    // A run that failed though it found nothing, or that injected nothing, is no good one.
    if found.violations == 0 && (!output.success || found.injected == 0) {
        say("failed", &format!("{}: {last}", kind.build().name()));
        found.violations = 1;
    }
    Ok(found)
}

/// The numbers in `torture: N failures injected, N violations`.
fn closing(line: &str) -> Option<Found> {
    let rest = line.strip_prefix("torture: ")?;
    let (injected, rest) = rest.split_once(" failures injected, ")?;
    let violations = rest.strip_suffix(" violations")?;
    Some(Found {
        injected: injected.parse().ok()?,
        violations: violations.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_is_read() {
        let (injected, violations) = (12, 3);
        let found = Found {
            injected,
            violations,
        };
        assert_eq!(
            closing("torture: 12 failures injected, 3 violations"),
            Some(found)
        );
        for wrong in ["", "torture: 12 failures injected", "12 passed, 0 failed"] {
            assert_eq!(closing(wrong), None, "{wrong}");
        }
    }
}
