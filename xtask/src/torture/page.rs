//! The table of crates that were tortured, in the book.

use crate::error::Error;
use crate::project::Project;
use crate::torture::list::Crate;

const PAGE: &str = "docs/book/tortured.md";
const BEGIN: &str = "<!-- cargo xtask torture --others --docs writes this -->\n";

/// What a crate came to, all builds together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Points of a run in which nothing fails, of all scenarios, in the build that has most.
    pub(crate) points: u64,
    /// Failures that were injected.
    pub(crate) injected: u64,
    /// What is wrong that nobody knew of.
    pub(crate) violations: u64,
}

/// The rows as a table in Markdown, a line each.
fn table(rows: &[(Crate, Figures)]) -> Vec<String> {
    let mut lines = vec![
        "| crate | what it is | points | failures injected | what was found | whose | smallest schedule |"
            .to_owned(),
        "|---|---|--:|--:|---|---|---|".to_owned(),
    ];
    for (one, figures) in rows {
        let name = match &one.version {
            Some(version) => format!("{} {version}", one.name),
            None => one.name.clone(),
        };
        let mut begin = format!(
            "| {name} | {} | {} | {} |",
            one.what,
            grouped(figures.points),
            grouped(figures.injected)
        );
        if one.theirs.is_empty() {
            lines.push(format!("{begin} nothing | | |"));
        }
        for fault in &one.theirs {
            lines.push(format!(
                "{begin} {} | theirs | {} |",
                fault.found, fault.smallest
            ));
            begin = "| | | | |".to_owned();
        }
    }
    lines
}

/// A number as people read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes the table into the book.
pub(crate) fn write(project: &Project, rows: &[(Crate, Figures)]) -> Result<(), Error> {
    project.write_table(PAGE, BEGIN, &table(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
