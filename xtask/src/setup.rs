//! Makes the machine ready: toolchains by rustup, engines and TypeScript by npm, what runs components by npm and pip,
//! browsers by Debian's packages.
//!
//! Only what is missing is installed, with a line that says so; where all is
//! there, nothing is run but rustup's lists, and no network is needed.

use std::collections::BTreeMap;
use std::fs;

use crate::engines::Engine;
use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::python;

/// What wasm builds are for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// How rustup's lists begin that name the std of a target.
const STD: &str = "rust-std-";

/// The std of components.
const STD_OF_WASI: &str = "rust-std-wasm32-wasip2";

/// Something that a task needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The pinned nightly, for unwind builds.
    Nightly,
    /// The newest nightly, for a canary.
    Newest,
    /// Miri, on the pinned nightly.
    Miri,
    /// The pinned stable, for abort builds and for all that runs on the host.
    Stable,
    /// clippy and rustfmt, on the pinned stable.
    Lints,
    /// The oldest toolchain that the published crates support.
    Oldest,
    /// The Node that tests and demo run on.
    Node,
    /// The TypeScript compiler.
    TypeScript,
    /// wasm-pack, and the wasm-bindgen command that it runs.
    WasmPack,
    /// A build tool of others, which tests/bundlers/NAME locks.
    Bundler(&'static str),
    /// worker-build, and the esbuild that it bundles with.
    WorkerBuild,
    /// The target of components, on the pinned nightly and stable.
    Components,
    /// The hosts of components, and what makes components, in npm and for Python.
    ComponentHosts,
    /// The SDKs that reports are sent by, and a validator of JSON schemas.
    Telemetry,
    /// A PostgreSQL server, and a client.
    Postgres,
    /// Another engine.
    Engine(Engine),
}

impl Piece {
    /// What the test command, the demo and the benchmark need.
    pub(crate) const ALL: [Self; 8] = [
        Self::Nightly,
        Self::Newest,
        Self::Miri,
        Self::Stable,
        Self::Lints,
        Self::Oldest,
        Self::Node,
        Self::TypeScript,
    ];
}

/// Installs what is missing of `pieces`.
pub(crate) fn ensure(project: &Project, pieces: &[Piece]) -> Result<(), Error> {
    let pins = &project.pins;
    let mut toolchains: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for piece in pieces {
        let (toolchain, components): (_, &[&str]) = match piece {
            Piece::Nightly => (&pins.nightly, &["rust-src"]),
            Piece::Newest => (&pins.newest, &["rust-src"]),
            Piece::Miri => (&pins.nightly, &["rust-src", "miri"]),
            Piece::Stable => (&pins.stable, &[]),
            Piece::Lints => (&pins.stable, &["clippy", "rustfmt"]),
            Piece::Oldest => (&pins.oldest, &[]),
            Piece::Node => {
                npm(project, "node24")?;
                continue;
            }
            Piece::TypeScript => {
                npm(project, "typescript")?;
                continue;
            }
            Piece::WasmPack => {
                let pins = &project.pins;
                by_cargo(project, "wasm-pack", "wasm-pack", &pins.wasm_pack)?;
                let bindgen = &pins.wasm_bindgen;
                by_cargo(project, "wasm-pack", "wasm-bindgen-cli", bindgen)?;
                continue;
            }
            Piece::WorkerBuild => {
                let version = &project.pins.worker_build;
                npm(project, "worker-esbuild")?;
                by_cargo(project, "worker-build", "worker-build", version)?;
                continue;
            }
            Piece::Bundler(name) => {
                let (from, to) = (format!("tests/bundlers/{name}"), format!("bundlers-{name}"));
                npm_of(project, &from, &to)?;
                continue;
            }
            Piece::Telemetry => {
                npm(project, "telemetry")?;
                continue;
            }
            Piece::Postgres => {
                npm(project, "postgres")?;
                continue;
            }
            Piece::Components => {
                let wasi = &[STD_OF_WASI];
                toolchains.entry(&pins.stable).or_default().extend(wasi);
                (&pins.nightly, &["rust-src", STD_OF_WASI])
            }
            Piece::ComponentHosts => {
                npm(project, "component-js")?;
                python::ensure(project, "component")?;
                continue;
            }
            Piece::Engine(engine) => {
                if let Some(name) = engine.npm() {
                    npm(project, name)?;
                }
                engine.install_browser(project)?;
                continue;
            }
        };
        toolchains.entry(toolchain).or_default().extend(components);
    }
    for (toolchain, mut components) in toolchains {
        components.sort_unstable();
        components.dedup();
        rustup(project, toolchain, &components)?;
    }
    Ok(())
}

