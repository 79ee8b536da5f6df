//! Reads a coredump: the tool conventions' sections, and the one of ours beside them. It comes from outside:
//! nothing in it is trusted.

use std::ops::Range;

use serde_json::{Value, json};
use wasmparser::{
    BinaryReader, CoreDumpSection, CoreDumpStackSection, DataKind, Operator, Parser, Payload,
};

use super::report::Input;
use super::stack::{Function, Line, Wasm};
use crate::error::{Error, one_line};

/// The section of ours.
const OURS: &str = "recover";

/// A coredump, read.
#[derive(Debug, Default)]
pub(crate) struct Core {
    /// The module that it is of, as the writer called it.
    name: String,
    /// The frames as the format has them: a function, and an offset in it.
    frames: Vec<(u32, u32)>,
    /// What our section says.
    own: Value,
    /// Bytes of the memory.
    memory: u64,
    /// Which of them are there, by their addresses, and where in the file. Sorted; none is empty.
    parts: Vec<(u32, Range<usize>)>,
    is_core: bool,
}

impl Core {
    /// Reads the bytes of the file `file`.
    pub(crate) fn read(bytes: &[u8], file: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::BadCoredump {
            file: file.to_owned(),
            reason: one_line(&reason),
        };
        let core = Self::parse(bytes).map_err(|error| refused(error.to_string()))?;
        if !core.is_core {
            return Err(refused("it has no section `core`".to_owned()));
        }
        if core.memory > 1 << 32 {
            return Err(refused(
                "its memory has more than 4294967296 bytes".to_owned(),
            ));
        }
        if core.parts.windows(2).any(overlap) {
            return Err(refused("two of its data segments overlap".to_owned()));
        }
        if !core.own.is_null() && core.own["version"] != 1 {
            let version = &core.own["version"];
            return Err(refused(format!(
                "it is of version {version}, and this cargo-recover reads version 1"
            )));
        }
        Ok(core)
    }

