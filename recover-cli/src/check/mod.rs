//! What `cargo recover check` names: what the crate's own source says and nothing protects. Pure:
//! the texts come through a function, and nothing is compiled. So what macros write isn't seen.
//!
//! `source` follows modules and leaves out what isn't compiled; each rule has a file.

mod awaits;
mod exports;
mod finding;
mod source;
mod states;

use serde_json::{Value, json};

pub(crate) use finding::Finding;
pub(crate) use source::{Read, Source};

use crate::error::Error;

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
