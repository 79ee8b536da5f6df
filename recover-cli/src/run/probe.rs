//! Gathers the facts: asks rustup, rustc and cargo, each at most once.
//!
//! Nothing is decided here beyond "is it there".

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::str::FromStr;

use cargo_platform::Cfg;
use serde_json::Value;

use super::program;
use crate::call::Call;
use crate::compile;
use crate::doctor::{self, CrateHealth, Engines, Health, ToolchainHealth};
use crate::error::{Error, one_line};
use crate::facts::Facts;
use crate::metadata::{Metadata, Package};
use crate::options::{BuildOptions, CheckOptions, DoctorOptions, Product, Strategy};
use crate::pins::{COMPONENT, Pins, TRIPLE};
use crate::plan;
use crate::requirement;

/// What is known of an installed toolchain.
struct Toolchain {
    cfgs: Vec<Cfg>,
    has_target: bool,
    has_source: bool,
    makes_components: bool,
}

/// All that the plan of a build needs.
pub(super) fn facts(options: &BuildOptions, pins: &Pins) -> Result<Facts, Error> {
    let user_directory = std::env::current_dir().map_err(Error::io("read", "."))?;
    let (directory, manifest) = locate(options, &user_directory)?;
    let name = compile::toolchain(options, pins);
    let triple = options.target.triple();
    let toolchain = toolchain(name, &directory, triple)?.ok_or_else(|| Error::NoToolchain {
        toolchain: name.to_owned(),
        command: doctor::install_toolchain(name, options.strategy, triple),
    })?;
    if options.toolchain.is_some() && options.strategy == Strategy::Unwind {
        require_nightly(name, &directory)?;
    }
    require_components(name, &toolchain, options.strategy, options.target)?;

    let (config_arguments, graph_arguments) = plan::query_arguments(options);
    let metadata = metadata(name, triple, &directory, &manifest, &graph_arguments, pins)?;
    let config = configuration(name, &directory, &config_arguments)?;
    let root_manifest = metadata.workspace_root.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&root_manifest).map_err(Error::io("read", &root_manifest))?;
    let manifest =
        toml::from_str(&text).map_err(|error| Error::Metadata(one_line(error.message())))?;
    Ok(Facts {
        directory,
        user_directory,
        vars: vars(),
        cfgs: toolchain.cfgs,
        config,
        manifest,
        metadata,
        program: std::env::current_exe().map_err(Error::io("find", "cargo-recover"))?,
    })
}

fn vars() -> BTreeMap<String, String> {
    let vars = std::env::vars_os();
    vars.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Where cargo shall run, and the manifest it shall read.
fn locate(options: &BuildOptions, here: &Path) -> Result<(PathBuf, PathBuf), Error> {
    if let Some(manifest) = &options.manifest_path {
        let manifest = here.join(manifest);
        return existing(&manifest).map(|()| (here.to_owned(), manifest));
    }
    if let Some(path) = &options.path {
        let path = here.join(path);
        let manifest = if path.ends_with("Cargo.toml") {
            path
        } else {
            path.join("Cargo.toml")
        };
        existing(&manifest)?;
        // cargo reads its configuration from where it runs: the crate's counts.
        let directory = manifest.parent().unwrap_or(here).to_owned();
        return Ok((directory, manifest));
    }
    let manifest = search(here).ok_or_else(|| Error::NoManifest {
        place: "here or in the directories above".to_owned(),
    })?;
    Ok((here.to_owned(), manifest))
}

fn existing(manifest: &Path) -> Result<(), Error> {
    if manifest.is_file() {
        return Ok(());
    }
    Err(Error::NoManifest {
        place: format!("at `{}`", manifest.display()),
    })
}

fn search(from: &Path) -> Option<PathBuf> {
    let mut manifests = from.ancestors().map(|parent| parent.join("Cargo.toml"));
    manifests.find(|manifest| manifest.is_file())
}

fn run(call: &Call) -> Result<Output, Error> {
    // A toolchain is never installed behind the user's back.
    let output = super::command::command(call)
        .env("RUSTUP_AUTO_INSTALL", "0")
        .output();
    output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if call.program == "rustup" => Error::NoRustup,
        _ => Error::io("start", &call.program)(error),
    })
}

/// `None` where the toolchain is not installed.
fn toolchain(name: &str, directory: &Path, triple: &str) -> Result<Option<Toolchain>, Error> {
    let tool = [
        "rustc",
        "--print=sysroot",
        "--print=cfg",
        "--target",
        triple,
    ];
    let output = run(&Call::rustup(name, &tool, directory))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let (true, Some(sysroot)) = (output.status.success(), lines.next()) else {
        return Ok(None);
    };
    let library = Path::new(sysroot).join("lib/rustlib");
    Ok(Some(Toolchain {
        cfgs: lines.filter_map(|line| Cfg::from_str(line).ok()).collect(),
        has_target: library.join(triple).join("lib").is_dir(),
        makes_components: library.join(COMPONENT).join("lib").is_dir(),
        has_source: library.join("src/rust/library/std/Cargo.toml").is_file(),
    }))
}

