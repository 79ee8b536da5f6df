//! A module rewritten section by section. Pure: bytes in, bytes out. What the sections mean
//! is the caller's.

use wasmparser::{BinaryReaderError, Parser, Payload};

/// The module with some sections replaced: `edit` answers the bytes that stand in place of a
/// section, its header included, or `None` where it stays.
pub(crate) fn edited<E>(
    wasm: &[u8],
    invalid: impl Fn(BinaryReaderError) -> E,
    mut edit: impl FnMut(&Payload<'_>) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<u8>, E> {
    let mut changed = Vec::with_capacity(wasm.len());
    // A section's range leaves its header out, so it begins where the one before ended.
    let mut end = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(&invalid)?;
        let range = match &payload {
            Payload::Version { range, .. } => range.clone(),
            other => match other.as_section() {
                Some((_, range)) => range,
                None => continue,
            },
        };
        match edit(&payload)? {
            Some(section) => changed.extend(section),
            None => changed.extend_from_slice(&wasm[end..range.end]),
        }
        end = range.end;
    }
    Ok(changed)
}

/// A custom section.
pub(crate) fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = vec![];
    push(&mut body, name.len() as u64);
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(content);
    let mut section = vec![0];
    push(&mut section, body.len() as u64);
    section.extend(body);
    section
}

/// Appends a number as LEB128.
pub(crate) fn push(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
