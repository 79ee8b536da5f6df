//! Writes a template into a directory that is not there yet, all of it or nothing.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::probe;
use super::say::say;
use crate::doctor;
use crate::error::Error;
use crate::new::{NewOptions, Runtime, Template, check_name};
use crate::options::Strategy;
use crate::pins::{TRIPLE, pins};

/// Makes the project, and says what to type next; the answer says the same as a document.
pub(crate) fn new(options: &NewOptions) -> Result<Value, Error> {
    let template = Template::named(&options.template)?;
    let directory = std::path::absolute(&options.path).map_err(Error::io("find", &options.path))?;
    let last = directory.file_name().unwrap_or_default().to_string_lossy();
    let name = options.name.as_deref().unwrap_or(&last);
    check_name(name)?;
    let runtime = runtime(
        options.runtime_path.as_deref(),
        options.runtime_git.as_deref(),
    )?;
    free(&options.path, &directory)?;
    let parent = directory.parent().unwrap_or(&directory);
    let mut files = template.rendered(name, &runtime);
    if is_in_workspace(parent) {
        let manifest = files.iter_mut().find(|(path, _)| *path == "Cargo.toml");
        manifest.into_iter().for_each(|(_, text)| *text += ALONE);
    }
    write(&directory, &files)?;
    for (path, _) in &files {
        say("wrote", &options.path.join(path).display().to_string());
    }
    let mut next = vec![format!("cd {}", options.path.display())];
    let nightly = &pins().nightly;
    match probe::can_unwind(nightly) {
        Ok(true) => {}
        Ok(false) => next.push(doctor::install_toolchain(nightly, Strategy::Unwind, TRIPLE)),
        Err(error) => say("note", &error.to_string()),
    }
    next.extend(template.next().iter().map(|&command| command.to_owned()));
    for command in &next {
        say("next", command);
    }
    Ok(json!({
        "type": "new",
        "template": template.name(),
        "name": name,
        "directory": directory,
        "files": files.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        "next": next,
    }))
}

/// Where the crate gets its runtime, as the options say.
pub(super) fn runtime(path: Option<&Path>, git: Option<&str>) -> Result<Runtime, Error> {
    if let Some(url) = git {
        return Ok(Runtime::Git(url.to_owned()));
    }
    let Some(path) = path else {
        return Ok(Runtime::Released);
    };
    let manifest = path.join("Cargo.toml");
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    if package.and_then(toml::Value::as_str) != Some("recover-runtime") {
        return Err(Error::NoRuntime(path.to_owned()));
    }
    let path = std::path::absolute(path).map_err(Error::io("find", path))?;
    Ok(Runtime::Path(path))
}

/// Refuses a directory that has something in it.
fn free(given: &Path, directory: &Path) -> Result<(), Error> {
    let empty = || fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    if !directory.exists() || empty() {
        return Ok(());
    }
    Err(match directory.join("Cargo.toml").exists() {
        true => Error::CrateExists(given.to_owned()),
        false => Error::Exists(given.to_owned()),
    })
}

/// Without it, cargo looks for the crate among the members of the workspace above, and refuses it.
const ALONE: &str = "\n# Not a member of the workspace above.\n[workspace]\n";

/// Whether cargo would take a crate below `directory` for a member of a workspace.
fn is_in_workspace(directory: &Path) -> bool {
    directory.ancestors().any(|above| {
        let text = fs::read_to_string(above.join("Cargo.toml")).unwrap_or_default();
        let table: Option<toml::Table> = text.parse().ok();
        table.is_some_and(|table| table.contains_key("workspace"))
    })
}

/// Writes beside the directory first: what can't be written to the end is not there at all.
fn write(directory: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let scratch = directory.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fill(&scratch, files).and_then(|()| {
        // Empty, or `free` would have refused it.
        if directory.exists() {
            fs::remove_dir(directory).map_err(Error::io("replace", directory))?;
        }
        fs::rename(&scratch, directory).map_err(Error::io("write", directory))
    });
    if written.is_err() {
        let _ = fs::remove_dir_all(&scratch);
    }
    written
}

fn fill(directory: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    for (name, text) in files {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    Ok(())
}
