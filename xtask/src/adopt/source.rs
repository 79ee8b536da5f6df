//! The source of a published crate: fetched by cargo from the registry, at a locked version, and copied
//! below the target directory, once as it is and once adopted: by `cargo recover migrate`, as its maintainer
//! would do it. Nothing of it is kept anywhere else.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::project::Project;
use crate::recover::Recover;
use crate::setup::WASM;

/// A crate as tests/adopt/crates.toml names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Crate {
    /// Its name in the registry.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Features beyond the default ones.
    #[serde(default)]
    pub(crate) features: Vec<String>,
    /// Whether the default features are left out.
    #[serde(default)]
    pub(crate) no_default_features: bool,
    /// One of the two smallest: in the test command without `--full`.
    #[serde(default)]
    pub(crate) small: bool,
    /// What both sides need to be built at all, so that it is no line of the adoption.
    #[serde(default)]
    pub(crate) both: Vec<Edit>,
    /// What the adoption needs beyond `cargo recover migrate`.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
}

/// A text in a file of a crate, and what it becomes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// The file, below the crate's directory.
    pub(crate) file: String,
    /// A text that it has once.
    pub(crate) find: String,
    /// What it becomes.
    pub(crate) replace: String,
}

/// The two sources of a crate, ready to be built.
#[derive(Debug)]
pub(crate) struct Sources {
    /// As it was published.
    pub(crate) plain: PathBuf,
    /// Adopted.
    pub(crate) ours: PathBuf,
    /// How many lines the adoption changed where the word of an attribute stands.
    pub(crate) words: usize,
    /// And how many others, the dependency and the line at the root among them.
    pub(crate) lines: usize,
}

/// Fetches a crate and writes both of its sources.
pub(crate) fn prepare(
    project: &Project,
    recover: &Recover<'_>,
    one: &Crate,
) -> Result<Sources, Error> {
    let directory = project.target.join("adopt").join(&one.name);
    let fetched = fetch(project, one, &directory.join("fetch"))?;
    let (plain, ours) = (directory.join("plain"), directory.join("ours"));
    let lock = fs::read_to_string(lock(project, one))
        .map_err(|error| Error::file(lock(project, one), error))?;
    let mut before = Tree::read(&fetched)?;
    before.edit(&one.both)?;
    before.append("Cargo.toml", "\n[workspace]\n")?;
    before.write(&plain, &lock)?;
    // Not in its place: what comes out as before is not compiled again.
    let scratch = directory.join("migrate");
    let _ = fs::remove_dir_all(&scratch);
    before.write(&scratch, &lock)?;
    let migrate = project
        .cmd(recover.program())
        .args(["recover", "migrate", "--allow-dirty", "--runtime-path"])
        .arg(project.root.join("recover-runtime"));
    migrate.arg("--quiet").arg(&scratch).run()?;
    let mut after = Tree::read(&scratch)?;
    after.edit(&one.edits)?;
    after.write(&ours, &lock)?;
    let (mut words, mut lines) = (0, 0);
    for ((_, after), (_, before)) in after.files.iter().zip(&before.files) {
        if let (Some(after), Some(before)) = (after, before) {
            for line in changed(before, after) {
                match line.contains("recoverable") {
                    true => words += 1,
                    false => lines += 1,
                }
            }
        }
    }
    Ok(Sources {
        plain,
        ours,
        words,
        lines,
    })
}

/// The lines of `after` that are not in `before`, as a diff shows them where lines are changed in place.
fn changed<'a>(before: &str, after: &'a str) -> Vec<&'a str> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for line in before.lines() {
        *left.entry(line).or_default() += 1;
    }
    let lines = after.lines().filter(|line| match left.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => !line.is_empty(),
    });
    lines.collect()
}

fn lock(project: &Project, one: &Crate) -> PathBuf {
    project
        .root
        .join("tests/adopt/locks")
        .join(format!("{}.lock", one.name))
}

