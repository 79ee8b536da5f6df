//! The rows of components, which the hosts in Python, JavaScript and Rust run in their own tests, as a part of
//! docs/book/engines.md. It follows from tests/matrix/components/rows.json alone; that the rows hold, `cargo xtask
//! component` shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

/// The rows.
const ROWS: &str = include_str!("../../../tests/matrix/components/rows.json");

/// The hosts, as columns.
const HOSTS: [&str; 3] = ["python", "javascript", "rust"];

/// What the page tells of the file.
#[derive(Debug, Deserialize)]
struct Matrix {
    hosts: BTreeMap<String, Host>,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Host {
    words: String,
    engine: String,
}

#[derive(Debug, Deserialize)]
struct Row {
    row: String,
    words: String,
    /// Why it does not apply, by host.
    #[serde(default)]
    not: BTreeMap<String, String>,
    /// What a host does in another way than the others, and why.
    #[serde(default)]
    differs: BTreeMap<String, String>,
    #[serde(default)]
    steps: Vec<Step>,
}

/// A step, of which one host may not be able.
#[derive(Debug, Deserialize)]
struct Step {
    #[serde(default)]
    not: BTreeMap<String, String>,
}

/// The part of the page.
pub(crate) fn section() -> String {
    let matrix: Matrix = match serde_json::from_str(ROWS) {
        Ok(matrix) => matrix,
        // It is compiled in, and a test reads it.
        Err(error) => return format!("\nrows.json: {error}\n"),
    };
    let mut text = INTRODUCTION.to_owned();
    for host in HOSTS.map(|host| &matrix.hosts[host]) {
        let _ = writeln!(text, "| {} | {} |", host.words, host.engine);
    }
    text += "\n| failure |";
    for host in HOSTS.map(|host| &matrix.hosts[host]) {
        let _ = write!(text, " {} |", host.words);
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(HOSTS.len()));
    let mut notes = String::new();
    for row in &matrix.rows {
        let _ = write!(text, "| {} |", row.words);
        for host in HOSTS {
            let name = &matrix.hosts[host].words;
            let steps = row.steps.iter().find_map(|step| step.not.get(host));
            let (mark, note) = match (row.not.get(host), row.differs.get(host)) {
                (Some(why), _) => ("–", Some(format!("does not apply: {why}"))),
                (None, Some(what)) => ("✓*", Some(what.clone())),
                (None, None) => ("✓", steps.map(|why| format!("but for one step: {why}"))),
            };
            let _ = write!(text, " {mark} |");
            if let Some(note) = note {
                let _ = writeln!(notes, "- {name}, {}: {note}.", row.row);
            }
        }
        text.push('\n');
    }
    text.push('\n');
    text + &notes
}

const INTRODUCTION: &str = "
## Components

`cargo xtask component` causes the failures in one component, which `cargo recover build --target component` made, in
each of the hosts. Each row is a list of steps with the whole outcome of each: the error's class, `kind`, `code`,
`fatal` and `retryable`, with its message, fields and causes where they are the component's; what the objects hold
afterwards; and what the row leaves: which instance it is, that its next call works, how many values were not dropped,
how many calls were refused. All hosts read the same file (`tests/matrix/components/rows.json`), and each row is a test
in the host's own language. ✓: the outcome holds; ✓*: it holds in another way, told below; –: does not apply.

| host | engine |
|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_line_and_every_reason_is_told() {
        let matrix: Matrix = serde_json::from_str(ROWS).unwrap();
        let section = section();
        assert!(matrix.rows.len() >= 20);
        assert_eq!(matrix.hosts.len(), HOSTS.len());
        for row in &matrix.rows {
            let marks = section.lines().find_map(|line| {
                let rest = line.strip_prefix("| ")?.strip_prefix(&*row.words)?;
                rest.starts_with(" |").then_some(rest)
            });
            let marks = marks.unwrap_or_else(|| panic!("{}: no line", row.row));
            assert_eq!(marks.matches('–').count(), row.not.len(), "{}", row.row);
            assert!(row.not.len() < HOSTS.len(), "{}: applies nowhere", row.row);
            let steps = row.steps.iter().map(|step| &step.not);
            for (host, why) in steps.chain([&row.not, &row.differs]).flatten() {
                assert!(HOSTS.contains(&&**host), "{host}");
                assert!(section.contains(&**why), "{}: {why}", row.row);
            }
        }
    }

    #[test]
    fn rows_have_their_own_names() {
        let matrix: Matrix = serde_json::from_str(ROWS).unwrap();
        let mut names: Vec<_> = matrix.rows.iter().map(|row| &row.row).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), matrix.rows.len());
    }
}
