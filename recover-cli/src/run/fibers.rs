//! The module's side of calls that suspend, before wasm-bindgen gets it. Pure: bytes in, bytes out.
//!
//! Such a call has a shadow stack of its own somewhere in the memory. That of the module ends at the
//! address 0, below which no access is; at the end of another there is somebody else's memory. So
//! wherever the stack pointer is set, it is compared with the lowest value that the host has set for
//! the stack that runs: a call that goes lower traps there, as one on the module's stack does. A
//! module that has no call that suspends loses only the function that would enter one. One that has
//! loses its debug info, which tells of other places in the code; names stay.

use wasmparser::{
    BinaryReader, BinaryReaderError, CodeSectionReader, ExternalKind, Name, NameSectionReader,
    Operator, Parser, Payload, TypeRef,
};

use super::handler::{number, push};
use crate::error::Error;
use crate::sections::edited;

/// What the host enters a fiber by.
const ENTRY: &str = "__recover_fiber";
/// What Rust has the host make one by; a module without such a call does not import it.
const MAKES: &str = "__wbg_recoverFiber_";
/// The names by which the host finds the two globals.
const POINTER: &str = "__stack_pointer";
const LOWEST: &str = "__recover_stack_low";

const GLOBALS: u8 = 6;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;

/// What has to be known of a module before it is changed.
#[derive(Default)]
struct Facts {
    /// It has calls that suspend.
    suspends: bool,
    /// It exports the entry.
    has_entry: bool,
    /// The stack pointer, and whether it is exported.
    pointer: Option<u32>,
    is_exported: bool,
    /// How many globals there are.
    globals: u32,
}

/// The module, ready for calls that suspend or without a trace of them.
pub(super) fn ready(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let facts = facts(wasm).map_err(invalid)?;
    match (facts.suspends, facts.has_entry, facts.pointer) {
        (_, false, _) => Ok(wasm.to_vec()),
        (false, true, _) => edited(wasm, invalid, |payload| match payload {
            Payload::ExportSection(section) => {
                let mut kept = vec![];
                let mut count = 0;
                let mut entries = section.clone().into_iter_with_offsets().peekable();
                while let Some(entry) = entries.next() {
                    let (start, export) = entry.map_err(invalid)?;
                    let next = match entries.peek() {
                        Some(Ok((next, _))) => *next,
                        _ => section.range().end,
                    };
                    if export.name != ENTRY {
                        count += 1;
                        kept.extend_from_slice(&wasm[start..next]);
                    }
                }
                Ok(Some(with_count(EXPORTS, count, &kept)))
            }
            _ => Ok(None),
        }),
        (true, true, None) => Err(unknown("its stack pointer has no name")),
        (true, true, Some(pointer)) => edited(wasm, invalid, |payload| {
            // It tells where the code was before it was changed.
            if let Payload::CustomSection(section) = payload
                && section.name().starts_with(".debug_")
            {
                return Ok(Some(vec![]));
            }
            let Some((id, range)) = payload.as_section() else {
                return Ok(None);
            };
            let content = &wasm[range.clone()];
            match id {
                GLOBALS => {
                    // A number of 32 bits that changes, at first 0.
                    longer(id, content, &[0x7f, 1, 0x41, 0, 0x0b], 1).map(Some)
                }
                EXPORTS => {
                    let mut more = export(LOWEST, facts.globals);
                    if !facts.is_exported {
                        more.extend(export(POINTER, pointer));
                    }
                    let count = 2 - u64::from(facts.is_exported);
                    longer(id, content, &more, count).map(Some)
                }
                CODE => {
                    let reader = BinaryReader::new(content, range.start);
                    let section = CodeSectionReader::new(reader).map_err(invalid)?;
                    let check = check(pointer, facts.globals);
                    let code = checked(wasm, section, pointer, &check).map_err(invalid)?;
                    Ok(Some(code))
                }
                _ => Ok(None),
            }
        }),
    }
}

fn invalid(error: BinaryReaderError) -> Error {
    unknown(&error.to_string())
}

fn unknown(what: &str) -> Error {
    Error::Glue(format!("the module is not understood: {what}"))
}

