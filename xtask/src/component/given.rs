//! What every part of `cargo xtask component` is given: the command, where components are compiled and put, and an
//! environment that says where everything is. What is run with it is not known here.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::python;
use crate::recover::Recover;

/// The crate that is built.
pub(crate) const FIXTURE: &str = "tests/fixtures/component";

/// The host in Rust.
pub(super) const RUST: &str = "hosts/rust";

/// What the parts are given.
pub(super) struct Given<'a> {
    pub(super) project: &'a Project,
    pub(super) recover: Recover<'a>,
    /// Where the components are.
    pub(super) components: PathBuf,
}

impl<'a> Given<'a> {
    /// Compiles the command.
    pub(super) fn compile(project: &'a Project) -> Result<Self, Error> {
        let recover = Recover::compile(project)?;
        let components = project.target.join("component");
        Ok(Self {
            project,
            recover,
            components,
        })
    }

    /// Where the gauntlet's package for JavaScript is.
    pub(super) fn gauntlet(&self) -> PathBuf {
        self.components.join("gauntlet")
    }

    /// The build of the crate in `folder` as a component.
    pub(super) fn component(&self, folder: &str) -> Cmd {
        self.project
            .cmd(self.recover.program())
            .env("CARGO_TARGET_DIR", self.target())
            .args(["recover", "build", folder, "--target", "component"])
            .arg("--out-dir")
            .arg(&self.components)
    }

    /// Where components are compiled.
    pub(super) fn target(&self) -> PathBuf {
        self.project.target.join("wasm").join("component")
    }

    /// Where the programs of a part are compiled.
    pub(super) fn of_part(&self, folder: &str) -> PathBuf {
        self.components.join(folder.replace('/', "-"))
    }

    /// A command that knows where everything is.
    pub(super) fn told(&self, command: Cmd) -> Cmd {
        let root = &self.project.root;
        let engines = root.join("engines");
        let modules = engines.join("component-js").join("node_modules");
        let python = ["hosts/python", "guests/python"].map(|folder| root.join(folder));
        let python = std::env::join_paths(python).unwrap_or_else(|_| OsString::new());
        command
            .env(
                "RECOVER_COMPONENT",
                self.components.join("fixture_component.wasm"),
            )
            .env(
                "RECOVER_COMPONENT_WIT",
                self.components.join("fixture_component.wit"),
            )
            .env("RECOVER_JCO", modules)
            .env(
                "RECOVER_COMPONENT_PYTHON",
                python::program(self.project, "component"),
            )
            .env(
                "RECOVER_COMPONENTIZE_PY",
                python::scripts(self.project, "component").join("componentize-py"),
            )
            .env("RECOVER_COMPONENT_SCRATCH", self.components.join("scratch"))
            .env("RECOVER_COMPONENT_TARGET", self.target())
            .env("RECOVER_CARGO_RECOVER", self.recover.program())
            .env("RECOVER_GAUNTLET", self.gauntlet())
            .env(
                "RECOVER_GAUNTLET_COMPONENT",
                self.components.join("gauntlet_component.wasm"),
            )
            .env("RECOVER_HOST_TARGET", self.of_part(RUST))
            .env("RECOVER_STABLE", &self.project.pins.stable)
            .env("RECOVER_NODE", self.project.node())
            .env("RECOVER_TSC", self.project.typescript())
            .env("PYTHONPATH", python)
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }
}
