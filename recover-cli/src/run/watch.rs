//! Builds again when something changed, and says how long that took. What a build is, the caller
//! knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use serde_json::json;

use super::say::{is_json, print_json, say};
use crate::error::Error;

/// How long it has to be still: an editor writes several files, one after the other.
const STILL: Duration = Duration::from_millis(100);

/// What the loop waits for.
enum Signal {
    /// Something below the places has changed.
    Changed(PathBuf),
    /// The user has had enough.
    End,
}

/// Builds once, and again whenever something below `folders`, or in the workspace's `root` itself,
/// changes that a build reads. It ends when the user ends it.
pub(super) fn watch(
    folders: &[PathBuf],
    root: &Path,
    ignored: &[PathBuf],
    mut build: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let (sender, signals) = mpsc::channel();
    let ends = sender.clone();
    ctrlc::set_handler(move || {
        // Nobody listens when the loop has ended by itself.
        let _ = ends.send(Signal::End);
    })
    .map_err(|error| unseen(Path::new("."), &error.to_string()))?;
    let mut within = folders.to_owned();
    within.push(root.to_owned());
    let filter = Filter {
        within,
        ignored: ignored.to_owned(),
    };
    let own = filter.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        for path in event
            .iter()
            .filter(|event| counts(event))
            .flat_map(|event| &event.paths)
        {
            if own.takes(path) {
                // Nobody listens when the loop has ended.
                let _ = sender.send(Signal::Changed(path.clone()));
            }
        }
    })
    .map_err(|error| unseen(Path::new("."), &error.to_string()))?;
    begin(&mut watcher, root)?;
    for folder in folders {
        begin_below(&mut watcher, folder, &filter)?;
    }
    let mut changed = BTreeSet::new();
    loop {
        let start = Instant::now();
        let result = build();
        report(&result, start.elapsed(), &changed, root);
        match next(&signals) {
            Some(paths) => {
                for path in paths.iter().filter(|path| path.is_dir()) {
                    begin_below(&mut watcher, path, &filter)?;
                }
                changed = paths;
            }
            None => {
                say("watch", "ended");
                return Ok(());
            }
        }
    }
}

fn begin(watcher: &mut RecommendedWatcher, folder: &Path) -> Result<(), Error> {
    watcher
        .watch(folder, RecursiveMode::NonRecursive)
        .map_err(|error| unseen(folder, &error.to_string()))
}

/// One folder at a time: what a target directory or `node_modules` has is not to be watched.
fn begin_below(
    watcher: &mut RecommendedWatcher,
    folder: &Path,
    filter: &Filter,
) -> Result<(), Error> {
    begin(watcher, folder)?;
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        if path.is_dir() && !path.is_symlink() && filter.takes(&path) {
            begin_below(watcher, &path, filter)?;
        }
    }
    Ok(())
}

fn unseen(path: &Path, reason: &str) -> Error {
    Error::Watch {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Whether an event changes what a file says; reading one is an event, too.
fn counts(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(_) | EventKind::Other)
}

/// Which files count.
#[derive(Clone)]
struct Filter {
    /// The folders that are watched.
    within: Vec<PathBuf>,
    /// Those in them whose files a build writes.
    ignored: Vec<PathBuf>,
}

impl Filter {
    /// Whether a build may read the file. What it writes would begin another one.
    fn takes(&self, path: &Path) -> bool {
        if self.ignored.iter().any(|folder| path.starts_with(folder)) {
            return false;
        }
        let within = self.within.iter();
        let relative = within.filter_map(|folder| path.strip_prefix(folder).ok());
        let Some(relative) = relative.min_by_key(|path| path.iter().count()) else {
            return false;
        };
        let hidden = |part: &std::ffi::OsStr| {
            let part = part.to_string_lossy();
            (part.starts_with('.') && part != ".cargo") || part == "node_modules"
        };
        // What editors write beside the file that is edited.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let scratch = name.ends_with('~') || name.ends_with(".swp") || name == "4913";
        !scratch && !relative.iter().any(hidden)
    }
}

/// What changed next, when it is still again; nothing when the user ends it.
fn next(signals: &Receiver<Signal>) -> Option<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::new();
    match signals.recv() {
        Ok(Signal::Changed(path)) => paths.insert(path),
        Ok(Signal::End) | Err(_) => return None,
    };
    loop {
        match signals.recv_timeout(STILL) {
            Ok(Signal::Changed(path)) => {
                paths.insert(path);
            }
            Ok(Signal::End) => return None,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Some(paths),
        }
    }
}

fn report(result: &Result<(), Error>, took: Duration, changed: &BTreeSet<PathBuf>, root: &Path) {
    let shown = |path: &PathBuf| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let names: Vec<String> = changed.iter().map(shown).collect();
    let what = match &names[..] {
        [] => "built".to_owned(),
        [one] => format!("{one} changed: built again"),
        [one, rest @ ..] => format!("{one} and {} more changed: built again", rest.len()),
    };
    let seconds = took.as_secs_f64();
    let message = result.as_ref().err().map(ToString::to_string);
    if is_json() {
        print_json(&json!({
            "type": "watch",
            "ok": result.is_ok(),
            "seconds": seconds,
            "changed": names,
            "message": message,
        }));
    }
    match message {
        None => say(
            "watch",
            &format!("{what} in {seconds:.1} s; waiting for changes"),
        ),
        // Not by `say`: an error is told to those who want no more than that, too.
        Some(message) => {
            eprintln!("error: {message}");
            say("watch", "waiting for a change that mends it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_writes_begins_no_other_build() {
        let filter = Filter {
            within: vec!["/.w/c".into(), "/.w/c/deep".into()],
            ignored: vec!["/.w/c/pkg".into(), "/.w/c/target".into()],
        };
        for (path, read) in [
            ("/.w/c/src/lib.rs", true),
            ("/.w/c/Cargo.toml", true),
            ("/.w/c/.cargo/config.toml", true),
            ("/.w/c/pkg/app.js", false),
            ("/.w/c/target/debug/x", false),
            ("/.w/c/.git/index", false),
            ("/.w/c/node_modules/a/b.js", false),
            ("/.w/c/src/lib.rs~", false),
            ("/.w/c/src/.lib.rs.swp", false),
        ] {
            assert_eq!(filter.takes(Path::new(path)), read, "{path}");
        }
    }

    #[test]
    fn changes_in_quick_succession_are_one() {
        let (sender, signals) = mpsc::channel();
        for path in ["a", "b", "a"] {
            sender.send(Signal::Changed(path.into())).unwrap();
        }
        assert_eq!(next(&signals).unwrap().len(), 2);
        sender.send(Signal::Changed("c".into())).unwrap();
        sender.send(Signal::End).unwrap();
        assert!(next(&signals).is_none());
    }
}