fn facts(wasm: &[u8]) -> Result<Facts, BinaryReaderError> {
    let mut facts = Facts::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    facts.suspends |= import.name.starts_with(MAKES);
                    facts.globals += u32::from(matches!(import.ty, TypeRef::Global(_)));
                }
            }
            Payload::GlobalSection(section) => facts.globals += section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    facts.has_entry |= export.name == ENTRY && export.kind == ExternalKind::Func;
                    facts.is_exported |= export.name == POINTER;
                }
            }
            Payload::CustomSection(section) if section.name() == "name" => {
                let reader = BinaryReader::new(section.data(), section.data_offset());
                for names in NameSectionReader::new(reader) {
                    if let Name::Global(names) = names? {
                        for naming in names {
                            let naming = naming?;
                            if naming.name == POINTER {
                                facts.pointer = Some(naming.index);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// Traps if the stack pointer is lower than it may be.
fn check(pointer: u32, lowest: u32) -> Vec<u8> {
    let mut code = vec![0x23];
    push(&mut code, pointer.into());
    code.push(0x23);
    push(&mut code, lowest.into());
    // i32.lt_u; if; unreachable; end
    code.extend([0x49, 0x04, 0x40, 0x00, 0x0b]);
    code
}

/// The code, with `check` behind each instruction that sets the stack pointer.
fn checked(
    wasm: &[u8],
    section: CodeSectionReader<'_>,
    pointer: u32,
    check: &[u8],
) -> Result<Vec<u8>, BinaryReaderError> {
    let count = section.count();
    let mut bodies = vec![];
    for body in section {
        let body = body?;
        let range = body.range();
        let mut changed = Vec::with_capacity(range.len());
        let mut end = range.start;
        let mut is_set = false;
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, at) = operator?;
            if is_set {
                changed.extend_from_slice(&wasm[end..at]);
                changed.extend_from_slice(check);
                end = at;
            }
            is_set =
                matches!(operator, Operator::GlobalSet { global_index } if global_index == pointer);
        }
        changed.extend_from_slice(&wasm[end..range.end]);
        push(&mut bodies, changed.len() as u64);
        bodies.extend(changed);
    }
    Ok(with_count(CODE, count.into(), &bodies))
}

fn export(name: &str, global: u32) -> Vec<u8> {
    let mut entry = vec![];
    push(&mut entry, name.len() as u64);
    entry.extend(name.bytes());
    entry.push(3);
    push(&mut entry, global.into());
    entry
}

/// A section with more entries behind those that it has.
fn longer(id: u8, content: &[u8], more: &[u8], count: u64) -> Result<Vec<u8>, Error> {
    let (before, length) = number(content).ok_or_else(|| unknown("a section"))?;
    let entries = [&content[length..], more].concat();
    Ok(with_count(id, before + count, &entries))
}

fn with_count(id: u8, count: u64, entries: &[u8]) -> Vec<u8> {
    let mut content = vec![];
    push(&mut content, count);
    content.extend_from_slice(entries);
    let mut section = vec![id];
    push(&mut section, content.len() as u64);
    section.extend(content);
    section
}

#[cfg(test)]
mod tests {
    use wasmparser::Validator;

    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, content.len() as u8], content].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        [&[text.len() as u8], text.as_bytes()].concat()
    }

    /// A module with a stack pointer, a global before it, and a function that lowers the pointer by
    /// 16 and puts it back. It may import what makes a fiber, and name the pointer.
    fn module(suspends: bool, is_named: bool) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend(section(1, &[1, 0x60, 0, 0]));
        if suspends {
            let import = [&[1, 1, b'm'][..], &text("__wbg_recoverFiber_00"), &[0, 0]].concat();
            module.extend(section(2, &import));
        }
        module.extend(section(3, &[1, 0]));
        module.extend(section(5, &[1, 0, 1]));
        let global = |value| [0x7f, 1, 0x41, value, 0x0b];
        module.extend(section(6, &[&[2][..], &global(1), &global(32)].concat()));
        let function = u8::from(suspends);
        let exports = [
            &[2][..],
            &text("memory"),
            &[2, 0],
            &text(ENTRY),
            &[0, function],
        ];
        module.extend(section(7, &exports.concat()));
        // global.get 1; i32.const 16; i32.sub; global.set 1; and the same with i32.add.
        let half = |operation| [0x23, 1, 0x41, 16, operation, 0x24, 1];
        let body = [&[0][..], &half(0x6b), &half(0x6a), &[0x0b]].concat();
        module.extend(section(10, &[&[1, body.len() as u8][..], &body].concat()));
        module.extend(section(0, &text(".debug_line")));
        if is_named {
            let names = [&[1, 1][..], &text(POINTER)].concat();
            let names = [&text("name")[..], &section(7, &names)].concat();
            module.extend(section(0, &names));
        }
        Validator::new().validate_all(&module).unwrap();
        module
    }

    fn exports(wasm: &[u8]) -> Vec<(String, u32)> {
        let mut found = vec![];
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::ExportSection(section) = payload.unwrap() {
                let exports = section.into_iter().map(Result::unwrap);
                found.extend(exports.map(|it| (it.name.to_owned(), it.index)));
            }
        }
        found
    }

    fn many(wasm: &[u8], part: &[u8]) -> usize {
        wasm.windows(part.len()).filter(|it| *it == part).count()
    }

    #[test]
    fn a_module_without_a_call_that_suspends_loses_the_entry_and_nothing_else() {
        let module = module(false, true);
        let changed = ready(&module).unwrap();
        Validator::new().validate_all(&changed).unwrap();
        assert_eq!(exports(&changed), [("memory".to_owned(), 0)]);
        let gone = text(ENTRY).len() + 2;
        assert_eq!(changed.len(), module.len() - gone);
        assert_eq!(ready(&changed).unwrap(), changed, "there is none to lose");
    }

    #[test]
    fn each_change_of_the_stack_pointer_is_checked() {
        let changed = ready(&module(true, true)).unwrap();
        Validator::new().validate_all(&changed).unwrap();
        let set_and_check = [&[0x24, 1][..], &check(1, 2)].concat();
        assert_eq!(many(&changed, &set_and_check), 2);
        let names = exports(&changed);
        for (name, index) in [("memory", 0), (ENTRY, 1), (LOWEST, 2), (POINTER, 1)] {
            assert!(names.contains(&(name.to_owned(), index)), "{names:?}");
        }
        assert_eq!(many(&changed, b".debug_line"), 0, "it would tell lies");
    }

    #[test]
    fn a_stack_pointer_without_a_name_is_refused() {
        let error = ready(&module(true, false)).unwrap_err();
        assert!(error.to_string().contains("stack pointer"), "{error}");
    }
}
