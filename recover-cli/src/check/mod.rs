//! What `cargo recover check` names: what the crate's own source says and nothing protects. Pure:
//! the texts come through a function, and nothing is compiled. So what macros write isn't seen.
//!
//! `source` follows modules and leaves out what isn't compiled; each rule has a file.

mod awaits;
mod exports;
mod source;
mod states;

use serde_json::{Value, json};

pub(crate) use source::{Read, Source};

use crate::error::Error;

/// Something that is not protected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, as it was given or found.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
    /// A word for the rule.
    pub(crate) rule: &'static str,
    /// What is the matter.
    pub(crate) message: String,
    /// What to write.
    pub(crate) fix: String,
}

impl Finding {
    fn new(
        file: &str,
        at: &impl syn::spanned::Spanned,
        rule: &'static str,
        message: String,
        fix: impl Into<String>,
    ) -> Self {
        let start = at.span().start();
        Self {
            file: file.to_owned(),
            line: start.line,
            column: start.column + 1,
            rule,
            message,
            fix: fix.into(),
        }
    }

    /// As a line that editors find the place of.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}:{}:{}: {}: {}; {}",
            self.file, self.line, self.column, self.rule, self.message, self.fix
        )
    }
}

/// All findings of the crate whose root is the file `root`.
pub(crate) fn crate_of(root: &str, read: &Read<'_>) -> Result<Vec<Finding>, Error> {
    let source = Source::of(root, read)?;
    let mut findings = vec![];
    for scope in &source.scopes {
        exports::check(scope, &mut findings);
        awaits::check(scope, &mut findings);
    }
    states::check(&source, &mut findings);
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// The findings as a document.
pub(crate) fn document(findings: &[Finding]) -> Value {
    let list = findings.iter().map(|finding| {
        json!({
            "rule": finding.rule,
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "message": finding.message,
            "fix": finding.fix,
        })
    });
    json!({ "type": "check", "ok": findings.is_empty(), "findings": list.collect::<Vec<_>>() })
}

#[cfg(test)]
#[path = "../tests/check.rs"]
mod tests;
