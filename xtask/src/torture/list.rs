//! tests/torture/others/crates.toml: which crates are tortured, and what of theirs is known to break under it. How
//! that is done is `others.rs`'s.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;

use crate::error::Error;
use crate::project::Project;
use crate::recover::Build;

/// Where the crates are, and the versions of what they put behind exports.
const FOLDER: &str = "tests/torture/others";

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(rename = "crate")]
    crates: Vec<Crate>,
}

/// A crate that is tortured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crate {
    /// Its name: that of the published crate, or of the example.
    pub(crate) name: String,
    /// What it is.
    pub(crate) what: String,
    /// Its folder, if it is an example.
    folder: Option<String>,
    /// Whether it has a global allocator of its own.
    #[serde(default)]
    pub(crate) allocator: bool,
    /// Whether each of its sites must be tortured or waived.
    #[serde(default)]
    pub(crate) covered: bool,
    /// What is known to break.
    #[serde(default)]
    pub(crate) theirs: Vec<Fault>,
    /// The version that is tortured; none of an example.
    #[serde(skip)]
    pub(crate) version: Option<String>,
}

/// A fault of the published crate's, which is no failure of ours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fault {
    /// The scenario that shows it.
    pub(crate) scenario: String,
    /// Whether that is run by hand alone, from the folder `by-hand`: it may not come to an end.
    #[serde(default)]
    by_hand: bool,
    /// The builds that show it, by name.
    pub(crate) builds: Vec<String>,
    /// The rules that it breaks.
    pub(crate) rules: Vec<String>,
    /// What the words of its smallest schedules have in common.
    pub(crate) at: Vec<String>,
    /// What is wrong, for the book.
    pub(crate) found: String,
    /// The smallest schedule that shows it, in words, for the book.
    pub(crate) smallest: String,
}

impl Fault {
    /// Whether that violation, of a scenario in a build, is this fault.
    pub(crate) fn is(&self, scenario: &str, build: Build, rule: &str, words: &str) -> bool {
        self.scenario == scenario
            && self.shows(build)
            && self.rules.iter().any(|one| one == rule)
            && self.at.iter().any(|one| words.contains(one))
    }

    /// Whether that build shows it, in every run.
    pub(crate) fn shows(&self, build: Build) -> bool {
        !self.by_hand && self.builds.iter().any(|name| name == build.name())
    }
}

impl Crate {
    /// The directory of the crate that has the exports.
    pub(crate) fn directory(&self, project: &Project) -> PathBuf {
        match &self.folder {
            Some(folder) => project.root.join(folder),
            None => project.root.join(FOLDER).join(&self.name),
        }
    }

    /// Its scenarios, in the order of their names.
    pub(crate) fn scenarios(&self, project: &Project) -> Result<Vec<PathBuf>, Error> {
        let folder = self.directory(project).join("torture");
        let entries =
            std::fs::read_dir(&folder).map_err(|error| Error::file(folder.clone(), error))?;
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ext| ext == "mjs"))
            .collect();
        files.sort();
        Ok(files)
    }
}

/// Reads the list, or those of these names.
pub(crate) fn read(project: &Project, names: &[String]) -> Result<Vec<Crate>, Error> {
    let path = format!("{FOLDER}/crates.toml");
    let list: List =
        toml::from_str(&project.read(&path)?).map_err(|error| Error::file(path.clone(), error))?;
    let mut crates = list.crates;
    let versions = versions(project)?;
    for one in &mut crates {
        one.version = versions.get(&one.name).and_then(version);
        if one.folder.is_none() && one.version.is_none() {
            let reason = format!("no version of {} that is pinned by `=`", one.name);
            return Err(Error::file(format!("{FOLDER}/Cargo.toml"), reason));
        }
    }
    let known = |name: &String| crates.iter().any(|one| one.name == *name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let known: Vec<_> = crates.iter().map(|one| &*one.name).collect();
        return Err(Error::Usage(format!(
            "there is no crate `{name}` here; --others takes {}",
            known.join(", ")
        )));
    }
    if !names.is_empty() {
        crates.retain(|one| names.contains(&one.name));
    }
    Ok(crates)
}

fn versions(project: &Project) -> Result<Table, Error> {
    let path = format!("{FOLDER}/Cargo.toml");
    let manifest: Table =
        toml::from_str(&project.read(&path)?).map_err(|error| Error::file(path.clone(), error))?;
    let of = |table: &Table, name: &str| table.get(name)?.as_table().cloned();
    let dependencies =
        of(&manifest, "workspace").and_then(|workspace| of(&workspace, "dependencies"));
    dependencies.ok_or_else(|| Error::file(path, "no workspace.dependencies"))
}

/// A version that is pinned.
fn version(dependency: &toml::Value) -> Option<String> {
    let text = match dependency {
        toml::Value::String(text) => text,
        table => table.get("version")?.as_str()?,
    };
    text.strip_prefix('=').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_the_list_has_scenarios_and_those_of_others_a_version() {
        let project = Project::find().unwrap();
        let crates = read(&project, &[]).unwrap();
        assert!(crates.iter().filter(|one| one.version.is_some()).count() >= 4);
        for one in &crates {
            let scenarios = one.scenarios(&project).unwrap();
            assert!(!scenarios.is_empty(), "{}", one.name);
            for fault in &one.theirs {
                let folder = if fault.by_hand { "by-hand" } else { "torture" };
                let file = format!("{folder}/{}.mjs", fault.scenario);
                let path = one.directory(&project).join(&file);
                assert!(path.exists(), "{}: {file}", one.name);
                let names = [Build::Exnref, Build::Legacy, Build::Abort].map(Build::name);
                assert!(fault.builds.iter().all(|name| names.contains(&&**name)));
            }
        }
        let wrong = read(&project, &["nope".to_owned()]).unwrap_err();
        assert!(wrong.to_string().contains("--others takes counter, room"));
    }

    #[test]
    fn a_fault_is_known_by_scenario_build_rule_and_place() {
        let fault: Fault = toml::from_str(
            "scenario = 'kept'\nbuilds = ['exnref']\nrules = ['invariant', 'leak']\nat = ['under lru_put']\n\
             found = ''\nsmallest = ''",
        )
        .unwrap();
        let words = "in put, at an allocation, under lru_put (point 3): it fails";
        assert!(fault.is("kept", Build::Exnref, "leak", words));
        assert!(!fault.is("kept", Build::Abort, "leak", words));
        assert!(!fault.is("kept", Build::Exnref, "next", words));
        assert!(!fault.is("other", Build::Exnref, "leak", words));
        assert!(!fault.is("kept", Build::Exnref, "leak", "under lru_get"));
    }
}
