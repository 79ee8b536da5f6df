//! Asks a debug file what a frame is: the function, the line, and what was inlined there.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

use addr2line::Context;
use gimli::{EndianSlice, LittleEndian};
use wasmparser::{BinaryReader, Name, NameSectionReader, Parser, Payload, WasmFeatures};

use super::code::Code;
use super::convert;
use super::report::Input;
use super::shown::{Call, Calls, Resolved, Shown};
use super::stack::{Function, Wasm};
use crate::build_id;
use crate::error::{Error, one_line};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// A debug file, read.
pub(crate) struct Symbols<'a> {
    /// Its id.
    build: Option<String>,
    code: Code,
    names: BTreeMap<u32, String>,
    context: Context<Slice<'a>>,
    /// What has been asked before: the frames of a program's failures are few.
    known: HashMap<Wasm, Rc<Calls>>,
    /// Where the user is.
    here: String,
}

/// The sections of a debug file's debug information, which `Symbols` borrows.
pub(crate) struct Sections(BTreeMap<String, Vec<u8>>);

impl Sections {
    /// Reads the file `path`, whose bytes are `wasm`.
    pub(crate) fn read(wasm: &[u8], path: &Path) -> Result<Self, Error> {
        let refused = |reason: &str| Error::BadDebugFile {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        if !wasm.starts_with(b"\0asm\x01\0\0\0") {
            return Err(refused("it is no WebAssembly module"));
        }
        let sections = convert::sections(wasm);
        if !sections.contains_key(".debug_info") {
            return Err(refused("it has no debug information"));
        }
        Ok(Self(sections))
    }
}

impl<'a> Symbols<'a> {
    /// Reads a debug file; `here` is the user's directory, which paths need not name.
    pub(crate) fn new(
        wasm: &[u8],
        sections: &'a Sections,
        path: &Path,
        here: &Path,
    ) -> Result<Self, Error> {
        let refused = |reason: String| Error::BadDebugFile {
            path: path.to_owned(),
            reason: one_line(&reason),
        };
        let code = Code::of(wasm).map_err(|error| refused(error.to_string()))?;
        let context = Context::from_dwarf(convert::dwarf(&sections.0));
        Ok(Self {
            build: build_id::of(wasm),
            names: names(wasm),
            context: context.map_err(|error| refused(error.to_string()))?,
            known: HashMap::new(),
            here: format!("{}/", here.to_string_lossy().replace('\\', "/")),
            code,
        })
    }

    /// Refuses what is of another build; `name` is that of the file.
    pub(crate) fn check(&self, input: &Input, name: &str, path: &Path) -> Result<(), Error> {
        self.is_of(input.build.as_deref(), name, path)
    }

    /// The same for an id.
    pub(crate) fn is_of(&self, build: Option<&str>, name: &str, path: &Path) -> Result<(), Error> {
        match (build, &self.build) {
            (Some(report), own) if own.as_deref() != Some(report) => Err(Error::OtherBuild {
                file: name.to_owned(),
                build: report.to_owned(),
                debug: path.to_owned(),
                own: own.clone().unwrap_or_else(|| "none".to_owned()),
            }),
            _ => Ok(()),
        }
    }

    /// The offset in the module of one in a function.
    pub(crate) fn place(&self, index: u32, offset: u32) -> Option<u32> {
        let index = index.checked_sub(self.code.imported)?;
        let body = self.code.bodies.get(index as usize)?;
        (self.code.start as u32 + body.locals).checked_add(offset)
    }

    /// What a failure's frames are.
    pub(crate) fn resolve(&mut self, input: Input) -> Resolved {
        let lines = input.lines.into_iter().map(|line| match line.wasm {
            None => Shown::Text(line.text),
            Some(frame) => Shown::Frame {
                calls: self.calls(&frame),
                text: line.text,
                frame,
            },
        });
        let lines = lines.collect();
        Resolved {
            report: input.report,
            title: input.title,
            lines,
        }
    }

    /// The calls that a frame is, the innermost first. None, if nothing is known of it.
    pub(super) fn calls(&mut self, frame: &Wasm) -> Rc<Calls> {
        if let Some(calls) = self.known.get(frame) {
            return calls.clone();
        }
        let calls = Rc::new(Calls::of(self.ask(frame)));
        self.known.insert(frame.clone(), calls.clone());
        calls
    }

    fn ask(&self, frame: &Wasm) -> Vec<Call> {
        let start = self.code.start as u32;
        let offset = frame.offset.and_then(|offset| offset.checked_sub(start));
        let index = match &frame.function {
            Function::Index(index) => Some(*index),
            Function::Name(name) => self.named(name),
            Function::Unknown => offset
                .and_then(|offset| self.code.at(offset))
                .map(|index| self.code.imported + index as u32),
        };
        let body = index
            .and_then(|index| index.checked_sub(self.code.imported))
            .and_then(|index| self.code.bodies.get(index as usize));
        // An offset outside of the function is of another module, or of none.
        let offset =
            offset.filter(|at| body.is_none_or(|body| (body.start..body.end).contains(at)));
        let mut calls = match (offset, body) {
            (Some(offset), _) => self.exact(offset.into()),
            // The function's own line, which is that of its locals.
            (None, Some(body)) if frame.offset.is_none() => {
                let mut own: Vec<_> = self.exact(body.locals.into()).pop().into_iter().collect();
                own.iter_mut().for_each(|call| call.column = None);
                own
            }
            _ => return vec![],
        };
        if calls.is_empty() {
            let name = index.and_then(|index| self.names.get(&index));
            calls.extend(name.map(|name| Call {
                function: plain(name),
                file: None,
                line: None,
                column: None,
                inlined: false,
                own: false,
            }));
        }
        calls
    }