/// Whether a toolchain is there with all that an unwind build needs.
pub(super) fn can_unwind(name: &str) -> Result<bool, Error> {
    let found = toolchain(name, Path::new("."), TRIPLE)?;
    Ok(found.is_some_and(|found| found.has_source))
}

/// An unwind build uses what only a nightly has, or whoever pretends to be one.
fn require_nightly(name: &str, directory: &Path) -> Result<(), Error> {
    let output = run(&Call::rustup(name, &["rustc", "--version"], directory))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let nightly = ["-nightly", "-dev"]
        .iter()
        .any(|kind| version.contains(kind));
    match nightly || std::env::var_os("RUSTC_BOOTSTRAP").is_some() {
        true => Ok(()),
        false => Err(Error::NoNightly(name.to_owned())),
    }
}

/// An unwind build compiles std from source; an abort build takes the shipped one. WASI's C library is shipped alone.
fn require_components(
    name: &str,
    toolchain: &Toolchain,
    strategy: Strategy,
    product: Product,
) -> Result<(), Error> {
    let source = (
        toolchain.has_source,
        "rust-src",
        doctor::install_source(name),
    );
    let triple = product.triple();
    let target = (
        toolchain.has_target,
        triple,
        doctor::install_target(name, triple),
    );
    let (there, what, command) = match (strategy, product) {
        (Strategy::Unwind, Product::Component) if source.0 => target,
        (Strategy::Unwind, _) => source,
        (Strategy::Abort, _) => target,
    };
    if there {
        return Ok(());
    }
    Err(Error::NoComponent {
        toolchain: name.to_owned(),
        what,
        command,
    })
}

/// cargo's answer to a question about the crate.
fn ask(call: &Call) -> Result<String, Error> {
    let output = run(call)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let text = one_line(&text);
    Err(Error::Metadata(
        text.trim_start_matches("error: ").to_owned(),
    ))
}

fn metadata(
    name: &str,
    triple: &str,
    directory: &Path,
    manifest: &Path,
    arguments: &[String],
    pins: &Pins,
) -> Result<Metadata, Error> {
    let manifest = manifest.to_string_lossy();
    let mut tool = vec!["cargo", "metadata", "--format-version=1"];
    tool.extend(["--filter-platform", triple, "--manifest-path", &*manifest]);
    let mut call = Call::rustup(name, &tool, directory);
    call.arguments.extend(arguments.iter().cloned());
    let clashes = |text: &str| {
        text.contains("failed to select a version for") && text.contains("`wasm-bindgen")
    };
    match ask(&call) {
        Err(Error::Metadata(reason)) if clashes(&reason) => Err(Error::RequirementClash {
            oldest: pins.oldest_wasm_bindgen.clone(),
            pinned: pins.wasm_bindgen.clone(),
            command: requirement::loosen(&reason, pins),
            reason: requirement::ruled_out_by(&reason),
        }),
        answer => Metadata::parse(&answer?),
    }
}

/// cargo's merged configuration, includes and `--config` arguments and all.
///
/// The query is unstable; its switch is set for this one read-only call, so that
/// it answers on stable too.
fn configuration(name: &str, directory: &Path, arguments: &[String]) -> Result<Value, Error> {
    let tool = [
        "cargo",
        "-Zunstable-options",
        "config",
        "get",
        "--format=json",
    ];
    let mut call = Call::rustup(name, &tool, directory);
    call.arguments.extend(arguments.iter().cloned());
    call.environment = vec![("RUSTC_BOOTSTRAP".to_owned(), Some("1".to_owned()))];
    serde_json::from_str(&ask(&call)?).map_err(|error| Error::Metadata(error.to_string()))
}

/// The source of a crate.
pub(super) struct Sources {
    /// The file that its library begins with.
    pub(super) root: PathBuf,
    /// Where its Cargo.toml is.
    pub(super) directory: PathBuf,
    /// What is set when it is compiled.
    pub(super) cfgs: Vec<Cfg>,
}

/// Where the source of a crate is.
pub(super) fn source(options: &CheckOptions, pins: &Pins) -> Result<Sources, Error> {
    let build = options.build();
    let here = std::env::current_dir().map_err(Error::io("read", "."))?;
    let (directory, manifest) = locate(&build, &here)?;
    // Whichever is there: nothing is compiled.
    let (name, toolchain) = match toolchain(&pins.nightly, &directory, TRIPLE)? {
        Some(found) => (&pins.nightly, found),
        None => match toolchain(&pins.stable, &directory, TRIPLE)? {
            Some(found) => (&pins.stable, found),
            None => {
                return Err(Error::NoToolchain {
                    toolchain: pins.nightly.clone(),
                    command: doctor::install_toolchain(&pins.nightly, Strategy::Unwind, TRIPLE),
                });
            }
        },
    };
    let (_, arguments) = plan::query_arguments(&build);
    let metadata = metadata(name, TRIPLE, &directory, &manifest, &arguments, pins)?;
    let package = metadata.select(options.package.as_deref())?;
    sources(&metadata, package, toolchain.cfgs)
}

