//! The table of adopted crates: for people, and in the book.

use crate::adopt::row::Row;
use crate::error::Error;
use crate::project::Project;

const PAGE: &str = "docs/book/adopted.md";
const BEGIN: &str = "<!-- cargo xtask adopt --docs writes this -->\n";

/// The rows as a table in Markdown, a line each.
pub(crate) fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        "| crate | strategy | exports | attributes | other lines | calls compared | gzip | trivial call | plain, bricked | recover, bricked |".to_owned(),
        "|---|---|--:|--:|--:|--:|--:|--:|---|---|".to_owned(),
    ];
    for row in rows {
        let calls = match row.equal {
            true => format!("{}, equal", row.calls),
            false => format!("{}, not equal", row.calls),
        };
        let call = row
            .call
            .map_or_else(|| "—".to_owned(), |ratio| format!("{ratio:.2}"));
        lines.push(format!(
            "| {} {} | {} | {} | {} | {} | {calls} | {:.2} | {call} | {} | {} |",
            row.name,
            row.version,
            row.strategy,
            row.exports,
            row.words,
            row.lines,
            row.gzip,
            row.plain,
            row.bricking
        ));
    }
    lines
}

/// Writes the table into the book.
pub(crate) fn write(project: &Project, rows: &[Row]) -> Result<(), Error> {
    project.write_table(PAGE, BEGIN, &table(rows))
}
