//! Progress of what may take longer than two seconds: on a terminal, and nowhere else. cargo shows
//! its own.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::say;

/// How often what turns, turns.
const TICK: Duration = Duration::from_millis(120);

/// What is shown while something goes on; it vanishes when it is dropped.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Begins.
    pub(super) fn new(what: &str) -> Self {
        if !say::is_watched() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("[recover] {spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// Shows nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// So many of so many are done; when the rest may be, the bar says.
    pub(super) fn count(&self, done: u64, of: u64, what: &str) {
        let Some(bar) = &self.0 else { return };
        if bar.length() != Some(of) {
            if let Ok(style) = ProgressStyle::with_template(
                "[recover] {bar:30} {pos} of {len} {msg} ({elapsed}, {eta} to go)",
            ) {
                bar.set_style(style);
            }
            bar.set_length(of);
        }
        bar.set_message(what.to_owned());
        bar.set_position(done);
    }

    /// Prints a line that is no result, without mixing the two.
    pub(super) fn note(&self, line: &str) {
        match &self.0 {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Goes on with something else.
    pub(super) fn set(&self, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
        }
    }

    /// Prints a line without mixing the two.
    pub(super) fn print(&self, line: &str) {
        match &self.0 {
            Some(bar) => bar.suspend(|| say::print(line)),
            None => say::print(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Does something, and shows that it goes on.
pub(super) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let _progress = Progress::new(what);
    work()
}
