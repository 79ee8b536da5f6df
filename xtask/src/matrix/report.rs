//! What became of the cells: the counts, the lines for people, the JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engines::Engine;
use crate::error::Error;
use crate::matrix::cells::{Cell, Kind, ROWS};

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It cannot, for the reason that is written with it.
    NotApplicable,
}

/// A cell that is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) row: String,
    pub(crate) build: String,
    pub(crate) engine: String,
    /// Of the engine; empty where it was not started.
    pub(crate) version: String,
    pub(crate) result: Verdict,
    pub(crate) why: Option<String>,
}

/// All that were filled in.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) cells: Vec<Filled>,
}

impl Report {
    /// One more.
    pub(crate) fn add(&mut self, cell: &Cell, version: &str, result: Verdict, why: Option<&str>) {
        self.cells.push(Filled {
            row: cell.row.to_owned(),
            build: cell.kind.name().to_owned(),
            engine: cell.engine.name().to_owned(),
            version: version.to_owned(),
            result,
            why: why.map(str::to_owned),
        });
    }

    /// In the order of the axes.
    pub(crate) fn sort(&mut self) {
        let place = |names: &[&str], name: &str| names.iter().position(|one| *one == name);
        self.cells.sort_by_key(|cell| {
            (
                place(&Kind::ALL.map(Kind::name), &cell.build),
                place(&Engine::ALL.map(Engine::name), &cell.engine),
                place(&ROWS.map(|(row, _)| row), &cell.row),
            )
        });
    }

    /// How many became this.
    pub(crate) fn count(&self, result: Verdict) -> u64 {
        let same = self.cells.iter().filter(|cell| cell.result == result);
        same.count() as u64
    }

    /// The cell of these names.
    pub(crate) fn find(&self, row: &str, build: &str, engine: &str) -> Option<&Filled> {
        self.cells
            .iter()
            .find(|cell| (&*cell.row, &*cell.build, &*cell.engine) == (row, build, engine))
    }

    /// A line for each build and engine, and one for each cell that fails.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for kind in Kind::ALL {
            for engine in Engine::ALL {
                let here =
                    |cell: &&Filled| (&*cell.build, &*cell.engine) == (kind.name(), engine.name());
                let cells: Vec<_> = self.cells.iter().filter(here).collect();
                let Some(first) = cells.first() else { continue };
                let of = |result| cells.iter().filter(|cell| cell.result == result).count();
                let _ = writeln!(
                    text,
                    "{:<15} {:<9} {:<14} {:>3} passed {:>3} failed {:>3} skipped",
                    first.build,
                    first.engine,
                    first.version,
                    of(Verdict::Pass),
                    of(Verdict::Fail),
                    of(Verdict::NotApplicable),
                );
            }
        }
        for cell in &self.cells {
            if cell.result == Verdict::Fail {
                let why = cell.why.as_deref().unwrap_or_default();
                let Filled {
                    row, build, engine, ..
                } = cell;
                let _ = writeln!(text, "FAILED {row} × {build} × {engine}: {why}");
            }
        }
        text
    }

    /// The last line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.count(Verdict::Pass),
            self.count(Verdict::Fail),
            self.count(Verdict::NotApplicable),
        )
    }
}

/// Writes the JSON.
pub(crate) fn write(path: &Path, report: &Report) -> Result<(), Error> {
    let mut text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::Check(format!("the cells are no JSON: {error}")))?;
    text.push('\n');
    std::fs::write(path, text).map_err(|error| Error::file(path, error))
}

/// Reads what `write` wrote.
pub(crate) fn read(path: &Path) -> Result<Report, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
    serde_json::from_str(&text).map_err(|error| Error::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_and_the_closing_line_have_their_form() {
        let mut report = Report::default();
        let cell = Cell {
            row: "err",
            kind: Kind::ExnrefRelease,
            engine: Engine::Node20,
        };
        report.add(&cell, "", Verdict::NotApplicable, cell.why_not());
        report.add(&cell, "1.2", Verdict::Fail, Some("7"));
        report.add(&cell, "1.2", Verdict::Pass, None);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["cells"][0]["result"], "not-applicable");
        let expected = serde_json::json!({
            "row": "err", "build": "exnref-release", "engine": "node20", "version": "1.2",
            "result": "fail", "why": "7",
        });
        assert_eq!(json["cells"][1], expected);
        assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
        assert_eq!(report.summary(), "1 passed, 1 failed, 1 skipped");
        let table = report.table();
        assert!(
            table.contains("FAILED err × exnref-release × node20: 7"),
            "{table}"
        );
    }
}
