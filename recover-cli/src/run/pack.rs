//! Makes the package to publish: a web build, the ways into it, and what npm shows of the crate.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::say::{say, shown};
use super::{build, probe};
use crate::component_error::ComponentError;
use crate::error::{Error, one_line};
use crate::metadata::Package;
use crate::options::{PackOptions, Product, Target};
use crate::pack::{self, About};
use crate::package_json;
use crate::pins::pins;

const PACKAGE_JSON: &str = "package.json";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Builds, and writes the package and its tarball; the answer says what was written, as a document.
pub(crate) fn pack(options: &PackOptions) -> Result<Value, Error> {
    let mut options = options.clone();
    match options.build.target {
        Product::Package(Target::Web) => {}
        Product::Package(target) => return Err(Error::PackTarget(target.name())),
        Product::Component => return Err(ComponentError::Packed.into()),
    }
    let facts = probe::facts(&options.build, pins())?;
    let package = facts.metadata.select(options.build.package.as_deref())?;
    let about = about(package, options.scope.as_deref())?;
    let directory = package.manifest_path.parent().unwrap_or(Path::new("."));
    let out = match &options.build.out_dir {
        Some(out) => facts.user_directory.join(out),
        None => directory.join("npm"),
    };
    // Before the build, which takes longer than to say so.
    let manifest = out.join(PACKAGE_JSON);
    if fs::read_to_string(&manifest).is_ok_and(|text| !package_json::is_ours(&text)) {
        return Err(Error::ForeignPackage(shown(&out)));
    }
    if !options.no_tarball {
        version_of_npm()?;
    }
    options.build.out_dir = Some(out.clone());
    build(&options.build)?;
    if options.build.dry_run {
        println!("write {}", shown(&manifest));
        return Ok(Value::Null);
    }
    let library = package.cdylib().unwrap_or_default();
    let stem = options.build.out_name.as_deref().unwrap_or(&library);
    let written = fs::read_to_string(&manifest).map_err(Error::io("read", &manifest))?;
    let dependencies = package_json::dependencies(&written);
    let mut files = package_json::files(&written);
    for (name, text) in pack::entries(stem) {
        write(&out.join(&name), &text)?;
        files.push(name);
    }
    files.sort();
    let build = package_json::build(&written);
    let text = pack::package_json(&about, stem, &files, &dependencies, &build);
    write(&manifest, &text)?;
    readme(package, directory, &about, stem, &out)?;
    let licences = licences(&[directory, &facts.metadata.workspace_root], &out)?;
    let mut notes = pack::lacks(&about);
    if about.license.is_some() && licences == 0 {
        notes.push(
            "the package has no text of its licence: put a LICENSE beside Cargo.toml".to_owned(),
        );
    }
    for note in &notes {
        say("note", note);
    }
    let mut document = json!({
        "type": "pack",
        "package": about.name,
        "version": about.version,
        "build": build,
        "directory": out,
        "files": files,
        "notes": notes,
    });
    if !options.no_tarball {
        let (tarball, size) = tarball(&out)?;
        say("wrote", &format!("{size:>9} B  {}", shown(&tarball)));
        say("next", &format!("npm publish {}", shown(&tarball)));
        document["tarball"] = json!(tarball);
    }
    Ok(document)
}

fn about(package: &Package, scope: Option<&str>) -> Result<About, Error> {
    Ok(About {
        name: pack::scoped(&package.name, scope)?,
        version: package.version.clone(),
        description: package.description.clone(),
        keywords: package.keywords.clone(),
        license: package.license.clone(),
        repository: package.repository.clone(),
        homepage: package.homepage.clone(),
    })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io("write", path))?;
    say("wrote", &format!("{:>9} B  {}", text.len(), shown(path)));
    Ok(())
}

/// The crate's own, or one that says how the package is used.
fn readme(
    package: &Package,
    directory: &Path,
    about: &About,
    stem: &str,
    out: &Path,
) -> Result<(), Error> {
    let text = match &package.readme {
        Some(file) => {
            let path = directory.join(file);
            fs::read_to_string(&path).map_err(Error::io("read", &path))?
        }
        None => pack::readme(about, stem),
    };
    write(&out.join("README.md"), &text)
}

/// How the names of such files begin.
const LICENCES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

/// Copies the licences of the first directory that has any.
fn licences(directories: &[&Path], out: &Path) -> Result<usize, Error> {
    for directory in directories {
        let mut count = 0;
        let entries = fs::read_dir(directory).map_err(Error::io("list", *directory))?;
        for entry in entries {
            let path = entry.map_err(Error::io("list", *directory))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let upper = name.to_uppercase();
            let begins = |word: &&str| upper.starts_with(*word);
            if path.is_file() && LICENCES.iter().any(begins) {
                fs::copy(&path, out.join(&*name)).map_err(Error::io("write", out))?;
                count += 1;
            }
        }
        if count > 0 {
            return Ok(count);
        }
    }
    Ok(0)
}

/// Refuses to begin where no npm could end it.
fn version_of_npm() -> Result<(), Error> {
    let output = Command::new(NPM).arg("--version").output();
    match output.map_err(|error| error.kind()) {
        Err(io::ErrorKind::NotFound) => Err(Error::NoNpm),
        _ => Ok(()),
    }
}

/// Has npm pack the directory, into it.
fn tarball(out: &Path) -> Result<(PathBuf, u64), Error> {
    let output = Command::new(NPM)
        .args(["pack", "--json", "--loglevel=error"])
        .current_dir(out)
        .output()
        .map_err(Error::io("start", NPM))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Error::NpmPack(one_line(&text)));
    }
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    // An array, or an object by the package's name, as npm's versions have it.
    let first = match &listed {
        Value::Array(all) => all.first(),
        other => other.as_object().and_then(|all| all.values().next()),
    };
    let name = first.and_then(|one| one["filename"].as_str());
    let name = name.ok_or_else(|| Error::NpmPack("it names no file".to_owned()))?;
    let path = out.join(name);
    let size = fs::metadata(&path).map_err(Error::io("read", &path))?.len();
    Ok((path, size))
}
