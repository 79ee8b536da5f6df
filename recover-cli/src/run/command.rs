//! A planned call as a process that can be started.

use std::process::Command;

use crate::call::Call;

/// The process of a call, not yet started.
pub(super) fn command(call: &Call) -> Command {
    let mut command = Command::new(&call.program);
    command.args(&call.arguments).current_dir(&call.directory);
    // One that the user set is relative to where the user stands, which may be elsewhere.
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        if let Some(directory) =
            std::env::var_os(name).and_then(|set| std::path::absolute(set).ok())
        {
            command.env(name, directory);
        }
    }
    for (name, value) in &call.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
