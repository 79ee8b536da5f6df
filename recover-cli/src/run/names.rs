//! Shortens the names that functions have in stack traces. Pure: bytes in, bytes out.
//!
//! rustc's names hold numbers of crates and all generic arguments, and are a sixth of a small
//! module. The path of a function is enough to find it; one of the standard library, or a
//! wrapper of wasm-bindgen's, says nothing of the user's code. A build with debug info keeps all of them.

use wasmparser::{BinaryReader, BinaryReaderError, NameMap, Payload};

use super::handler::{number, push};
use crate::error::Error;
use crate::sections::edited;

/// The part of the section that names functions.
const FUNCTIONS: u8 = 1;
/// What wasm-bindgen lays around a function, whose name stands beside it in a trace.
const WRAPPERS: [&str; 3] = [" catch wrapper", " externref shim", " sp wrapper"];
/// Crates whose functions need no names.
const STANDARD: [&str; 6] = ["alloc", "core", "dlmalloc", "hashbrown", "std", "__rustc"];

/// The module with short names.
pub(super) fn shortened(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let unknown = |reason: &str| Error::Glue(format!("the module is not understood: {reason}"));
    let invalid = |error: BinaryReaderError| unknown(&error.to_string());
    edited(wasm, invalid, |payload| match payload {
        Payload::CustomSection(section) if section.name() == "name" => {
            let content = named(section.data()).ok_or_else(|| unknown("its names"))?;
            let mut body = vec![];
            push(&mut body, 4);
            body.extend(b"name");
            body.extend(content);
            let mut section = vec![0];
            push(&mut section, body.len() as u64);
            section.extend(body);
            Ok(Some(section))
        }
        _ => Ok(None),
    })
}

/// The content of the section.
fn named(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut changed = vec![];
    while let Some((&kind, more)) = rest.split_first() {
        let (length, read) = number(more)?;
        let content = more.get(read..)?.get(..length as usize)?;
        rest = &more[read + content.len()..];
        let content = match kind {
            FUNCTIONS => functions(content)?,
            _ => content.to_vec(),
        };
        changed.push(kind);
        push(&mut changed, content.len() as u64);
        changed.extend(content);
    }
    Some(changed)
}

fn functions(content: &[u8]) -> Option<Vec<u8>> {
    let (mut count, mut changed) = (0, vec![]);
    for naming in NameMap::new(BinaryReader::new(content, 0)).ok()? {
        let naming = naming.ok()?;
        let name = short(naming.name);
        let wraps = WRAPPERS.iter().any(|kind| name.ends_with(kind));
        if wraps || STANDARD.contains(&of_crate(&name)) {
            continue;
        }
        count += 1;
        push(&mut changed, naming.index.into());
        push(&mut changed, name.len() as u64);
        changed.extend(name.bytes());
    }
    let mut content = vec![];
    push(&mut content, count);
    content.extend(changed);
    Some(content)
}

/// A name without the numbers of crates, `core[1f…]`, and without generic arguments.
fn short(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let after_name = out.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        if first == '[' && after_name {
            if let Some((inside, tail)) = rest[1..].split_once(']')
                && inside.bytes().all(|byte| byte.is_ascii_hexdigit())
            {
                rest = tail;
                continue;
            }
        } else if (rest.starts_with("::<") || (first == '<' && after_name))
            && let Some(end) = closing(rest)
        {
            rest = &rest[end..];
            continue;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// Where the first angle bracket is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        match char {
            '<' => depth += 1,
            // Not that of an arrow.
            '>' if before != '-' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        before = char;
    }
    None
}

/// The crate of a name, or of the type whose method it is.
fn of_crate(name: &str) -> &str {
    let name = name.trim_start_matches(['<', '&', '*', '[', ']', '(', ')']);
    let name = name.strip_prefix("dyn ").unwrap_or(name);
    let end = name.find(|char: char| !char.is_alphanumeric() && char != '_');
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_path() {
        for (long, expected) in [
            ("app[1f2e3d]::Store::put", "app::Store::put"),
            (
                "recover[1f]::call::settle::<(recover[1f]::Owned<fn(u8) -> u8>, ())>::{closure#0}",
                "recover::call::settle::{closure#0}",
            ),
            (
                "<app[a]::List<u8> as core[b]::ops::Drop>::drop",
                "<app::List as core::ops::Drop>::drop",
            ),
            (
                "<[u8; 3] as app[a]::Sum>::sum",
                "<[u8; 3] as app::Sum>::sum",
            ),
            ("store_put", "store_put"),
            ("odd < name", "odd < name"),
        ] {
            assert_eq!(short(long), expected);
        }
    }

    #[test]
    fn names_of_the_standard_library_and_of_wrappers_go_and_others_stay() {
        let mut content = vec![3];
        for (index, name) in [
            "app[1f]::put::<u8>",
            "core[2e]::ptr::drop_glue::<u8>",
            "put",
        ]
        .iter()
        .enumerate()
        {
            content.extend([index as u8, name.len() as u8]);
            content.extend(name.bytes());
        }
        let mut section = vec![4];
        section.extend(b"name");
        // The name of the module stays.
        section.extend([0, 2, 1, b'm', FUNCTIONS, content.len() as u8]);
        section.extend(content);
        let mut wasm = b"\0asm\x01\0\0\0\0".to_vec();
        wasm.push(section.len() as u8);
        wasm.extend(section);
        wasm.extend([0, 2, 1, b'x']);
        let expected = b"\0asm\x01\0\0\0\0\x1b\x04name\0\x02\x01m\x01\x10\x02\0\x08app::put\x02\x03put\0\x02\x01x";
        assert_eq!(shortened(&wasm).unwrap(), expected);
        assert!(shortened(&wasm[..9]).is_err());
    }
}
