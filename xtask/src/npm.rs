//! `cargo xtask npm`: `cargo recover` as npm packages, one for each platform with the program, and one
//! that has npm choose among them; and `create-recover`, by which `npm create recover` begins a crate.
//! What they are is in npm/; publishing them is left to who releases (npm/RELEASE.md).

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

/// The one behind `npm create recover`.
const CREATE: &str = "create-recover";

/// The scope of the packages with the programs, so that no name can be taken by another.
const SCOPE: &str = "@recover-rs";

/// The options of `npm`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The platforms to pack for, as npm/platforms.json names them [default: this machine's]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    platform: Vec<String>,

    /// And write the archives that `cargo binstall` downloads
    #[arg(long)]
    archives: bool,

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
    for tarball in pack(project, &options.platform, &out, None)? {
        say("wrote", &tarball.display().to_string());
    }
    if options.archives {
        let platforms = platforms(project)?;
        let own = [here()];
        let wanted = match options.platform.is_empty() {
            true => &own,
            false => &*options.platform,
        };
        for name in wanted {
            let target = &platforms[name].target;
            let written = archive(project, target, &program(project, target), &out)?;
            say("wrote", &written.display().to_string());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn platforms(project: &Project) -> Result<Platforms, Error> {
    serde_json::from_str(&project.read("npm/platforms.json")?)
        .map_err(|error| Error::Check(format!("npm/platforms.json: {error}")))
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

/// The tarballs for some platforms, those without a program last. `program` is packed in place of
/// one that is compiled for the platform.
pub(crate) fn pack(
    project: &Project,
    wanted: &[String],
    out: &Path,
    program: Option<&Path>,
) -> Result<Vec<PathBuf>, Error> {
    let platforms = platforms(project)?;
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
        let program = match program {
            Some(program) => program.to_owned(),
            None => build(project, &platform.target)?,
        };
        let package = format!("{SCOPE}/{name}");
        let manifest = json!({
            "name": package,
            "version": version,
            "description": format!("cargo recover for {name}"),
            "license": "MIT OR Apache-2.0",
            "repository": repository(),
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
        .map(|name| (format!("{SCOPE}/{name}"), version.clone()))
        .collect();
    let about = |name: &str, description: &str| {
        json!({
            "name": name,
            "version": version,
            "description": description,
            "keywords": ["rust", "wasm", "wasm-bindgen", "panic"],
            "license": "MIT OR Apache-2.0",
            "repository": repository(),
            "type": "module",
            "bin": { name: "bin.mjs" },
            "engines": { "node": ">=20" },
        })
    };
    let mut main = about(
        NAME,
        "cargo recover: exception-safe WebAssembly packages from Rust",
    );
    main["optionalDependencies"] = json!(optional);
    let mut create = about(
        CREATE,
        "Begins a Rust crate whose JavaScript survives its panics",
    );
    create["dependencies"] = json!({ NAME: version });
    for (name, manifest) in [(NAME, main), (CREATE, create)] {
        let directory = folder(project, name, &manifest)?;
        for file in ["bin.mjs", "README.md"] {
            copy(&project.root.join("npm").join(name).join(file), &directory)?;
        }
        tarballs.push(tarball(project, &directory, out)?);
    }
    Ok(tarballs)
}

fn repository() -> Value {
    let url = format!("git+{}.git", env!("CARGO_PKG_REPOSITORY"));
    json!({ "type": "git", "url": url })
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

/// The program for a target; where it is. Another system's is linked by zig, or by what cargo-xwin
/// downloads; npm/RELEASE.md says how to have them.
fn build(project: &Project, target: &str) -> Result<PathBuf, Error> {
    let stable = &project.pins.stable;
    project
        .cmd("rustup")
        .args(["target", "add", target, "--toolchain", stable])
        .run()?;
    let (task, tool): (&[&str], _) = match target {
        _ if is_own(target) => (&["build"], None),
        _ if target.ends_with("msvc") => (&["xwin", "build"], Some("cargo-xwin")),
        _ => (&["zigbuild"], Some("cargo-zigbuild")),
    };
    if let Some(tool) = tool
        && project.cmd(tool).arg("--version").quiet().is_err()
    {
        return Err(Error::Missing {
            what: format!("{tool} is not on the PATH, and links what is for {target}"),
            fix: format!("cargo install {tool} (npm/RELEASE.md says what else)"),
        });
    }
    project
        .cargo(stable)
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .args(task)
        .args(["--release", "--locked", "-p", "recover-cli", "--target"])
        .arg(target)
        .run()?;
    Ok(program(project, target))
}

/// Where the program for a target is, once it is built.
fn program(project: &Project, target: &str) -> PathBuf {
    let name = match target.contains("windows") {
        true => "cargo-recover.exe",
        false => "cargo-recover",
    };
    project.target.join(target).join("release").join(name)
}

/// Whether this machine's own linker is enough.
fn is_own(target: &str) -> bool {
    let os = match std::env::consts::OS {
        "macos" => "apple-darwin",
        other => other,
    };
    // A Mac links for both of its processors.
    target.contains(os) && (os == "apple-darwin" || target.starts_with(std::env::consts::ARCH))
}

/// What `cargo binstall` downloads: the program and the licence, by the name that recover-cli's
/// manifest gives.
fn archive(project: &Project, target: &str, program: &Path, out: &Path) -> Result<PathBuf, Error> {
    let path = out.join(format!("cargo-recover-{target}.tar.gz"));
    let directory = program.parent().unwrap_or(program);
    project
        .cmd("tar")
        .arg("-czf")
        .arg(&path)
        .arg("-C")
        .arg(directory)
        .arg(program.file_name().unwrap_or_default())
        .arg("-C")
        .arg(&project.root)
        .arg("LICENSE")
        .run()?;
    Ok(path)
}

/// An empty folder for a package, with its manifest.
fn folder(project: &Project, package: &str, manifest: &Value) -> Result<PathBuf, Error> {
    let directory = project.target.join("npm").join("packages").join(package);
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
