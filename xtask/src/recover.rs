//! Builds packages with this checkout's `cargo recover`.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;

/// Names a `cargo recover` that is compiled already, for a stage that runs beside others.
pub(crate) const COMMAND: &str = "XTASK_CARGO_RECOVER";

/// What a panic does, and by which instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Unwinds, by the standard exception handling.
    Exnref,
    /// Unwinds, by the exception handling from before the standard.
    Legacy,
    /// Ends the instance; on stable.
    Abort,
}

impl Build {
    /// The short name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exnref => "exnref",
            Self::Legacy => "legacy",
            Self::Abort => "abort",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Exnref => &["--strategy", "unwind", "--eh", "exnref"],
            Self::Legacy => &["--strategy", "unwind", "--eh", "legacy"],
            Self::Abort => &["--strategy", "abort"],
        }
    }
}

/// The `cargo recover` of this checkout, compiled.
#[derive(Debug)]
pub(crate) struct Recover<'a> {
    project: &'a Project,
    program: PathBuf,
}

impl<'a> Recover<'a> {
    /// Compiles it. No `-p`: with the features that the tests compile, so that
    /// its dependencies are built once. Where one is named by [`COMMAND`], it is that.
    pub(crate) fn compile(project: &'a Project) -> Result<Self, Error> {
        if let Some(program) = std::env::var_os(COMMAND) {
            let program = program.into();
            return Ok(Self { project, program });
        }
        let arguments = ["build", "--bin", "cargo-recover"];
        project.cargo(&project.pins.stable).args(arguments).run()?;
        Ok(Self::compiled(project))
    }

    /// The one that is there.
    pub(crate) fn compiled(project: &'a Project) -> Self {
        let program = project.target.join("debug").join("cargo-recover");
        Self {
            project,
            program: program.with_extension(std::env::consts::EXE_EXTENSION),
        }
    }

    /// The program, for those who call it themselves.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A build of the crate in `directory` for the web, into `out`. A target
    /// directory per kind of build: their flags differ, so in one directory each
    /// would undo the other's work.
    pub(crate) fn build(&self, directory: &Path, build: Build, out: &Path) -> Cmd {
        let target = self.project.target.join("wasm").join(build.name());
        let directory = directory
            .strip_prefix(&self.project.root)
            .unwrap_or(directory);
        self.project
            .cmd(&self.program)
            .env("CARGO_TARGET_DIR", target)
            .args(["recover", "build"])
            .arg(directory)
            .args(build.arguments())
            .arg("--out-dir")
            .arg(out)
    }
}
