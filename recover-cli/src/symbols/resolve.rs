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
use super::shown::{Call, Resolved, Shown};
use super::stack::{Function, Wasm};
use crate::build_id;
use crate::error::Error;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// A debug file, read.
pub(crate) struct Symbols<'a> {
    /// Its id.
    build: Option<String>,
    code: Code,
    names: BTreeMap<u32, String>,
    context: Context<Slice<'a>>,
    /// What has been asked before: the frames of a program's failures are few.
    known: HashMap<Wasm, Rc<[Call]>>,
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
            reason,
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
    pub(super) fn calls(&mut self, frame: &Wasm) -> Rc<[Call]> {
        if let Some(calls) = self.known.get(frame) {
            return calls.clone();
        }
        let calls: Rc<[Call]> = self.ask(frame).into();
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
        let (address, exact) = match (offset, body) {
            (Some(offset), _) => (offset, true),
            (None, Some(body)) if frame.offset.is_none() => (body.start, false),
            _ => return vec![],
        };
        let own = |name: &str| rustc_demangle::demangle(name).to_string();
        let name = index.and_then(|index| self.names.get(&index));
        let mut calls = if exact {
            self.exact(address.into())
        } else {
            vec![]
        };
        if calls.is_empty() {
            let place = self.context.find_location(address.into()).ok().flatten();
            let (file, line) = place.map_or((None, None), |it| (it.file, it.line));
            calls.extend(name.map(|name| Call {
                function: own(name),
                file: file.map(|file| self.short(file)),
                line,
                column: None,
                inlined: false,
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
            calls.push(Call {
                function: match function.raw_name() {
                    Ok(name) => format!("{:#}", rustc_demangle::demangle(&name)),
                    Err(_) => "?".to_owned(),
                },
                file: place.and_then(|it| it.file).map(|file| self.short(file)),
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

    /// A path as somebody would write it who knows the crate.
    fn short(&self, path: &str) -> String {
        let path = path.replace('\\', "/");
        if let Some(rest) = path.strip_prefix(&self.here) {
            return rest.to_owned();
        }
        // rust-src, and where std was compiled before it was shipped.
        if let Some((before, rest)) = path.split_once("/library/")
            && (before.ends_with("lib/rustlib/src/rust") || before.starts_with("/rustc/"))
        {
            return rest.to_owned();
        }
        // Below the name of the registry's index stand packages with their versions.
        if let Some((_, rest)) = path.split_once("/registry/src/")
            && let Some((_, rest)) = rest.split_once('/')
        {
            return rest.to_owned();
        }
        if let Some((_, rest)) = path.split_once("/git/checkouts/")
            && let Some((repository, rest)) = rest.split_once('/')
            && let Some((_, rest)) = rest.split_once('/')
        {
            let name = repository.rsplit_once('-').map_or(repository, |it| it.0);
            return format!("{name}/{rest}");
        }
        path
    }

    /// How many pairs of instructions of `other` and this give other calls; for the tests of `convert`.
    #[cfg(test)]
    pub(super) fn places(&self, address: u32) -> Vec<Call> {
        self.exact(address.into())
    }
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
        for part in NameSectionReader::new(reader).into_iter().flatten() {
            if let Name::Function(map) = part {
                let all = map.into_iter().flatten();
                names.extend(all.map(|it| (it.index, it.name.to_owned())));
            }
        }
    }
    names
}
