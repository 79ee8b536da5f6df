//! The copy of the checkout in which mechanisms are taken out, below the target directory.
//!
//! It is kept, with a target directory of its own, so that the standard library is built
//! once; a file is written only where it differs, so that cargo builds only what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Cmd;
use crate::project::{Fixture, Project};

/// The copy.
#[derive(Debug)]
pub(crate) struct Tree {
    /// It, as a project.
    pub(crate) project: Project,
}

impl Tree {
    /// Makes the copy what the tracked files of the checkout are.
    pub(crate) fn sync(project: &Project) -> Result<Self, Error> {
        let root = project.target.join("unplug");
        let list = project.cmd("git").args(["ls-files", "-z"]).quiet()?;
        let files: BTreeSet<_> = list
            .stdout
            .split('\0')
            .filter(|one| !one.is_empty())
            .collect();
        if !list.success || files.is_empty() {
            return Err(Error::Check(
                "git ls-files finds nothing: this is no git checkout".to_owned(),
            ));
        }
        // One that is deleted, but not yet from the index, is not copied.
        let present = files
            .into_iter()
            .filter(|one| project.root.join(one).is_file());
        let present: BTreeSet<_> = present.map(PathBuf::from).collect();
        remove_others(&root, Path::new(""), &present)?;
        for file in &present {
            let from = project.root.join(file);
            let bytes = fs::read(&from).map_err(|error| Error::file(&from, error))?;
            write(&root.join(file), &bytes)?;
        }
        let moved = |fixture: &Fixture| {
            let below = fixture.directory.strip_prefix(&project.root);
            Fixture {
                name: fixture.name.clone(),
                feature: fixture.feature.clone(),
                directory: root.join(below.unwrap_or(&fixture.directory)),
            }
        };
        Ok(Tree {
            project: Project {
                target: root.join("target"),
                pins: project.pins.clone(),
                fixtures: project.fixtures.iter().map(moved).collect(),
                root,
            },
        })
    }

    /// cargo of a toolchain, in the copy.
    pub(crate) fn cargo(&self, toolchain: &str) -> Cmd {
        let cargo = self.project.cargo(toolchain);
        cargo.env("CARGO_TARGET_DIR", &self.project.target)
    }

    /// The text of a file.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.project.root.join(file)).ok()
    }

    /// Gives files other texts; the answer is what they had.
    pub(crate) fn put(
        &self,
        files: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut before = BTreeMap::new();
        for (file, text) in files {
            before.insert(file.clone(), self.read(file).unwrap_or_default());
            write(&self.project.root.join(file), text.as_bytes())?;
        }
        Ok(before)
    }
}

/// Writes a file, unless it is so already.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    let wrong = |error| Error::file(path, error);
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(wrong)?;
    fs::write(path, bytes).map_err(wrong)
}

/// Removes what is not of the checkout, but what was built.
fn remove_others(root: &Path, below: &Path, files: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(root.join(below)) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        let whole = root.join(&path);
        if whole.is_dir() {
            if path != Path::new("target") {
                remove_others(root, &path, files)?;
            }
        } else if !files.contains(&path) {
            fs::remove_file(&whole).map_err(|error| Error::file(whole, error))?;
        }
    }
    Ok(())
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(from).map_err(|error| Error::file(from, error))?;
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            let bytes = fs::read(&from).map_err(|error| Error::file(&from, error))?;
            write(&to, &bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_file_is_not_written() {
        let place = std::env::temp_dir().join(format!("unplug-{}", std::process::id()));
        let file = place.join("a/b");
        write(&file, b"one").unwrap();
        let age = || fs::metadata(&file).unwrap().modified().unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(old)
            .unwrap();
        write(&file, b"one").unwrap();
        assert_eq!(age(), old);
        write(&file, b"two").unwrap();
        assert_ne!(age(), old);
        copy(&place.join("a"), &place.join("c")).unwrap();
        assert_eq!(fs::read(place.join("c/b")).unwrap(), b"two");
        fs::write(place.join("target"), "").unwrap();
        fs::remove_file(place.join("target")).unwrap();
        fs::create_dir_all(place.join("target/kept")).unwrap();
        fs::write(place.join("target/kept/d"), "").unwrap();
        let files = BTreeSet::from([PathBuf::from("a/b")]);
        remove_others(&place, Path::new(""), &files).unwrap();
        assert!(file.exists() && place.join("target/kept/d").exists());
        assert!(!place.join("c/b").exists());
        fs::remove_dir_all(place).unwrap();
    }
}