/// Has cargo fetch the crate and what it depends on, as locked; where its source is.
fn fetch(project: &Project, one: &Crate, directory: &Path) -> Result<PathBuf, Error> {
    let Crate {
        name,
        version,
        features,
        ..
    } = one;
    // With its features: what else it may use is not in the lock.
    let defaults = !one.no_default_features;
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies.{name}]\nversion = \"={version}\"\nfeatures = {features:?}\ndefault-features = {defaults}\n\n[workspace]\n"
    );
    fs::create_dir_all(directory.join("src")).map_err(|error| Error::file(directory, error))?;
    write(&directory.join("Cargo.toml"), manifest.as_bytes())?;
    write(&directory.join("src").join("lib.rs"), b"")?;
    let lock = lock(project, one);
    if lock.exists() {
        let text = fs::read(&lock).map_err(|error| Error::file(&lock, error))?;
        write(&directory.join("Cargo.lock"), &text)?;
    }
    let manifest = directory.join("Cargo.toml");
    let cargo = |task: &str| {
        project
            .cargo(&project.pins.stable)
            .arg(task)
            .arg("--manifest-path")
            .arg(&manifest)
    };
    cargo("fetch").args(["--locked", "--target", WASM]).run()?;
    let metadata =
        cargo("metadata").args(["--locked", "--format-version=1", "--filter-platform", WASM]);
    let metadata: Value = serde_json::from_str(&metadata.quiet()?.stdout)
        .map_err(|error| Error::Check(format!("cargo metadata is not understood: {error}")))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| package["name"] == **name)
        .find_map(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .map(Path::to_owned)
        .ok_or_else(|| Error::Check(format!("cargo fetched no {name} {version}")))
}

/// The files of a crate; the text of those that are text.
struct Tree {
    from: PathBuf,
    files: Vec<(PathBuf, Option<String>)>,
}

impl Tree {
    fn read(from: &Path) -> Result<Self, Error> {
        let mut files = vec![];
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            let here = from.join(&directory);
            for entry in fs::read_dir(&here).map_err(|error| Error::file(&here, error))? {
                let entry = entry.map_err(|error| Error::file(&here, error))?;
                let path = directory.join(entry.file_name());
                if entry.path().is_dir() {
                    directories.push(path);
                } else if !matches!(
                    path.to_str(),
                    Some("Cargo.toml.orig" | "Cargo.lock" | ".cargo-ok")
                ) {
                    files.push((path, fs::read_to_string(entry.path()).ok()));
                }
            }
        }
        files.sort();
        Ok(Self {
            from: from.to_owned(),
            files,
        })
    }

    fn text(&mut self, file: &str) -> Result<&mut String, Error> {
        let found = self
            .files
            .iter_mut()
            .find(|(path, _)| path == Path::new(file));
        found
            .and_then(|(_, text)| text.as_mut())
            .ok_or_else(|| Error::file(self.from.join(file), "the crate has no such text"))
    }

    fn append(&mut self, file: &str, more: &str) -> Result<(), Error> {
        self.text(file)?.push_str(more);
        Ok(())
    }

    fn edit(&mut self, edits: &[Edit]) -> Result<(), Error> {
        for Edit {
            file,
            find,
            replace,
            ..
        } in edits
        {
            let path = self.from.join(file);
            let text = self.text(file)?;
            if text.matches(find.as_str()).count() != 1 {
                return Err(Error::file(path, format!("this is not there once: {find}")));
            }
            *text = text.replacen(find.as_str(), replace, 1);
        }
        Ok(())
    }

    /// Writes what differs: what is as it was is not compiled again.
    fn write(&self, to: &Path, lock: &str) -> Result<(), Error> {
        for (path, text) in &self.files {
            let bytes = match text {
                Some(text) => text.clone().into_bytes(),
                None => fs::read(self.from.join(path))
                    .map_err(|error| Error::file(self.from.join(path), error))?,
            };
            write(&to.join(path), &bytes)?;
        }
        let own = to.join("Cargo.lock");
        match own.exists() {
            true => Ok(()),
            false => write(&own, lock.as_bytes()),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::file(parent, error))?;
    }
    fs::write(path, bytes).map_err(|error| Error::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_changed_are_counted_where_they_stand() {
        let (before, after) = ("a\nb\nb\n", "a\nb\n\nc\nb\nb\n");
        assert_eq!(changed(before, after), ["c", "b"]);
    }
}
