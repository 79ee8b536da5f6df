//! `cargo xtask npm`: `cargo recover` as npm packages, one for each platform with the program, and one
//! that has npm choose among them. What they are is in npm/; publishing them is left to who releases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::setup::{self, Piece};

/// The package that users install.
const NAME: &str = "cargo-recover";

/// The options of `npm`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The platforms to pack for, as npm/platforms.json names them [default: this machine's]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    platform: Vec<String>,

    /// Where the tarballs go [default: target/npm]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A platform, as npm and rustc name it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Platform {
    target: String,
    os: String,
    cpu: String,
}

type Platforms = BTreeMap<String, Platform>;

/// Packs, and prints the tarballs.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let out = match &options.out {
        Some(out) => std::path::absolute(out).map_err(|error| Error::file(out, error))?,
        None => project.target.join("npm"),
    };
    for tarball in pack(project, &options.platform, &out)? {
        say("wrote", &tarball.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// The platform of this machine, by npm's names.
fn here() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let cpu = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}-{cpu}")
}

/// The tarballs for some platforms, that of the package to install last.
pub(crate) fn pack(
    project: &Project,
    wanted: &[String],
    out: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let platforms: Platforms = serde_json::from_str(&project.read("npm/platforms.json")?)
        .map_err(|error| Error::Check(format!("npm/platforms.json: {error}")))?;
    let here = [here()];
    let wanted = if wanted.is_empty() { &here } else { wanted };
    if let Some(name) = wanted.iter().find(|name| !platforms.contains_key(*name)) {
        let names: Vec<_> = platforms.keys().map(String::as_str).collect();
        return Err(Error::Usage(format!(
            "there is no platform `{name}` in npm/platforms.json; --platform takes {}",
            names.join(", ")
        )));
    }
    setup::ensure(project, &[Piece::Stable, Piece::Node])?;
    let version = version(project)?;
    fs::create_dir_all(out).map_err(|error| Error::file(out, error))?;
    let mut tarballs = vec![];
    for name in wanted {
        let platform = &platforms[name];
        let program = build(project, &platform.target)?;
        let package = format!("{NAME}-{name}");
        let manifest = json!({
            "name": package,
            "version": version,
            "description": format!("cargo recover for {name}"),
            "license": "MIT OR Apache-2.0",
            "os": [platform.os],
            "cpu": [platform.cpu],
            "preferUnplugged": true,
        });
        let directory = folder(project, &package, &manifest)?;
        copy(&program, &directory)?;
        tarballs.push(tarball(project, &directory, out)?);
    }
    let optional: BTreeMap<_, _> = platforms
        .keys()
        .map(|name| (format!("{NAME}-{name}"), version.clone()))
        .collect();
    let manifest = json!({
        "name": NAME,
        "version": version,
        "description": "cargo recover: exception-safe WebAssembly packages from Rust",
        "keywords": ["rust", "wasm", "wasm-bindgen", "panic"],
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "bin": { NAME: "bin.js" },
        "engines": { "node": ">=20" },
        "optionalDependencies": optional,
    });
    let directory = folder(project, NAME, &manifest)?;
    for file in ["bin.js", "README.md"] {
        copy(&project.root.join("npm").join(NAME).join(file), &directory)?;
    }
    tarballs.push(tarball(project, &directory, out)?);
    Ok(tarballs)
}

/// The version that all crates have.
fn version(project: &Project) -> Result<String, Error> {
    let manifest: toml::Table = project
        .read("Cargo.toml")?
        .parse()
        .map_err(|error| Error::Check(format!("Cargo.toml: {error}")))?;
    let version = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    version
        .map(str::to_owned)
        .ok_or_else(|| Error::Check("Cargo.toml has no workspace.package.version".to_owned()))
}

/// The program for a target; where it is.
fn build(project: &Project, target: &str) -> Result<PathBuf, Error> {
    let stable = &project.pins.stable;
    project
        .cmd("rustup")
        .args(["target", "add", target, "--toolchain", stable])
        .run()?;
    project
        .cargo(stable)
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .args([
            "build",
            "--release",
            "-p",
            "recover-cli",
            "--target",
            target,
        ])
        .run()?;
    let name = match target.contains("windows") {
        true => "cargo-recover.exe",
        false => "cargo-recover",
    };
    Ok(project.target.join(target).join("release").join(name))
}

/// An empty folder for a package, with its manifest.
fn folder(project: &Project, package: &str, manifest: &Value) -> Result<PathBuf, Error> {
    let directory = project.target.join("npm").join(package);
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(|error| Error::file(&directory, error))?;
    }
    fs::create_dir_all(&directory).map_err(|error| Error::file(&directory, error))?;
    let path = directory.join("package.json");
    fs::write(&path, format!("{manifest:#}\n")).map_err(|error| Error::file(path, error))?;
    copy(&project.root.join("LICENSE"), &directory)?;
    Ok(directory)
}

fn copy(file: &Path, directory: &Path) -> Result<(), Error> {
    let name = file.file_name().unwrap_or_default();
    fs::copy(file, directory.join(name)).map_err(|error| Error::file(file, error))?;
    Ok(())
}

/// Has npm pack a folder.
fn tarball(project: &Project, directory: &Path, out: &Path) -> Result<PathBuf, Error> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let packed = project
        .cmd(program)
        .args(["pack", "--json", "--loglevel=error", "--pack-destination"])
        .arg(out)
        .arg(directory)
        .quiet()?;
    let listed: Value = serde_json::from_str(&packed.stdout)
        .map_err(|error| Error::Check(format!("npm pack is not understood: {error}")))?;
    // An array, or by the package's name, as npm's versions have it.
    let name = match &listed {
        Value::Array(all) => all.first().and_then(|one| one["filename"].as_str()),
        other => other
            .as_object()
            .and_then(|all| all.values().next())
            .and_then(|one| one["filename"].as_str()),
    };
    name.map(|name| out.join(name))
        .ok_or_else(|| Error::Check("npm pack names no file".to_owned()))
}
