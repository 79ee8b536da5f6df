//! Runs stages two at a time, each in a process of its own, whose output is printed when it
//! ends: a stage that compiles keeps one core busy, one that waits for Node another. Which
//! stages may run together is decided here; what a stage does is not.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::{COMMAND, Recover};
use crate::test::counts::{self, Counts};
use crate::test::done::Done;
use crate::test::stage::Stage;

/// What every worker sees.
#[derive(Default)]
struct Board {
    waiting: Vec<Stage>,
    running: Vec<Stage>,
    done: Vec<Done>,
}

/// How a stage is run in a process of its own.
struct Runner<'a> {
    project: &'a Project,
    full: bool,
    /// A copy of this program: a stage may compile it anew.
    program: PathBuf,
    /// A copy of `cargo recover`, for the same reason.
    recover: Option<PathBuf>,
    logs: PathBuf,
}

/// Runs `stages` by so many workers; the answer is in the order in which they ended.
pub(crate) fn run(
    project: &Project,
    stages: Vec<Stage>,
    full: bool,
    workers: usize,
) -> Result<Vec<Done>, Error> {
    let logs = project.target.join("stages");
    fs::create_dir_all(&logs).map_err(|error| Error::file(&logs, error))?;
    let copied = |from: PathBuf| {
        let to = logs.join(from.file_name().unwrap_or_default());
        // Another run may execute the copy of before.
        let _ = fs::remove_file(&to);
        fs::copy(&from, &to).map_err(|error| Error::file(&from, error))?;
        Ok::<_, Error>(to)
    };
    let this = std::env::current_exe().map_err(|error| Error::file("xtask", error))?;
    let recover = match stages.iter().any(|stage| stage.makes_packages()) {
        true => Some(copied(Recover::compile(project)?.program().to_owned())?),
        false => None,
    };
    let runner = Runner {
        project,
        full,
        program: copied(this)?,
        recover,
        logs,
    };
    let board = Mutex::new(Board {
        waiting: stages,
        ..Board::default()
    });
    let changed = Condvar::new();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(stage) = next(&board, &changed) {
                    let start = Instant::now();
                    // The other workers would wait for it for ever.
                    let ran = catch_unwind(AssertUnwindSafe(|| runner.run(stage)));
                    let done = ran.unwrap_or_else(|_| Done {
                        stage,
                        counts: Counts::of(false),
                        time: start.elapsed(),
                    });
                    let mut board = lock(&board);
                    board.running.retain(|&other| other != stage);
                    board.done.push(done);
                    changed.notify_all();
                }
            });
        }
    });
    let board = board.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(board.done)
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first stage that may run now, once there is one.
fn next(board: &Mutex<Board>, changed: &Condvar) -> Option<Stage> {
    let mut board = lock(board);
    loop {
        if let Some(index) = startable(&board.waiting, &board.running) {
            let stage = board.waiting.remove(index);
            board.running.push(stage);
            return Some(stage);
        }
        if board.waiting.is_empty() {
            return None;
        }
        board = changed.wait(board).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The first waiting stage that may start beside those that run.
fn startable(waiting: &[Stage], running: &[Stage]) -> Option<usize> {
    let may_start = |(index, stage): &(usize, &Stage)| {
        // Two that compile for the host would wait for each other's lock.
        let compiles = running.iter().any(|other| other.compiles_for_the_host());
        let before = waiting[..*index].iter().chain(running);
        !(compiles && stage.compiles_for_the_host())
            && before.into_iter().all(|other| !stage.follows(*other))
    };
    let found = waiting.iter().enumerate().find(may_start);
    found.map(|(index, _)| index)
}

impl Runner<'_> {
    fn run(&self, stage: Stage) -> Done {
        say(
            "stage",
            &format!("{stage} begins: {}", stage.about(self.full)),
        );
        let start = Instant::now();
        let (counts, output) = self
            .outcome(stage)
            .unwrap_or_else(|error| (Counts::of(false), format!("{error}\n")));
        let done = Done {
            stage,
            counts,
            time: start.elapsed(),
        };
        // In one piece, so that two stages do not mix.
        print!("{output}");
        say("done", &done.line());
        done
    }

    fn outcome(&self, stage: Stage) -> Result<(Counts, String), Error> {
        let log = self.logs.join(format!("{stage}.log").replace(':', "-"));
        let file = File::create(&log).map_err(|error| Error::file(&log, error))?;
        let both = file.try_clone().map_err(|error| Error::file(&log, error))?;
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.project.root)
            .args(["test", "--stage", &stage.to_string()])
            .args(self.full.then_some("--full"))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(both);
        if let Some(recover) = &self.recover {
            command.env(COMMAND, recover);
        }
        let status = command
            .status()
            .map_err(|error| Error::file(&self.program, error))?;
        let output = fs::read(&log).map_err(|error| Error::file(&log, error))?;
        let output = String::from_utf8_lossy(&output).into_owned();
        let counts = counts::of_closing_line(&output).checked(status.success());
        Ok((counts, output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::stage;

    fn stages(names: &[&str]) -> Vec<Stage> {
        let name = |name: &&str| stage::select(&[(*name).to_owned()], true).unwrap()[0];
        names.iter().map(name).collect()
    }

    fn first(waiting: &[&str], running: &[&str]) -> Option<String> {
        let waiting = stages(waiting);
        startable(&waiting, &stages(running)).map(|index| waiting[index].to_string())
    }

    #[test]
    fn stages_that_compile_for_the_host_take_turns() {
        assert_eq!(first(&["clippy", "miri"], &[]).as_deref(), Some("clippy"));
        assert_eq!(
            first(&["clippy", "miri"], &["doc"]).as_deref(),
            Some("miri")
        );
        assert_eq!(first(&["clippy", "ui"], &["doc"]), None);
        assert_eq!(first(&["clippy"], &["miri"]).as_deref(), Some("clippy"));
    }

    #[test]
    fn consumers_wait_for_the_packages_that_they_share() {
        let e2e = "e2e:debug-exnref";
        assert_eq!(first(&["types", "js"], &[e2e]).as_deref(), Some("js"));
        assert_eq!(first(&[e2e, "types"], &[]).as_deref(), Some(e2e));
        assert_eq!(
            first(&["types"], &["e2e:debug-abort"]).as_deref(),
            Some("types")
        );
    }
}
