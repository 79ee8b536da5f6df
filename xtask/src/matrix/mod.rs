//! `cargo xtask matrix`: every failure, in every kind of build, in every engine.
//!
//! What there is to fill in stands in `cells`, how an engine is made to answer in `session`,
//! the page of the documentation in `page`. The last line is `N passed, N failed,
//! N skipped`; the exit code is 1 unless nothing failed.

mod cells;
mod components;
mod page;
mod report;
mod session;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::engines::Engine;
use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::Recover;
use crate::setup::{self, Piece};

pub(crate) use cells::{Cell, Kind};
use report::{Report, Verdict};
pub(crate) use session::{PATIENCE, driver};

/// The options of `matrix`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these engines
    #[arg(long, value_name = "ENGINE", value_delimiter = ',')]
    engine: Vec<String>,

    /// Only these builds
    #[arg(long, value_name = "BUILD", value_delimiter = ',')]
    build: Vec<String>,

    /// Only these rows
    #[arg(long, value_name = "ROW", value_delimiter = ',')]
    row: Vec<String>,

    /// Write the cells here, too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,

    /// Write docs/book/engines.md from the cells of a whole run
    #[arg(long)]
    docs: bool,

    /// With `--docs`: from the cells in this file, without a run
    #[arg(long, value_name = "PATH", requires = "docs")]
    from: Option<PathBuf>,
}

/// Fills in what was asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let cells = cells::select(&options.row, &options.build, &options.engine)?;
    if options.docs && cells.len() != cells::all().len() {
        return Err(Error::Usage(
            "--docs takes a whole run; leave --engine, --build and --row out".to_owned(),
        ));
    }
    if let Some(path) = &options.from {
        page::write(project, &report::read(path)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let json = options.json.as_deref();
    // The root is where this runs, the caller may stand elsewhere.
    let json = json.map(|path| std::path::absolute(path).map_err(|error| Error::file(path, error)));
    let report = fill(project, &cells)?;
    println!();
    print!("{}", report.table());
    if let Some(path) = json {
        report::write(&path?, &report)?;
    }
    if options.docs {
        page::write(project, &report)?;
    }
    println!("{}", report.summary());
    Ok(match report.count(Verdict::Fail) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The counts of a part of the matrix, for the test command: passed and failed.
pub(crate) fn check(project: &Project, cells: &[Cell]) -> Result<(u64, u64), Error> {
    let report = fill(project, cells)?;
    print!("{}", report.table());
    Ok((report.count(Verdict::Pass), report.count(Verdict::Fail)))
}

/// What every run of the tests fills in, and with `rest` what only full ones do.
pub(crate) fn slice(rest: bool) -> Vec<Cell> {
    let cells = cells::all().into_iter();
    cells.filter(|cell| cell.is_fast() != rest).collect()
}

/// What is not as it should be in docs/book/engines.md.
pub(crate) fn stale_page(project: &Project) -> Result<Vec<String>, Error> {
    page::stale(project)
}

/// Writes the part of docs/book/engines.md that is about components, after a run in which every row held.
pub(crate) fn write_components(project: &Project) -> Result<(), Error> {
    page::rewrite(project)
}

/// What `cells` need to be installed.
pub(crate) fn needs(cells: &[Cell]) -> Vec<Piece> {
    let mut pieces = vec![Piece::Nightly, Piece::Stable, Piece::Node];
    let used = |engine: &Engine| cells.iter().any(|cell| cell.engine == *engine);
    pieces.extend(Engine::ALL.into_iter().filter(used).map(Piece::Engine));
    pieces
}

fn fill(project: &Project, cells: &[Cell]) -> Result<Report, Error> {
    setup::ensure(project, &needs(cells))?;
    let recover = Recover::compile(project)?;
    let mut report = Report::default();
    for kind in Kind::ALL {
        let here: Vec<_> = cells.iter().filter(|cell| cell.kind == kind).collect();
        let applicable = |engine: Engine| {
            let rows = here.iter().filter(|cell| cell.engine == engine);
            let rows = rows.filter(|cell| cell.why_not().is_none());
            rows.map(|cell| cell.row).collect::<Vec<_>>()
        };
        for cell in here.iter().filter(|cell| cell.why_not().is_some()) {
            report.add(cell, "", Verdict::NotApplicable, cell.why_not());
        }
        // One package for the engines of today, and where need be one for the old ones.
        for old in [false, true] {
            let engines: Vec<_> = Engine::ALL
                .into_iter()
                .filter(|engine| kind.is_for_old(*engine) == old)
                .filter(|engine| !applicable(*engine).is_empty())
                .collect();
            if engines.is_empty() {
                continue;
            }
            let package = kind.package(project, old);
            let built = build(&recover, project, kind, old, &package)?;
            for engine in engines {
                let rows = applicable(engine);
                let start = Instant::now();
                let told = match &built {
                    Some(why) => session::Told::nothing(&rows, why),
                    None => session::drive(project, engine, kind, &package, &rows)?,
                };
                for (row, why) in &told.rows {
                    let verdict = match why {
                        None => Verdict::Pass,
                        Some(_) => Verdict::Fail,
                    };
                    let cell = Cell { row, kind, engine };
                    report.add(&cell, &told.version, verdict, why.as_deref());
                }
                let failed = told.rows.iter().filter(|(_, why)| why.is_some()).count();
                let passed = told.rows.len() - failed;
                say(
                    "matrix",
                    &format!(
                        "{} {} {}: {passed} passed, {failed} failed, {:.1} s",
                        kind.name(),
                        engine.name(),
                        told.version,
                        start.elapsed().as_secs_f64(),
                    ),
                );
            }
        }
    }
    report.sort();
    Ok(report)
}

/// Builds the fixture; the answer is why it could not be built.
fn build(
    recover: &Recover<'_>,
    project: &Project,
    kind: Kind,
    old: bool,
    package: &Path,
) -> Result<Option<String>, Error> {
    let fixture = project.root.join("tests").join("matrix").join("fixture");
    let flavour = kind.flavour();
    let mut command = flavour.compile(recover.build(&fixture, flavour.build, package));
    if old {
        command = command.args(["--eh", "legacy"]);
    }
    if kind.is_debug() {
        // With it modules are over 8 MB, which Chromium's main thread makes no instances of
        // while it waits.
        command = command.arg("--no-debug-info");
    }
    let code = command.status()?;
    if code == Some(0) {
        return Ok(None);
    }
    say("failed", &command.failed(code).to_string());
    Ok(Some("the fixture could not be built".to_owned()))
}
