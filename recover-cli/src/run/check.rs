//! Gathers a crate's source for `check`, and shows what was found. A build asks here, too, whether what
//! is stored can still be read.

use std::fs;
use std::io;
use std::path::Path;

use super::probe::{self, Sources};
use super::progress::during;
use super::say::{is_json, print, print_json, say, shown};
use crate::check::{self, BREAKING, FILE, Now, Read, Schema};
use crate::error::Error;
use crate::facts::Facts;
use crate::options::{BuildOptions, CheckOptions};
use crate::pins::pins;

/// Names what is not protected; the answer is the exit code.
pub(crate) fn check(options: &CheckOptions) -> Result<u8, Error> {
    let sources = during("reading the crate", || probe::source(options, pins()))?;
    let (mut findings, now) = reading(&sources, check::crate_of)?;
    let file = sources.directory.join(FILE);
    let accepted = accepted(&file)?;
    if options.accept_schema {
        accept(&now, accepted.as_ref(), &file)?;
    } else if let Some(accepted) = accepted {
        findings.extend(now.compare(&accepted, &shown(&file)));
        findings = check::in_order(findings);
    } else if now.has_classes() {
        say(
            "note",
            &format!(
                "classes persist, and there is no {FILE}: `cargo recover check --accept-schema` writes it, and from then on a state that changes needs a new version"
            ),
        );
    }
    match is_json() {
        true => print_json(&check::document(&findings)),
        false => findings.iter().for_each(|finding| print(&finding.line())),
    }
    let many = findings.len();
    match many {
        0 => say(
            "check",
            "all that the crate exports and imports is protected",
        ),
        1 => say("check", "1 thing is not protected"),
        _ => say("check", &format!("{many} things are not protected")),
    }
    Ok(u8::from(many > 0))
}

/// Writes the schema file, where it changes.
fn accept(now: &Now, before: Option<&Schema>, file: &Path) -> Result<(), Error> {
    if !now.has_classes() && before.is_none() {
        say("note", "no class persists: there is no schema to accept");
        return Ok(());
    }
    let schema = now.accept(before);
    let what = match schema.len() {
        1 => "1 class".to_owned(),
        many => format!("{many} classes"),
    };
    let line = format!("{}, with {what}", shown(file));
    if before == Some(&schema) {
        say("kept", &line);
        return Ok(());
    }
    fs::write(file, schema.text()).map_err(Error::io("write", file))?;
    say("wrote", &line);
    Ok(())
}

/// Fails if the crate has a schema file, and what is stored by it would be misread.
pub(super) fn stored_is_read(options: &BuildOptions, facts: &Facts) -> Result<(), Error> {
    let package = facts.metadata.select(options.package.as_deref())?;
    let Some(directory) = package.manifest_path.parent() else {
        return Ok(());
    };
    let file = directory.join(FILE);
    let Some(accepted) = accepted(&file)? else {
        return Ok(());
    };
    let sources = probe::sources(&facts.metadata, package, facts.cfgs.clone())?;
    let now = reading(&sources, check::states_of)?;
    let mut found = now.compare(&accepted, &shown(&file));
    found.retain(|finding| BREAKING.contains(&finding.rule));
    let found = check::in_order(found);
    match &found[..] {
        [] => Ok(()),
        [one] => Err(Error::StatesChanged(one.line())),
        [one, more @ ..] => Err(Error::StatesChanged(format!(
            "{} (and {} more: `cargo recover check`)",
            one.line(),
            more.len()
        ))),
    }
}

/// The schema file, if there is one.
fn accepted(file: &Path) -> Result<Option<Schema>, Error> {
    match fs::read_to_string(file) {
        Ok(text) => Schema::parse(&text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", file)(error)),
    }
}

fn reading<R>(
    sources: &Sources,
    read: impl FnOnce(&str, &Read<'_>) -> Result<R, Error>,
) -> Result<R, Error> {
    let text = |path: &str| fs::read_to_string(path).ok();
    let root = shown(&sources.root).replace('\\', "/");
    let cfgs = &sources.cfgs;
    read(&root, &Read { text: &text, cfgs })
}