/// The source of a package, compiled with `cfgs` and its features.
pub(super) fn sources(
    metadata: &Metadata,
    package: &Package,
    mut cfgs: Vec<Cfg>,
) -> Result<Sources, Error> {
    let root = package
        .library()
        .ok_or_else(|| Error::NoLibrary(package.name.clone()))?;
    let features = metadata.features(package).iter();
    cfgs.extend(
        features.filter_map(|feature| Cfg::from_str(&format!("feature=\"{feature}\"")).ok()),
    );
    // What only one of the strategies compiles is checked, too.
    cfgs.extend(
        ["unwind", "abort"]
            .iter()
            .filter_map(|panic| Cfg::from_str(&format!("panic=\"{panic}\"")).ok()),
    );
    let directory = package.manifest_path.parent().unwrap_or(Path::new("."));
    Ok(Sources {
        root: root.to_owned(),
        directory: directory.to_owned(),
        cfgs,
    })
}

/// Tests of an unwind build, or with the trap handler of an abort build, need an engine for them.
pub(super) fn require_exnref() -> Result<(), Error> {
    let version = version("node").ok_or(Error::NoNode)?;
    match doctor::runs_exnref(&version) {
        true => Ok(()),
        false => Err(Error::NoExnref(version)),
    }
}

/// What `doctor` shows. It never fails: what cannot be asked is missing.
pub(super) fn health(options: &DoctorOptions, pins: &Pins) -> Health {
    let here = std::env::current_dir().unwrap_or_default();
    let toolchain = |name: &str| toolchain(name, &here, TRIPLE).ok().flatten();
    let (nightly, stable) = (toolchain(&pins.nightly), toolchain(&pins.stable));
    let reader = match (&nightly, &stable) {
        (Some(_), _) => Some(&pins.nightly),
        (None, Some(_)) => Some(&pins.stable),
        (None, None) => None,
    };
    let manifest = match &options.manifest_path {
        Some(manifest) => Some(here.join(manifest)),
        None => search(&here),
    };
    let crate_health = match (manifest, reader) {
        (Some(manifest), Some(reader)) => crate_health(reader, &here, &manifest, pins),
        (Some(_), None) => CrateHealth::Unknown("no toolchain to read it with".to_owned()),
        (None, _) => CrateHealth::None,
    };
    let of = |name: &str, found: Option<Toolchain>| {
        found.map(|found| ToolchainHealth {
            version: compiler(name, &here),
            has_target: found.has_target,
            has_source: found.has_source,
            makes_components: found.makes_components,
        })
    };
    Health {
        rustup: version("rustup"),
        nightly: of(&pins.nightly, nightly),
        stable: of(&pins.stable, stable),
        crate_health,
        node: version("node"),
        engines: engines(&here).unwrap_or_default(),
    }
}

/// What the crate here has of npm. `js/driver.mjs` finds it in the same way.
fn engines(here: &Path) -> Option<Engines> {
    let script = include_str!("../../js/doctor.cjs");
    let mut node = Command::new("node");
    let output = node
        .args(["--eval", script])
        .current_dir(here)
        .output()
        .ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// The compiler's own line about itself.
fn compiler(name: &str, directory: &Path) -> String {
    let output = run(&Call::rustup(name, &["rustc", "--version"], directory));
    let output = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

fn crate_health(reader: &str, here: &Path, manifest: &Path, pins: &Pins) -> CrateHealth {
    let metadata = match metadata(reader, TRIPLE, here, manifest, &[], pins) {
        Ok(metadata) => metadata,
        Err(error) => return CrateHealth::Unknown(error.to_string()),
    };
    let package = match metadata.select(None) {
        Ok(package) => package,
        Err(error) => return CrateHealth::Unknown(error.to_string()),
    };
    match plan::check_wasm_bindgen(&metadata, package, pins) {
        Ok(version) if version == pins.wasm_bindgen => CrateHealth::Agrees(package.name.clone()),
        Ok(version) => match program::find(&version) {
            Some(path) => CrateHealth::Served(format!(
                "`{}` uses {version}: {}",
                package.name,
                path.display()
            )),
            None => CrateHealth::Served(format!(
                "`{}` uses {version}, whose program the first build installs (about 2 minutes)",
                package.name
            )),
        },
        Err(error @ Error::VersionOutOfRange { .. }) => CrateHealth::Disagrees(error.to_string()),
        Err(error) => CrateHealth::Unknown(error.to_string()),
    }
}

/// The first line that the tool prints about itself, if it is there.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().filter(|_| output.status.success())?;
    Some(line.to_owned())
}
