//! Keeps debug information and names apart from what is shipped: in a debug file, which is the same module
//! with the same id, and more sections behind. So an offset is the same in both.

use std::fs;
use std::path::{Path, PathBuf};

use wasmparser::{BinaryReaderError, Parser, Payload};

use super::follow;
use super::minify::files;
use crate::build_id;
use crate::error::Error;
use crate::sections::{custom, edited};
use crate::symbols;

/// What a debug file needs of the stages before the last.
pub(super) struct Kept {
    /// The linker's output, with its debug information.
    linked: Vec<u8>,
    /// What wasm-bindgen was given.
    given: Vec<u8>,
    /// What it said of the instructions, as `follow` has it.
    moved: Vec<(u32, u32)>,
    /// What it wrote.
    written: Vec<u8>,
    /// The names of functions, as a section.
    names: Vec<u8>,
}

/// The module without debug information, for wasm-bindgen, whose own handling of it is not used.
pub(super) fn bare(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let is_debug = |name: &str| name.starts_with(".debug_");
    without(wasm, |name| is_debug(name))
}

/// Whether a module has debug information.
pub(super) fn has(wasm: &[u8]) -> bool {
    section(wasm, ".debug_info").is_some()
}

/// Takes out of what wasm-bindgen wrote what is not shipped.
pub(super) fn take(staging: &Path, linked: Vec<u8>, given: Vec<u8>) -> Result<Kept, Error> {
    let path = module(staging)?;
    let written = fs::read(&path).map_err(Error::io("read", &path))?;
    let moved = section(&written, follow::SECTION)
        .ok_or_else(|| Error::Glue("wasm-bindgen did not say where the code went".to_owned()))?;
    let moved = symbols::transform(moved);
    let names = section(&written, "name").unwrap_or(&[]).to_vec();
    // The names go later: by them is known which frames are whose.
    let shipped = without(&written, |name| name == follow::SECTION)?;
    fs::write(&path, shipped).map_err(Error::io("write", &path))?;
    Ok(Kept {
        linked,
        given,
        moved,
        written,
        names,
    })
}

/// Gives the staged module its id, which is the answer.
pub(super) fn identify(staging: &Path) -> Result<String, Error> {
    let path = module(staging)?;
    let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
    let (wasm, id) = build_id::stamped(&wasm)?;
    fs::write(&path, wasm).map_err(Error::io("write", &path))?;
    Ok(id)
}

impl Kept {
    /// Writes the debug file of the staged module, which has its id already.
    pub(super) fn write(&self, staging: &Path, file: &Path) -> Result<u64, Error> {
        let path = module(staging)?;
        let mut wasm = fs::read(&path).map_err(Error::io("read", &path))?;
        let map = symbols::Map::new(&self.linked, &self.given, &self.written, &self.moved)
            .map_err(invalid)?;
        let debug = symbols::converted(&self.linked, &map).map_err(Error::DebugInfo)?;
        wasm.extend(custom("name", &self.names));
        for (name, content) in debug {
            wasm.extend(custom(&name, &content));
        }
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(file, &wasm).map_err(Error::io("write", file))?;
        Ok(wasm.len() as u64)
    }
}

/// The one module of a package.
fn module(staging: &Path) -> Result<PathBuf, Error> {
    let mut all = files(staging, "wasm")?;
    match (all.pop(), all.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(Error::Glue("the package has not one module".to_owned())),
    }
}

fn section<'a>(wasm: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let payloads = Parser::new(0).parse_all(wasm);
    payloads.flatten().find_map(|payload| match payload {
        Payload::CustomSection(section) if section.name() == name => Some(section.data()),
        _ => None,
    })
}

fn without(wasm: &[u8], is_left_out: impl Fn(&str) -> bool) -> Result<Vec<u8>, Error> {
    edited(wasm, invalid, |payload| match payload {
        Payload::CustomSection(section) if is_left_out(section.name()) => Ok(Some(vec![])),
        _ => Ok(None),
    })
}

fn invalid(error: BinaryReaderError) -> Error {
    Error::Glue(format!("the module is not understood: {error}"))
}
