//! Makes an engine answer: starts its driver, listens, and sees to it that every row has an
//! end. What a row asserts stands in tests/matrix/rows.mjs.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engines::Engine;
use crate::error::Error;
use crate::matrix::cells::{Kind, ROWS};
use crate::process::{Cmd, Ended};
use crate::project::Project;

/// How long an engine may take to start, or a row to end. Generous: other work may have
/// the machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// What an engine told of its rows: why one does not hold, nothing where it does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) version: String,
    pub(crate) rows: Vec<(&'static str, Option<String>)>,
}

impl Told {
    /// No row has an answer, and this is why.
    pub(crate) fn nothing(rows: &[&'static str], why: &str) -> Self {
        let mut told = Self::default();
        told.fail(rows, why);
        told
    }

    fn fail(&mut self, rows: &[&'static str], why: &str) {
        let failed = rows.iter().map(|row| (*row, Some(why.to_owned())));
        self.rows.extend(failed);
    }
}

/// What a driver says, a line each; session.mjs has the same.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Ready { ready: Ready },
    Begin { begin: String },
    End { end: String, why: Option<String> },
}

#[derive(Debug, Deserialize)]
struct Ready {
    version: String,
    rows: Vec<String>,
}

/// One run of a driver, as it is heard.
#[derive(Debug, Default)]
struct Heard {
    ready: Option<Ready>,
    running: Option<String>,
    ended: Vec<(String, Option<String>)>,
}

impl Heard {
    fn line(&mut self, text: &str) {
        // What is no line of the protocol is an engine's own.
        match serde_json::from_str(text) {
            Ok(Line::Ready { ready }) => self.ready = Some(ready),
            Ok(Line::Begin { begin }) => self.running = Some(begin),
            Ok(Line::End { end, why }) => {
                self.running = None;
                self.ended.push((end, why));
            }
            Err(_) => println!("{text}"),
        }
    }
}

/// Runs `rows` in an engine. A row that ends the driver, or never answers, fails, and the
/// driver is started again for those behind it.
pub(crate) fn drive(
    project: &Project,
    engine: Engine,
    kind: Kind,
    package: &Path,
    rows: &[&'static str],
) -> Result<Told, Error> {
    let mut told = Told::default();
    let mut left = rows.to_vec();
    while !left.is_empty() {
        let command = command(project, engine, kind, package, &left);
        let mut heard = Heard::default();
        let end = match command.listen(PATIENCE, |line| heard.line(line)) {
            Ok(Ended::ByItself { success: true }) => "it ended before the row had",
            Ok(Ended::ByItself { success: false }) => "it failed before the row had ended",
            Ok(Ended::Silent) => "no answer came in time",
            Err(error @ Error::Start { .. }) => {
                told.fail(&left, &error.to_string());
                break;
            }
            Err(error) => return Err(error),
        };
        left = settle(&mut told, heard, &left, end);
    }
    Ok(told)
}

/// Takes in what was heard; the answer is the rows that are still to run.
fn settle(told: &mut Told, heard: Heard, rows: &[&'static str], end: &str) -> Vec<&'static str> {
    let Some(ready) = heard.ready else {
        told.fail(rows, &format!("the engine did not start: {end}"));
        return vec![];
    };
    told.version = ready.version;
    let mut known: Vec<_> = ready.rows.iter().map(String::as_str).collect();
    let mut all = ROWS.map(|(row, _)| row);
    known.sort_unstable();
    all.sort_unstable();
    if known != all {
        told.fail(
            rows,
            "rows.mjs and xtask/src/matrix/cells.rs name different rows",
        );
        return vec![];
    }
    let mut left = rows.to_vec();
    let mut take = |row: &str, why: Option<String>, left: &mut Vec<&'static str>| {
        // A row that was not asked for, or answers twice, is no answer.
        if let Some(at) = left.iter().position(|name| *name == row) {
            told.rows.push((left.remove(at), why));
        }
    };
    for (row, why) in heard.ended {
        take(&row, why, &mut left);
    }
    if let Some(row) = heard.running {
        take(&row, Some(end.to_owned()), &mut left);
    }
    // Without progress a further run would make none either.
    if left.len() == rows.len() {
        told.fail(&left, end);
        return vec![];
    }
    left
}

/// The driver of an engine, with the order to run the matrix's own session.
fn command(project: &Project, engine: Engine, kind: Kind, package: &Path, rows: &[&str]) -> Cmd {
    let order = json!({
        "session": "tests/matrix/session.mjs",
        "package": "matrix_fixture",
        "rows": rows,
        "build": { "unwind": kind.unwinds(), "debug": kind.is_debug() },
    });
    driver(project, engine, &order, package)
}

/// The driver of an engine, with its order: which session it runs, with the package of which name, and
/// what else the session reads.
pub(crate) fn driver(project: &Project, engine: Engine, order: &Value, package: &Path) -> Cmd {
    let drivers = project.root.join("tests").join("matrix").join("drivers");
    let program = engine.program(project);
    let with = |program: &Path| project.cmd(program);
    let of_node = |script: &str| with(&project.node()).arg(drivers.join(script));
    let command = match engine {
        Engine::Workerd => of_node("workerd.mjs"),
        Engine::Chromium => of_node("chromium.mjs"),
        Engine::Firefox => of_node("firefox.mjs"),
        Engine::Deno => {
            let permissions = ["run", "--allow-all", "--no-config"];
            let deno = with(&program).args(permissions);
            deno.arg(drivers.join("process.mjs"))
        }
        _ => with(&program).arg(drivers.join("process.mjs")),
    };
    let command = command.arg(order.to_string()).arg(package);
    match engine {
        Engine::Workerd | Engine::Firefox => command.arg(program),
        Engine::Chromium => {
            let modules = "engines/playwright/node_modules/playwright-core";
            command.arg(program).arg(project.root.join(modules))
        }
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = "ready";

    /// What is told of `rows` after a driver said `lines`, and what is left to run.
    fn told(rows: &[&'static str], lines: &[&str]) -> (Told, Vec<&'static str>) {
        let mut heard = Heard::default();
        let ready = json!({ "ready": { "version": "1", "rows": ROWS.map(|(row, _)| row) } });
        for line in lines {
            let ready = (*line == READY).then(|| ready.to_string());
            heard.line(ready.as_deref().unwrap_or(line));
        }
        let mut told = Told::default();
        let left = settle(&mut told, heard, rows, "silence");
        (told, left)
    }

    fn failing(told: &Told) -> Vec<&'static str> {
        let failed = told.rows.iter().filter(|(_, why)| why.is_some());
        failed.map(|(row, _)| *row).collect()
    }

    #[test]
    fn every_row_that_ended_has_a_result() {
        let lines = [
            READY,
            r#"{"begin":"err"}"#,
            r#"{"end":"err","why":null}"#,
            r#"{"begin":"restart"}"#,
            r#"{"end":"restart","why":"1 is due, not 2"}"#,
        ];
        let (told, left) = told(&["err", "restart"], &lines);
        assert_eq!(left, [""; 0]);
        assert_eq!(told.version, "1");
        assert_eq!(told.rows.len(), 2);
        assert_eq!(failing(&told), ["restart"]);
    }

    #[test]
    fn a_row_without_an_answer_fails_and_later_rows_run() {
        let lines = [READY, r#"{"begin":"err"}"#];
        let (told, left) = told(&["err", "restart", "overlap"], &lines);
        assert_eq!(told.rows, [("err", Some("silence".to_owned()))]);
        assert_eq!(left, ["restart", "overlap"]);
    }

    #[test]
    fn an_engine_that_does_not_start_or_skips_rows_fails_every_row() {
        for lines in [
            &[][..],
            &["a banner"],
            &[READY],
            &[READY, r#"{"end":"other","why":null}"#],
        ] {
            let (told, left) = told(&["err", "restart"], lines);
            assert_eq!(failing(&told), ["err", "restart"], "{lines:?}");
            assert!(left.is_empty());
        }
        let (told, _) = told(
            &["err"],
            &[
                r#"{"ready":{"version":"1","rows":["err"]}}"#,
                r#"{"end":"err","why":null}"#,
            ],
        );
        assert_eq!(
            failing(&told),
            ["err"],
            "the rows are not those of cells.rs"
        );
    }
}
