//! What can go wrong, each with what to do about it.

use std::path::PathBuf;

/// A failure of a task.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Something that the tasks need is missing and could not be installed.
    #[error("{what}; run: {fix}")]
    Missing {
        /// What is missing.
        what: String,
        /// The command that installs it.
        fix: String,
    },

    /// The call is wrong.
    #[error("{0}")]
    Usage(String),

    /// A file of the project cannot be read or written.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },

    /// A program could not be started.
    #[error("{program} could not be started: {reason}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },

    /// A command ended with a failure, which its output explains.
    #[error("this failed ({code}): {command}")]
    Command {
        /// The command as for a shell.
        command: String,
        /// How it ended.
        code: String,
    },

    /// A check of ours failed.
    #[error("{0}")]
    Check(String),
}

impl Error {
    /// The exit code: 2 where the machine or the call needs mending.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Missing { .. } | Self::Usage(_) | Self::File { .. } | Self::Start { .. } => 2,
            Self::Command { .. } | Self::Check(_) => 1,
        }
    }

    /// Makes errors about one file.
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