    fn parse(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut core = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::CustomSection(section) => {
                    let reader = || BinaryReader::new(section.data(), section.data_offset());
                    match section.name() {
                        "core" => {
                            core.is_core = true;
                            core.name = CoreDumpSection::new(reader())?.name.to_owned();
                        }
                        "corestack" => {
                            let stack = CoreDumpStackSection::new(reader())?;
                            let frames = stack.frames.iter();
                            core.frames
                                .extend(frames.map(|frame| (frame.funcidx, frame.codeoffset)));
                        }
                        OURS => {
                            core.own = serde_json::from_slice(section.data()).unwrap_or_default()
                        }
                        _ => {}
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        core.memory = memory?.initial.saturating_mul(65536);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data?;
                        let DataKind::Active { offset_expr, .. } = data.kind else {
                            continue;
                        };
                        let mut operators = offset_expr.get_operators_reader();
                        if let Operator::I32Const { value } = operators.read()? {
                            let end = data.range.end;
                            core.parts.push((value as u32, end - data.data.len()..end));
                        }
                    }
                }
                _ => {}
            }
        }
        core.parts.retain(|(_, range)| !range.is_empty());
        core.parts.sort_by_key(|(start, _)| *start);
        Ok(core)
    }

    /// The build that it is of, if it says so.
    pub(crate) fn build(&self) -> Option<&str> {
        self.own["build"].as_str()
    }

    /// Its stack: with offsets in the module, where it has those; else `place` makes them of the function
    /// and the offset in it.
    pub(crate) fn stack(&self, place: impl Fn(u32, u32) -> Option<u32>) -> Input {
        let own = self.own["frames"].as_array();
        let own = own.into_iter().flatten().filter_map(|frame| {
            let index = u32::try_from(frame[0].as_i64()?).ok()?;
            Some((index, u32::try_from(frame[1].as_i64()?).ok()))
        });
        let mut frames: Vec<(u32, Option<u32>)> = own.collect();
        if frames.is_empty() {
            let all = self.frames.iter();
            frames.extend(all.map(|(index, offset)| (*index, place(*index, *offset))));
        }
        let line = |(index, offset): (u32, Option<u32>)| {
            let at = offset.map_or(String::new(), |offset| format!(":{offset:#x}"));
            let function = match index {
                0 => Function::Unknown,
                index => Function::Index(index),
            };
            Line {
                text: format!("    at wasm-function[{index}]{at}"),
                wasm: Some(Wasm { function, offset }),
            }
        };
        Input {
            report: None,
            build: self.build().map(str::to_owned),
            title: self.own["message"].as_str().map(str::to_owned),
            lines: frames.into_iter().map(line).collect(),
        }
    }

    /// The objects that the host knew of, each with its state, which `bytes`, those of the file, say.
    pub(crate) fn objects(&self, bytes: &[u8]) -> Vec<Object> {
        let all = self.own["objects"].as_array().into_iter().flatten();
        let object = |value: &Value| {
            let pointer = u32::try_from(value["pointer"].as_u64()?).ok()?;
            let state = value["state"]
                .as_u64()
                .and_then(|at| u32::try_from(at).ok());
            let state = state.and_then(|at| self.word(bytes, at));
            Some(Object {
                class: value["class"].as_str().unwrap_or("?").to_owned(),
                pointer,
                state: state.map(State::of),
            })
        };
        all.filter_map(object).collect()
    }

    /// A number in the memory. What is not in the file was zero.
    fn word(&self, bytes: &[u8], at: u32) -> Option<u32> {
        if u64::from(at) + 4 > self.memory {
            return None;
        }
        let byte = |at: u32| {
            let after = self.parts.partition_point(|(start, _)| *start <= at);
            let (start, range) = self.parts.get(after.checked_sub(1)?)?;
            let place = range.start + (at - start) as usize;
            bytes.get(place).copied().filter(|_| place < range.end)
        };
        // No memory ends above the last address.
        let word = [0, 1, 2, 3].map(|more| byte(at + more).unwrap_or(0));
        Some(u32::from_le_bytes(word))
    }

    /// Its first lines.
    pub(crate) fn head(&self) -> String {
        let of = self
            .build()
            .map_or(String::new(), |id| format!(", build {id}"));
        let during = self.own["export"].as_str();
        let during = during.map_or(String::new(), |name| format!(" in a call of `{name}`"));
        format!(
            "coredump of {}{of}\nthe instance ended{during}, with {} bytes of memory",
            self.name, self.memory
        )
    }

    /// The same as JSON, with what else is known.
    pub(crate) fn document(&self, stack: &str, objects: &[Object]) -> Value {
        let objects = objects.iter().map(|object| {
            let state = object.state.as_ref().map(ToString::to_string);
            json!({ "class": object.class, "pointer": object.pointer, "state": state })
        });
        json!({
            "type": "core",
            "module": self.name,
            "build": self.build(),
            "memory_bytes": self.memory,
            "stack": serde_json::from_str::<Value>(stack).unwrap_or_default(),
            "objects": objects.collect::<Vec<_>>(),
        })
    }
}

/// Whether the second of two parts begins in the first.
fn overlap(parts: &[(u32, Range<usize>)]) -> bool {
    match parts {
        [(start, range), (next, _)] => u64::from(*next) < u64::from(*start) + range.len() as u64,
        _ => false,
    }
}

/// An object of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// The class.
    pub(crate) class: String,
    /// The pointer in its handle.
    pub(crate) pointer: u32,
    /// What its cell says, where that is known.
    pub(crate) state: Option<State>,
}

/// What the word of a cell says: `recover-runtime/src/base/cell.rs` has the bits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    gone: bool,
    poisoned: bool,
    written: bool,
    readers: u32,
}

impl State {
    fn of(word: u32) -> Self {
        Self {
            gone: word & (1 << 29) != 0,
            poisoned: word & (1 << 30) != 0,
            written: word & (1 << 31) != 0,
            readers: word & ((1 << 27) - 1),
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self { gone: true, .. } => f.write_str("gone"),
            Self { written: true, .. } => f.write_str("held by a call that may write"),
            Self { poisoned: true, .. } => f.write_str("poisoned"),
            Self { readers: 0, .. } => f.write_str("free"),
            Self { readers, .. } => write!(f, "held by {readers} that read"),
        }
    }
}

#[cfg(test)]
#[path = "../tests/coredump.rs"]
mod tests;
