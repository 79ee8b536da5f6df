//! Runs other programs: the only module that starts any.
//!
//! Every command is printed as it could be typed in the root of the repository.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// A command to run, from the root of the repository.
#[derive(Debug)]
pub(crate) struct Cmd {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    root: std::path::PathBuf,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    /// Standard output.
    pub(crate) stdout: String,
    /// Whether it ended well.
    pub(crate) success: bool,
}

/// How a command that is listened to ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It ended.
    ByItself {
        /// Whether well.
        success: bool,
    },
    /// It said nothing for too long, and was ended.
    Silent,
}

impl Cmd {
    /// A command that runs in `root`.
    pub(crate) fn new(root: &Path, program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: vec![],
            environment: vec![],
            root: root.to_owned(),
        }
    }

    /// One more argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub(crate) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        let all = arguments.into_iter();
        self.arguments
            .extend(all.map(|one| one.as_ref().to_owned()));
        self
    }

    /// One more environment variable.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.push(pair);
        self
    }

    /// As a line for a shell.
    pub(crate) fn line(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.environment {
            let _ = write!(line, "{}={} ", name.display(), self.word(value));
        }
        line += &self.word(&self.program);
        for argument in &self.arguments {
            line.push(' ');
            line += &self.word(argument);
        }
        line
    }

    /// Runs it with everything passed through.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let code = self.status()?;
        if code == Some(0) {
            return Ok(());
        }
        Err(self.failed(code))
    }

    /// Runs it with everything passed through; the answer is its exit code.
    pub(crate) fn status(&self) -> Result<Option<i32>, Error> {
        say("$", &self.line());
        let status = self.command().status();
        Ok(status.map_err(|error| self.not_started(&error))?.code())
    }

    /// Runs it unseen and returns its standard output, whatever its end.
    pub(crate) fn quiet(&self) -> Result<Output, Error> {
        let output = self.command().stdin(Stdio::null()).output();
        let output = output.map_err(|error| self.not_started(&error))?;
        Ok(Output {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            success: output.status.success(),
        })
    }

    /// Runs it and returns its standard output, of which only the lines that
    /// `show` asks for are printed at once.
    pub(crate) fn follow(&self, show: impl Fn(&str) -> bool) -> Result<Output, Error> {
        self.follow_until(None, show)
    }

    /// The same, and ends it with all that it started if that takes longer.
    pub(crate) fn follow_until(
        &self,
        longest: Option<Duration>,
        show: impl Fn(&str) -> bool,
    ) -> Result<Output, Error> {
        say("$", &self.line());
        let mut command = self.command();
        let command = command.stdout(Stdio::piped());
        if longest.is_some() {
            apart(command);
        }
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let id = child.id();
        let (over, ended) = mpsc::channel::<()>();
        let watch = longest.map(|longest| {
            std::thread::spawn(move || {
                if ended.recv_timeout(longest) == Err(RecvTimeoutError::Timeout) {
                    end_group(id);
                }
            })
        });
        let mut stdout = String::new();
        if let Some(pipe) = child.stdout.take() {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                if show(&line) {
                    println!("{line}");
                }
                stdout += &line;
                stdout.push('\n');
            }
        }
        let status = child.wait().map_err(|error| self.not_started(&error))?;
        drop(over);
        let watched = watch.is_none_or(|watch| watch.join().is_ok());
        Ok(Output {
            stdout,
            success: status.success() && watched,
        })
    }

    /// Runs it and hands over its standard output, a line at a time. Where none comes for
    /// `patience` it is ended: its standard input first, and what does not heed that is killed.
    pub(crate) fn listen(
        &self,
        patience: Duration,
        mut hear: impl FnMut(&str),
    ) -> Result<Ended, Error> {
        say("$", &self.line());
        let mut command = self.command();
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn();
        let mut child = child.map_err(|error| self.not_started(&error))?;
        let (sender, lines) = mpsc::channel();
        if let Some(pipe) = child.stdout.take() {
            // Ends with the pipe; nobody waits for it, since a grandchild may hold that.
            thread::spawn(move || {
                let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
                for line in lines {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        loop {
            match lines.recv_timeout(patience) {
                Ok(line) => hear(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let ended = end(&mut child, GRACE);
                    ended.map_err(|error| self.not_started(&error))?;
                    return Ok(Ended::Silent);
                }
            }
        }
        // It has closed its output; it may still be about to end.
        let status = end(&mut child, patience).map_err(|error| self.not_started(&error))?;
        Ok(Ended::ByItself { success: status })
    }

    /// The error for an end with this code.
    pub(crate) fn failed(&self, code: Option<i32>) -> Error {
        Error::Command {
            command: self.line(),
            code: code.map_or("killed".to_owned(), |code| format!("exit code {code}")),
        }
    }

    fn not_started(&self, error: &std::io::Error) -> Error {
        Error::Start {
            program: self.word(&self.program),
            reason: error.to_string(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.root);
        // What `cargo run` and rustup set for this process is not for its children.
        for (name, _) in std::env::vars_os() {
            if is_of_outer_cargo(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    /// Quoted if need be; paths of the project are shown from its root.
    fn word(&self, text: &OsStr) -> String {
        let text = text.to_string_lossy();
        let root = format!("{}{}", self.root.display(), std::path::MAIN_SEPARATOR);
        let text = match text.strip_prefix(&root) {
            Some(below) if below.contains('/') => below.to_owned(),
            Some(below) => format!("./{below}"),
            None => text.into_owned(),
        };
        let plain = |c: char| c.is_alphanumeric() || "-_=./:,+@%*".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            return text;
        }
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// How long a command may take to end once its input has.
const GRACE: Duration = Duration::from_secs(10);

/// Closes the input of `child`, waits, kills it if need be; the answer is whether it ended
/// well.
fn end(child: &mut Child, patience: Duration) -> std::io::Result<bool> {
    drop(child.stdin.take());
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    Ok(child.wait()?.success())
}

/// Has a program be at the head of all that it starts.
fn apart(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends a program that is [`apart`], with all that it started.
fn end_group(id: u32) {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("taskkill");
        command.args(["/T", "/F", "/PID", &id.to_string()]);
        command
    } else {
        let mut command = Command::new("kill");
        command.args(["-9", "--", &format!("-{id}")]);
        command
    };
    // At worst the wait goes on.
    let _ = command.status();
}

/// Is this a variable that cargo or rustup set to start this very process?
fn is_of_outer_cargo(name: &str) -> bool {
    const EXACT: [&str; 5] = [
        "CARGO",
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_TOOLCHAIN_SOURCE",
        "RUST_RECURSION_COUNT",
        "CARGO_PRIMARY_PACKAGE",
    ];
    let prefixes = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ];
    EXACT.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// One line of our own, told apart from other programs' by its prefix.
pub(crate) fn say(what: &str, line: &str) {
    println!("[xtask] {what} {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_typed_in_the_root() {
        let command = Cmd::new(Path::new("/r"), "/r/engines/node")
            .env("A", "b c")
            .args(["x'y", "/r/tests/e2e", "--n=1", ""]);
        assert_eq!(
            command.line(),
            r"A='b c' engines/node 'x'\''y' tests/e2e --n=1 ''"
        );
    }

    #[test]
    #[cfg(unix)]
    fn output_is_passed_on_and_the_exit_is_reported() {
        let shell = |script: &str| Cmd::new(Path::new("/"), "sh").args(["-c", script]);
        let listen = |script: &str, patience: u64| {
            let mut heard = vec![];
            let patience = Duration::from_millis(patience);
            let ended = shell(script).listen(patience, |line| heard.push(line.to_owned()));
            (heard, ended.unwrap())
        };
        let by_itself = |success| Ended::ByItself { success };
        let (heard, ended) = listen("echo one; echo two", 20_000);
        assert_eq!((heard.len(), ended), (2, by_itself(true)));
        assert_eq!(listen("echo one; exit 3", 20_000).1, by_itself(false));
        // It heeds the end of its input.
        let (heard, ended) = listen("echo one; read nothing", 300);
        assert_eq!((heard.len(), ended), (1, Ended::Silent));
    }

    #[test]
    fn the_outer_cargo_is_not_inherited() {
        assert!(is_of_outer_cargo("CARGO_PKG_NAME"));
        assert!(is_of_outer_cargo("RUSTUP_TOOLCHAIN"));
        for kept in ["CARGO_HOME", "CARGO_TARGET_DIR", "RUSTFLAGS", "PATH"] {
            assert!(!is_of_outer_cargo(kept), "{kept}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_process_past_its_time_is_ended_with_its_children() {
        let command = Cmd::new(Path::new("/"), "sh").args(["-c", "echo begun; sleep 600 & wait"]);
        let longest = Some(Duration::from_millis(300));
        let output = command.follow_until(longest, |_| false).unwrap();
        assert!(!output.success);
        assert_eq!(output.stdout, "begun\n");
        let quick = Cmd::new(Path::new("/"), "echo").arg("done");
        assert!(
            quick
                .follow_until(Some(Duration::from_secs(600)), |_| false)
                .unwrap()
                .success
        );
    }
}
