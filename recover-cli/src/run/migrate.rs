//! Brings a crate of wasm-bindgen over: all of the change or none of it, and only where git has
//! what was there before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::new::runtime;
use super::say::say;
use crate::error::Error;
use crate::migrate::{self, MigrateOptions};

/// A file, what it holds and what it shall.
struct Edit {
    path: PathBuf,
    before: String,
    after: String,
    /// What is said of it.
    about: String,
}

/// Changes the crate, and says what to type next; the answer says the same as a document.
pub(crate) fn migrate(options: &MigrateOptions) -> Result<Value, Error> {
    let given = options.path.clone().unwrap_or_else(|| ".".into());
    let directory = given.as_path();
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(Error::NoManifest {
            place: format!("at `{}`", manifest.display()),
        });
    }
    let runtime = runtime(
        options.runtime_path.as_deref(),
        options.runtime_git.as_deref(),
    )?;
    let (edits, notes) = edits(directory, &manifest, &runtime.requirement(&[]))?;
    if !options.allow_dirty && !options.dry_run {
        require_clean(directory)?;
    }
    if !options.dry_run {
        apply(&edits)?;
    }
    let verb = if options.dry_run { "would" } else { "wrote" };
    for edit in &edits {
        say(verb, &format!("{}: {}", edit.path.display(), edit.about));
    }
    for note in &notes {
        say("note", note);
    }
    if !options.dry_run {
        say("next", "git diff");
        say("next", "cargo recover build");
    }
    let files = edits.iter();
    let files = files.map(|edit| json!({ "path": edit.path, "change": edit.about }));
    Ok(json!({
        "type": "migrate",
        "changed": !options.dry_run,
        "files": files.collect::<Vec<_>>(),
        "notes": notes,
    }))
}

/// What is to change, and what the user should know.
fn edits(
    directory: &Path,
    manifest: &Path,
    requirement: &str,
) -> Result<(Vec<Edit>, Vec<String>), Error> {
    let text = read(manifest)?;
    let changed = migrate::manifest(&text, requirement)?;
    let root = directory.join(&changed.root);
    let mut edits = vec![Edit {
        path: manifest.to_owned(),
        before: text,
        after: changed.text,
        about: "the dependency on recover-runtime".to_owned(),
    }];
    let mut notes = vec![];
    let mut sources = vec![];
    list(root.parent().unwrap_or(directory), &mut sources)?;
    sources.sort();
    let mut attributes = 0;
    for path in sources {
        let before = read(&path)?;
        let unreadable = |reason| Error::Unreadable {
            path: path.clone(),
            reason,
        };
        let is_root = path == root;
        let changed = match migrate::attributes(&before) {
            Ok(changed) => changed,
            // No module of the crate, or it would not compile: a template, a test's data.
            Err(_) if !is_root => continue,
            Err(reason) => return Err(unreadable(reason)),
        };
        if changed.in_macro {
            notes.push(format!(
                "{}: a macro writes #[wasm_bindgen] itself, and was left: change the word there by hand",
                path.display()
            ));
        }
        attributes += changed.attributes;
        let mut after = changed.text;
        let mut about = match changed.attributes {
            1 => "1 attribute".to_owned(),
            count => format!("{count} attributes"),
        };
        if is_root {
            after = migrate::root(&after).map_err(unreadable)?;
            about += ", and `extern crate recover_runtime`";
        }
        if after != before {
            edits.push(Edit {
                path,
                before,
                after,
                about,
            });
        }
    }
    if !edits.iter().any(|edit| edit.path == root) {
        return Err(Error::NoManifest {
            place: format!("with a library at `{}`", root.display()),
        });
    }
    if attributes == 0 {
        return Err(Error::NothingToMigrate(directory.display().to_string()));
    }
    Ok((edits, notes))
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::io("read", path))
}

/// The sources below a directory.
fn list(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry.map_err(Error::io("list", directory))?;
        let kind = entry.file_type().map_err(Error::io("list", directory))?;
        let path = entry.path();
        let name = entry.file_name();
        // What is built, installed or hidden is no source; a link may lead out of the crate.
        let skipped =
            name == "target" || name == "node_modules" || name.as_encoded_bytes()[0] == b'.';
        if kind.is_dir() && !skipped {
            list(&path, found)?;
        } else if kind.is_file() && migrate::is_source(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Refuses a crate that git could not bring back.
fn require_clean(directory: &Path) -> Result<(), Error> {
    let status = Command::new("git")
        .args(["status", "--porcelain", "--", "."])
        .current_dir(directory)
        .output();
    let status = status.ok().filter(|output| output.status.success());
    let Some(status) = status else {
        return Err(Error::NoGit(directory.to_owned()));
    };
    match status.stdout.is_empty() {
        true => Ok(()),
        false => Err(Error::Dirty(directory.to_owned())),
    }
}

/// Writes every file beside its place first. If one can't take it after all, the others are put back.
fn apply(edits: &[Edit]) -> Result<(), Error> {
    let scratch = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.{}", std::process::id()))
    };
    let mut done = 0;
    let result = edits
        .iter()
        .try_for_each(|edit| {
            let path = scratch(&edit.path);
            let mode = fs::metadata(&edit.path).map_err(Error::io("read", &edit.path))?;
            fs::write(&path, &edit.after).map_err(Error::io("write", &path))?;
            fs::set_permissions(&path, mode.permissions()).map_err(Error::io("write", &path))
        })
        .and_then(|()| {
            edits.iter().try_for_each(|edit| {
                fs::rename(scratch(&edit.path), &edit.path)
                    .map_err(Error::io("write", &edit.path))?;
                done += 1;
                Ok(())
            })
        });
    if result.is_err() {
        for edit in edits {
            let _ = fs::remove_file(scratch(&edit.path));
        }
        for edit in &edits[..done] {
            let _ = fs::write(&edit.path, &edit.before);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_all_as_they_were() {
        let directory = std::env::temp_dir().join(format!("recover-apply-{}", std::process::id()));
        fs::create_dir_all(directory.join("b")).unwrap();
        fs::write(directory.join("a"), "before").unwrap();
        fs::write(directory.join("b/kept"), "").unwrap();
        let edit = |name: &str| Edit {
            path: directory.join(name),
            before: "before".into(),
            after: "after".into(),
            about: String::new(),
        };
        // A directory with something in it takes no file's place, and one that is not there none at all.
        for second in ["b", "c"] {
            assert!(apply(&[edit("a"), edit(second)]).is_err());
            assert_eq!(read(&directory.join("a")).unwrap(), "before");
            let entries = fs::read_dir(&directory).unwrap().count();
            assert_eq!(entries, 2, "something was left");
        }
        apply(&[edit("a")]).unwrap();
        assert_eq!(read(&directory.join("a")).unwrap(), "after");
        fs::remove_dir_all(&directory).unwrap();
    }
}