/// Installs a toolchain with the components and the wasm target, unless it is there.
fn rustup(project: &Project, toolchain: &str, components: &[&str]) -> Result<(), Error> {
    let list =
        project
            .cmd("rustup")
            .args(["component", "list", "--installed", "--toolchain", toolchain]);
    let Ok(installed) = list.quiet() else {
        return Err(Error::Missing {
            what: "rustup is not on the PATH".to_owned(),
            fix: "curl --proto '=https' -sSf https://sh.rustup.rs | sh".to_owned(),
        });
    };
    let lines: Vec<_> = installed.stdout.lines().collect();
    if installed.success && missing(&lines, components).is_empty() {
        return Ok(());
    }
    let wanted = if lines.is_empty() {
        "toolchain".to_owned()
    } else {
        missing(&lines, components).join(", ")
    };
    say("setup", &format!("installing {toolchain}: {wanted}"));
    let mut install = project
        .cmd("rustup")
        // rustup's own words are enough.
        .env("RUST_BACKTRACE", "0")
        .args(["toolchain", "install", toolchain])
        .args(["--profile", "minimal", "--no-self-update", "--target", WASM]);
    for component in components {
        install = match component.strip_prefix(STD) {
            Some(target) => install.args(["--target", target]),
            None => install.args(["--component", component]),
        };
    }
    install_by(&install, toolchain)
}

/// Which of the components and the wasm target are not in rustup's list.
fn missing<'a>(installed: &[&str], components: &[&'a str]) -> Vec<&'a str> {
    // The list has `clippy-TRIPLE` for some components, the plain name for others.
    let has = |name: &str| {
        installed.iter().any(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let mut missing: Vec<_> = components
        .iter()
        .copied()
        .filter(|name| !has(name))
        .collect();
    let (rustc, std) = ("rustc", "rust-std-wasm32-unknown-unknown");
    missing.extend([rustc, std].into_iter().filter(|name| !has(name)));
    missing
}

/// Installs the packages that xtask/npm/NAME locks into engines/NAME, unless they are there.
fn npm(project: &Project, name: &str) -> Result<(), Error> {
    npm_of(project, &format!("xtask/npm/{name}"), name)
}

/// The same of the lock file in another folder.
fn npm_of(project: &Project, from: &str, name: &str) -> Result<(), Error> {
    let to = project.root.join("engines").join(name);
    let lock = project.read(&format!("{from}/package-lock.json"))?;
    // Written last, so it says that the rest is whole.
    let stamp = to.join("installed.json");
    let whole = fs::read_to_string(&stamp).is_ok_and(|text| text == lock);
    if whole && to.join("node_modules").is_dir() {
        return Ok(());
    }
    say(
        "setup",
        &format!("installing {name} by npm into engines/{name}"),
    );
    fs::create_dir_all(&to).map_err(|error| Error::file(&to, error))?;
    // npm takes a folder behind a link for a package of another one.
    let to = to.canonicalize().map_err(|error| Error::file(&to, error))?;
    for file in ["package.json", "package-lock.json"] {
        let text = project.read(&format!("{from}/{file}"))?;
        let path = to.join(file);
        fs::write(&path, text).map_err(|error| Error::file(path, error))?;
    }
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let install = project
        .cmd(program)
        .args(["ci", "--prefix"])
        .arg(&to)
        // node's package fetches its program in one.
        .args([
            "--ignore-scripts=false",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
    install_by(&install, name)?;
    fs::write(&stamp, lock).map_err(|error| Error::file(stamp, error))
}

/// Installs a command by cargo into engines/PLACE, unless it is there.
fn by_cargo(project: &Project, place: &str, name: &str, version: &str) -> Result<(), Error> {
    let stable = &project.pins.stable;
    let root = project.root.join("engines").join(place);
    let list = project.cargo(stable).args(["install", "--list"]);
    let list = list.arg("--root").arg(&root).quiet()?.stdout;
    if list.contains(&format!("{name} v{version}:")) {
        return Ok(());
    }
    let what = format!("{name} {version}");
    say(
        "setup",
        &format!("installing {what} by cargo into engines/{place}"),
    );
    let install = |how: &[&str]| {
        let install = project.cargo(stable).args(["install", name]);
        let install = install.args(["--version", version, "--debug", "--quiet"]);
        install.args(how).arg("--root").arg(&root)
    };
    // A version that its lock file names may have been withdrawn.
    if install(&["--locked"]).run().is_err() {
        say(
            "setup",
            &format!("{what} can't be had as it was locked; trying newer dependencies"),
        );
        install_by(&install(&[]), &what)?;
    }
    Ok(())
}

fn install_by(install: &Cmd, what: &str) -> Result<(), Error> {
    install.run().map_err(|error| match error {
        Error::Command { command, .. } => Error::Missing {
            what: format!("{what} could not be installed (the reason stands above)"),
            fix: command,
        },
        Error::Start { program, .. } => Error::Missing {
            what: format!("{what} needs {program}, which is not on the PATH"),
            fix: format!("apt-get install {program} (or get it from https://nodejs.org)"),
        },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_with_and_without_triple() {
        let installed = ["clippy-x86_64-linux", "rust-src", "rustc-x86_64-linux"];
        let target = "rust-std-wasm32-unknown-unknown";
        assert_eq!(missing(&installed, &["clippy", "rust-src"]), [target]);
        assert_eq!(missing(&[target], &["rustfmt"]), ["rustfmt", "rustc"]);
        assert!(missing(&["rustc", target], &[]).is_empty());
        let wasi = missing(&["rustc", target], &["rust-src", STD_OF_WASI]);
        assert_eq!(wasi, ["rust-src", STD_OF_WASI]);
    }
}
