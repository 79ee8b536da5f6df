//! The options of the commands that read what failed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shown::Form;

/// The options of `symbolicate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SymbolicateOptions {
    /// Reports, stacks as an engine wrote them, or directories of such files [default: -, standard input]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The debug file of the build, which `--debug-info=split` wrote
    #[arg(long, value_name = "PATH")]
    pub(crate) debug: PathBuf,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(crate) format: Form,
}

/// The options of `inspect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InspectOptions {
    /// What the file is
    #[arg(value_enum, value_name = "KIND")]
    pub(crate) kind: Kind,

    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The debug file of the build, which `--debug-info=split` wrote
    #[arg(long, value_name = "PATH")]
    pub(crate) debug: Option<PathBuf>,
}

/// What can be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A coredump, as `coredump.js` writes it
    Core,
}
