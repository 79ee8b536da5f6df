//! Reads failures from files, and shows the lines of Rust that they are of.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::say::{is_json, print, say};
use crate::error::Error;
use crate::symbols::{self, Form, Input, Sections, SymbolicateOptions, Symbols};

/// Shows the failures in the files.
pub(crate) fn symbolicate(options: &SymbolicateOptions) -> Result<(), Error> {
    let wasm = fs::read(&options.debug).map_err(Error::user("read", &options.debug))?;
    let here = std::env::current_dir().unwrap_or_default();
    let sections = Sections::read(&wasm, &options.debug)?;
    let mut symbols = Symbols::new(&wasm, &sections, &options.debug, &here)?;
    let form = if is_json() {
        Form::Json
    } else {
        options.format
    };
    let start = Instant::now();
    let (mut many, mut frames, mut known) = (0, 0, 0);
    for (name, text) in texts(&options.files)? {
        let inputs: Vec<Input> = symbols::inputs(&text, &name)?;
        for input in inputs {
            symbols.check(&input, &name, &options.debug)?;
            let resolved = symbols.resolve(input);
            let counts = resolved.counts();
            (frames, known) = (frames + counts.0, known + counts.1);
            if many > 0 && form == Form::Text {
                print("");
            }
            many += 1;
            print(&resolved.shown(form));
        }
    }
    if frames == 0 {
        say("note", "no frame of a module is in there");
    } else if known < frames {
        let unknown = frames - known;
        say(
            "note",
            &format!("{unknown} of {frames} frames are not of this debug file's module"),
        );
    }
    if many > 1 {
        let seconds = start.elapsed().as_secs_f64();
        let rate = frames as f64 / seconds.max(1e-9);
        say(
            "done",
            &format!("{many} failures, {frames} frames in {seconds:.2} s ({rate:.0} a second)"),
        );
    }
    Ok(())
}

/// The texts, with the names of their files.
fn texts(files: &[PathBuf]) -> Result<Vec<(String, String)>, Error> {
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin[..] } else { files };
    let mut texts = vec![];
    for path in files {
        if path == Path::new("-") {
            let mut bytes = vec![];
            let read = std::io::stdin().read_to_end(&mut bytes);
            read.map_err(Error::user("read", "-"))?;
            texts.push(("standard input".to_owned(), lossy(&bytes)));
            continue;
        }
        for path in within(path)? {
            let bytes = fs::read(&path).map_err(Error::user("read", &path))?;
            texts.push((path.display().to_string(), lossy(&bytes)));
        }
    }
    Ok(texts)
}

/// An engine's stack may hold half a character.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file, or the files of a directory, in the order of their names.
fn within(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = vec![];
    for entry in fs::read_dir(path).map_err(Error::user("list", path))? {
        let path = entry.map_err(Error::user("list", path))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
