//! `cargo xtask bench`: sets up, compiles `cargo recover`, and leaves the rest to
//! benches/run.mjs, which knows how things are measured and prints the ratios. The names
//! of the metrics stand in benches/metrics.json.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::project::Project;
use crate::recover::Recover;
use crate::setup::{self, Piece};

/// The options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these metrics, or groups of them: calls, packages, persist, size, compile
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<String>,

    /// Write the results here, too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

/// Measures.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let directory = project.root.join("benches");
    check(&options.only, &directory.join("metrics.json"))?;
    setup::ensure(project, &[Piece::Nightly, Piece::Stable, Piece::Node])?;
    let recover = Recover::compile(project)?;
    let mut command = project
        .cmd(project.node())
        .env("RECOVER_CLI", recover.program())
        .env("RECOVER_TARGET", project.target.join("bench"))
        .env("RECOVER_NIGHTLY", &project.pins.nightly)
        .env("RECOVER_STABLE", &project.pins.stable)
        .arg(directory.join("run.mjs"));
    if !options.only.is_empty() {
        command = command.arg("--only").arg(options.only.join(","));
    }
    if let Some(path) = &options.json {
        // The driver runs in the root, the caller may stand elsewhere.
        let path = std::path::absolute(path).map_err(|error| Error::file(path, error))?;
        command = command.arg("--json").arg(path);
    }
    command.run()?;
    Ok(ExitCode::SUCCESS)
}

/// Whether every name is that of a metric or a group, before anything is built.
fn check(only: &[String], path: &Path) -> Result<(), Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
    let groups: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| Error::file(path, error))?;
    let metrics = |group: &Value| group.as_object().cloned().unwrap_or_default();
    let known = |name: &String| {
        groups.contains_key(name)
            || groups
                .values()
                .any(|group| metrics(group).contains_key(name))
    };
    match only.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let names: Vec<String> = groups
                .iter()
                .flat_map(|(group, names)| {
                    std::iter::once(group.clone())
                        .chain(metrics(names).into_iter().map(|(name, _)| name))
                })
                .collect();
            let names = names.join(", ");
            Err(Error::Usage(format!(
                "there is no metric `{name}`; --only takes {names}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(only: &str) -> Result<(), Error> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/metrics.json");
        let only: Vec<String> = only.split_terminator(',').map(str::to_owned).collect();
        check(&only, &path)
    }

    #[test]
    fn metrics_and_groups_are_known_and_nothing_else() {
        for only in ["", "persist", "callback,revive-10k,size"] {
            assert!(checked(only).is_ok(), "{only}");
        }
        let error = checked("callback,callbak").unwrap_err();
        assert_eq!(error.code(), 2);
        let message = error.to_string();
        assert!(
            message.starts_with("there is no metric `callbak`"),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1);
    }
}
