//! The id of a module: by it, a report and a debug file say which build they are of. Pure: bytes in,
//! bytes out.
//!
//! It is a hash of the module as it is shipped. The linker's own id (`--build-id`) is of what the linker
//! wrote; wasm-bindgen and the edits behind it change that, so two packages could have one id and
//! different offsets. The section is as the tool conventions have it: a length, and the bytes.

use wasmparser::{BinaryReaderError, Parser, Payload};

use crate::error::Error;
use crate::sections::{custom, edited};

/// The name of the section.
pub(crate) const SECTION: &str = "build_id";

/// The module with its id at its end, and the id; one that it had is replaced.
pub(crate) fn stamped(wasm: &[u8]) -> Result<(Vec<u8>, String), Error> {
    let mut wasm = edited(wasm, invalid, |payload| match payload {
        Payload::CustomSection(section) if section.name() == SECTION => Ok(Some(vec![])),
        _ => Ok(None),
    })?;
    let digest = sha1_smol::Sha1::from(&wasm).digest();
    wasm.extend(section(&digest.bytes()));
    Ok((wasm, digest.to_string()))
}

/// The section that holds an id.
pub(crate) fn section(id: &[u8]) -> Vec<u8> {
    // SHA-1 has 20 bytes: one is enough for the length.
    let mut content = vec![id.len() as u8];
    content.extend_from_slice(id);
    custom(SECTION, &content)
}

/// The id of a module, in hexadecimal digits, if it has one.
pub(crate) fn of(wasm: &[u8]) -> Option<String> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CustomSection(section) = payload.ok()?
            && section.name() == SECTION
        {
            return read(section.data());
        }
    }
    None
}

/// What a section of that name says.
pub(crate) fn read(content: &[u8]) -> Option<String> {
    let (length, id) = content.split_first()?;
    let id = id.get(..usize::from(*length))?;
    Some(id.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn invalid(error: BinaryReaderError) -> Error {
    Error::Glue(format!("the module is not understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn the_same_module_has_the_same_id_and_another_one_another() {
        let (wasm, id) = stamped(EMPTY).unwrap();
        assert_eq!(of(&wasm).unwrap(), id);
        assert_eq!(id.len(), 40);
        assert!(wasm.starts_with(EMPTY), "what was there keeps its offsets");
        let other = [EMPTY, &custom("x", b"y")].concat();
        assert_ne!(stamped(&other).unwrap().1, id);
    }

    #[test]
    fn an_id_that_was_there_is_replaced_and_changes_nothing() {
        let (wasm, id) = stamped(EMPTY).unwrap();
        let (again, same) = stamped(&wasm).unwrap();
        assert_eq!((again, same), (wasm, id));
        let linked = [EMPTY, &section(b"of the linker")].concat();
        assert_eq!(stamped(&linked).unwrap(), stamped(EMPTY).unwrap());
    }

    #[test]
    fn a_section_that_is_cut_has_no_id() {
        for content in [&b""[..], b"\x02a", b"\xffa"] {
            assert_eq!(read(content), None);
        }
        assert_eq!(of(EMPTY), None);
        assert_eq!(of(b"hello"), None);
    }
}
