//! What `cargo recover check` names: what the crate's own source says and nothing protects. Pure:
//! the texts come through a function, and nothing is compiled. So what macros write isn't seen.
//!
//! `source` follows modules and leaves out what isn't compiled; each rule has a file.

mod awaits;
mod classes;
mod exports;
mod finding;
mod schema;
mod source;
mod states;

use serde_json::{Value, json};

pub(crate) use finding::Finding;
pub(crate) use schema::{BREAKING, FILE, Now, Schema};
pub(crate) use source::{Read, Source};

use crate::error::Error;
use classes::Types;

/// All findings of the crate whose root is the file `root`, and what its states are made of.
pub(crate) fn crate_of(root: &str, read: &Read<'_>) -> Result<(Vec<Finding>, Now), Error> {
    let source = Source::of(root, read)?;
    let types = Types::of(&source);
    let mut findings = vec![];
    for scope in &source.scopes {
        exports::check(scope, &mut findings);
        awaits::check(scope, &mut findings);
    }
    states::check(&types, &mut findings);
    let now = Now::of(&source, &types);
    Ok((in_order(findings), now))
}

/// What the states of a crate are made of.
pub(crate) fn states_of(root: &str, read: &Read<'_>) -> Result<Now, Error> {
    let source = Source::of(root, read)?;
    Ok(Now::of(&source, &Types::of(&source)))
}

/// Findings in the order of the source, each once.
pub(crate) fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    findings
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
