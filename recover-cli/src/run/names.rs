//! Shortens the names that functions have in stack traces. Pure: bytes in, bytes out.
//!
//! rustc's names hold numbers of crates and all generic arguments, and are a sixth of a small
//! module. The path of a function is enough to find it. One of the standard library, of
//! wasm-bindgen or of the runtime says nothing of the user's code, and an import is no frame of a
//! trace. A build with debug info keeps all of them, and the section that names the tools by which the module was made:
//! nothing reads it where the module runs.

use wasmparser::{BinaryReader, BinaryReaderError, NameMap, Payload, TypeRef};

use super::handler::{number, push};
use crate::error::Error;
use crate::sections::edited;

/// The part of the section that names functions.
const FUNCTIONS: u8 = 1;
/// What wasm-bindgen lays around a function, whose name stands beside it in a trace.
pub(super) const WRAPPERS: [&str; 4] = [
    " catch wrapper",
    " externref shim",
    " multivalue shim",
    " sp wrapper",
];
/// How names begin that wasm-bindgen and the runtime export for the glue.
const OF_THE_GLUE: [&str; 3] = ["__externref_", "__recover_", "__wbindgen_"];
/// Crates whose functions need no names; `_` stands for the type of a slice.
pub(super) const UNNAMED: [&str; 13] = [
    "_",
    "__rustc",
    "alloc",
    "core",
    "dlmalloc",
    "hashbrown",
    "panic_unwind",
    "postcard",
    "recover_runtime",
    "serde",
    "serde_core",
    "std",
    "wasm_bindgen",
];

/// The module with short names.
pub(super) fn shortened(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let unknown = |reason: &str| Error::Glue(format!("the module is not understood: {reason}"));
    let invalid = |error: BinaryReaderError| unknown(&error.to_string());
    let mut imports = 0;
    edited(wasm, invalid, |payload| match payload {
        Payload::ImportSection(section) => {
            for import in section.clone().into_imports() {
                let ty = import.map_err(invalid)?.ty;
                imports += u32::from(matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
            }
            Ok(None)
        }
        Payload::CustomSection(section) if section.name() == "name" => {
            let content = named(section.data(), imports).ok_or_else(|| unknown("its names"))?;
            let mut body = vec![];
            push(&mut body, 4);
            body.extend(b"name");
            body.extend(content);
            let mut section = vec![0];
            push(&mut section, body.len() as u64);
            section.extend(body);
            Ok(Some(section))
        }
        Payload::CustomSection(section) if section.name() == "producers" => Ok(Some(vec![])),
        _ => Ok(None),
    })
}

/// The content of the section, in a module with that many imported functions.
fn named(mut rest: &[u8], imports: u32) -> Option<Vec<u8>> {
    let mut changed = vec![];
    while let Some((&kind, more)) = rest.split_first() {
        let (length, read) = number(more)?;
        let content = more.get(read..)?.get(..length as usize)?;
        rest = &more[read + content.len()..];
        let content = match kind {
            FUNCTIONS => functions(content, imports)?,
            _ => content.to_vec(),
        };
        changed.push(kind);
        push(&mut changed, content.len() as u64);
        changed.extend(content);
    }
    Some(changed)
}

fn functions(content: &[u8], imports: u32) -> Option<Vec<u8>> {
    let (mut count, mut changed) = (0, vec![]);
    for naming in NameMap::new(BinaryReader::new(content, 0)).ok()? {
        let naming = naming.ok()?;
        let name = short(naming.name);
        let wraps = WRAPPERS.iter().any(|kind| name.ends_with(kind))
            || OF_THE_GLUE.iter().any(|kind| name.starts_with(kind));
        if wraps || naming.index < imports || UNNAMED.contains(&of_crate(&name)) {
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
pub(super) fn short(name: &str) -> String {
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

/// The crate of a name, or of the type whose method it is, or of the trait where the type has none.
fn of_crate(name: &str) -> &str {
    let path = name.trim_start_matches(['<', '&', '*', '[', ']', '(', ')']);
    let path = path.strip_prefix("dyn ").unwrap_or(path);
    let end = path.find(|char: char| !char.is_alphanumeric() && char != '_');
    let (first, rest) = path.split_at(end.unwrap_or(path.len()));
    match rest.split_once(" as ") {
        Some((_, of_trait)) if !rest.starts_with("::") => of_crate(of_trait),
        _ => first,
    }
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
    fn names_of_the_users_own_functions_stay_and_no_others() {
        let mut content = vec![8];
        for (index, name) in [
            "app::js_log::__wbg_log_1f2e",
            "app[1f]::put::<u8>",
            "core[2e]::ptr::drop_glue::<u8>",
            "put",
            "<recover_runtime[3d]::Guard<app[1f]::Store> as core[2e]::ops::Drop>::drop",
            "<u8 as <[_]>::to_vec_in::ConvertVec>::to_vec::<alloc[4c]::Global>",
            "<u8 as app[1f]::Sum>::sum",
            "__wbindgen_free",
        ]
        .iter()
        .enumerate()
        {
            content.extend([index as u8, name.len() as u8]);
            content.extend(name.bytes());
        }
        let mut section = b"\x04name".to_vec();
        // The name of the module stays.
        section.extend([0, 2, 1, b'm', FUNCTIONS]);
        push(&mut section, content.len() as u64);
        section.extend(content);
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        // A type, and an imported function of it: `e.f`, which the first name is of.
        wasm.extend(b"\x01\x04\x01\x60\0\0\x02\x07\x01\x01e\x01f\0\0");
        wasm.push(0);
        push(&mut wasm, section.len() as u64);
        wasm.extend(section);
        wasm.extend([0, 2, 1, b'x']);
        wasm.extend(b"\0\x0b\x09producers\0");
        let names = b"\0\x32\x04name\0\x02\x01m\x01\x27\x03\x01\x08app::put\x03\x03put\x06\x15<u8 as app::Sum>::sum";
        let mut expected = wasm[..23].to_vec();
        expected.extend(names);
        expected.extend(b"\0\x02\x01x");
        let shortened = shortened(&wasm).unwrap();
        assert_eq!(
            shortened.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
        assert!(super::shortened(&wasm[..9]).is_err());
    }
}
