//! What was found on the machine and in the crate, as values that a plan is made of. Finding it belongs in
//! `run/probe.rs`, deciding in `plan.rs` and beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cargo_platform::Cfg;
use serde_json::Value;

use crate::metadata::Metadata;

/// What was found on the machine and in the crate.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Where cargo runs.
    pub(crate) directory: PathBuf,
    /// Where the user is: relative outputs are relative to it.
    pub(crate) user_directory: PathBuf,
    /// The environment.
    pub(crate) vars: BTreeMap<String, String>,
    /// The target's cfgs.
    pub(crate) cfgs: Vec<Cfg>,
    /// cargo's merged configuration.
    pub(crate) config: Value,
    /// The Cargo.toml of the workspace's root.
    pub(crate) manifest: Value,
    /// The crate graph.
    pub(crate) metadata: Metadata,
    /// This program.
    pub(crate) program: PathBuf,
}
