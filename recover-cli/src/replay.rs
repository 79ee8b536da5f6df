//! What `cargo recover replay` is told. What it does stands in `run/replay.rs`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The options of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// The bytes that `recovery.capture()` gave
    pub(crate) file: PathBuf,

    /// Directory of the package that makes the call [default: one that is built of the crate]
    #[arg(long, value_name = "DIR")]
    pub(crate) package: Option<PathBuf>,

    /// Wait for a debugger, and stop before the call
    #[arg(long)]
    pub(crate) inspect: bool,

    /// Print a test that fails as the call did, and make no call [default: rust]
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "rust", require_equals = true, value_name = "LANGUAGE")]
    pub(crate) test: Option<TestKind>,

    /// Options of `build`, for the package that is built
    #[arg(last = true, value_name = "BUILD OPTIONS", conflicts_with = "package")]
    pub(crate) build: Vec<String>,
}

/// What a test is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestKind {
    /// The crate's own tests, on the host
    Rust,
    /// `node --test`
    Node,
}