    /// The calls at an instruction.
    fn exact(&self, address: u64) -> Vec<Call> {
        let mut calls: Vec<Call> = vec![];
        let Ok(mut frames) = self.context.find_frames(address).skip_all_loads() else {
            return calls;
        };
        while let Ok(Some(frame)) = frames.next() {
            // A place alone is no call.
            let Some(function) = frame.function else {
                break;
            };
            let place = frame.location.as_ref();
            let file = place.and_then(|it| it.file).map(|file| self.short(file));
            calls.push(Call {
                own: file.as_ref().is_some_and(|(_, own)| *own),
                file: file.map(|(file, _)| file),
                function: match function.raw_name() {
                    Ok(name) => format!("{:#}", rustc_demangle::demangle(&name)),
                    Err(_) => "?".to_owned(),
                },
                line: place.and_then(|it| it.line).filter(|line| *line != 0),
                column: place.and_then(|it| it.column).filter(|it| *it != 0),
                inlined: true,
            });
        }
        // The outermost is the function itself.
        if let Some(last) = calls.last_mut() {
            last.inlined = false;
        }
        calls
    }

    fn named(&self, name: &str) -> Option<u32> {
        let mut all = self.names.iter();
        all.find(|(_, own)| *own == name).map(|(index, _)| *index)
    }

    /// A path as somebody would write it who knows the crate, and whether it is below their directory.
    fn short(&self, path: &str) -> (String, bool) {
        let path = flat(&path.replace('\\', "/"));
        if let Some(rest) = path.strip_prefix(&self.here) {
            return (rest.to_owned(), true);
        }
        (of_dependency(&path).unwrap_or(path), false)
    }
}

/// A path in std, or in a package, from there.
fn of_dependency(path: &str) -> Option<String> {
    // rust-src, and where std was compiled before it was shipped.
    if let Some((before, rest)) = path.split_once("/library/")
        && (before.ends_with("lib/rustlib/src/rust") || before.starts_with("/rustc/"))
    {
        return Some(rest.to_owned());
    }
    // Below the name of the registry's index stand packages with their versions.
    if let Some((_, rest)) = path.split_once("/registry/src/") {
        return Some(rest.split_once('/')?.1.to_owned());
    }
    let (_, rest) = path.split_once("/git/checkouts/")?;
    let (repository, rest) = rest.split_once('/')?;
    let name = repository.rsplit_once('-').map_or(repository, |it| it.0);
    Some(format!("{name}/{}", rest.split_once('/')?.1))
}

/// A path without `..`.
fn flat(path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match (part, parts.last()) {
            ("..", Some(last)) if !["", ".."].contains(last) => _ = parts.pop(),
            (".", Some(_)) => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// A name without the numbers of crates, as in `core[1f…]`.
fn plain(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((inside, rest))
                if inside.len() > 8 && inside.bytes().all(|it| it.is_ascii_hexdigit()) =>
            {
                plain.push_str(rest);
            }
            _ => {
                plain.push('[');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// The names of functions, by their indices.
fn names(wasm: &[u8]) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    for payload in parser.parse_all(wasm) {
        let Ok(Payload::CustomSection(section)) = payload else {
            continue;
        };
        if section.name() != "name" {
            continue;
        }
        let reader = BinaryReader::new(section.data(), section.data_offset());
        for part in NameSectionReader::new(reader).flatten() {
            if let Name::Function(map) = part {
                let all = map.into_iter().flatten();
                names.extend(all.map(|it| (it.index, it.name.to_owned())));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_dependencies_begin_with_the_package() {
        for (path, expected) in [
            (
                "/home/u/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.229/src/lib.rs",
                Some("serde-1.0.229/src/lib.rs"),
            ),
            (
                "/home/u/.rustup/toolchains/nightly/lib/rustlib/src/rust/library/std/src/panicking.rs",
                Some("std/src/panicking.rs"),
            ),
            (
                "/rustc/58cf8f/library/core/src/cell.rs",
                Some("core/src/cell.rs"),
            ),
            (
                "C:/u/.cargo/git/checkouts/some-crate-1a2b/0c1d/src/a.rs",
                Some("some-crate/src/a.rs"),
            ),
            ("/srv/library/src/lib.rs", None),
            ("src/lib.rs", None),
        ] {
            assert_eq!(of_dependency(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_has_no_dots_and_a_name_no_numbers_of_crates() {
        assert_eq!(flat("core/src/../../stdarch/a.rs"), "stdarch/a.rs");
        assert_eq!(flat("/a/./b/../c.rs"), "/a/c.rs");
        assert_eq!(flat("../a.rs"), "../a.rs");
        assert_eq!(
            plain("app[b2bc11721b074931]::List::<[u8; 3]>::put[2]"),
            "app::List::<[u8; 3]>::put[2]"
        );
    }
}
