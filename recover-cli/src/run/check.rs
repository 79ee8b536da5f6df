//! Gathers a crate's source for `check`, and shows what was found.

use std::fs;
use std::path::Path;

use cargo_platform::Cfg;

use super::probe;
use super::progress::during;
use super::say::{is_json, print, print_json, say};
use crate::check::{self, Read};
use crate::error::Error;
use crate::options::CheckOptions;
use crate::pins::pins;

/// Names what is not protected; the answer is the exit code.
pub(crate) fn check(options: &CheckOptions) -> Result<u8, Error> {
    let (root, cfgs) = during("reading the crate", || probe::source(options, pins()))?;
    let here = std::env::current_dir().map_err(Error::io("read", "."))?;
    let shown = root.strip_prefix(&here).unwrap_or(&root);
    let findings = crate_of(shown, &cfgs)?;
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

fn crate_of(root: &Path, cfgs: &[Cfg]) -> Result<Vec<check::Finding>, Error> {
    let text = |path: &str| fs::read_to_string(path).ok();
    let root = root.to_string_lossy().replace('\\', "/");
    check::crate_of(&root, &Read { text: &text, cfgs })
}
