//! A process to start, and how a shell would start it. What is started is decided in `plan.rs`; starting it
//! is `run/`.

use std::fmt;
use std::path::{Path, PathBuf};

/// A process to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The program.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Variables to set, or to remove.
    pub(crate) environment: Vec<(String, Option<String>)>,
    /// Where it runs.
    pub(crate) directory: PathBuf,
}

impl Call {
    /// A tool of a rustup toolchain.
    pub(crate) fn rustup(toolchain: &str, tool: &[&str], directory: &Path) -> Self {
        let arguments = ["run", toolchain].into_iter().chain(tool.iter().copied());
        Self {
            program: "rustup".to_owned(),
            arguments: arguments.map(str::to_owned).collect(),
            environment: vec![],
            directory: directory.to_owned(),
        }
    }
}

impl fmt::Display for Call {
    /// As a line for a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let removed = self.environment.iter().filter(|(_, value)| value.is_none());
        for (name, _) in removed {
            write!(f, "env -u {name} ")?;
        }
        for (name, value) in &self.environment {
            if let Some(value) = value {
                write!(f, "{name}={} ", quoted(value))?;
            }
        }
        f.write_str(&self.program)?;
        for argument in &self.arguments {
            write!(f, " {}", quoted(argument))?;
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else if text.contains('\x1f') {
        format!("$'{}'", text.replace('\'', "\\'").replace('\x1f', "\\x1f"))
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
