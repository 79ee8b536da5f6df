//! The trap handler of an abort build for engines from before exnref. Pure: bytes in, bytes
//! out.
//!
//! wasm-bindgen makes its wrappers of the instructions that the module has, and of exnref
//! where it has none, as a module of stable Rust. So it is given one function of the old
//! instructions, which nothing calls; wasm-bindgen drops it when it is done.

use wasmparser::{Parser, Payload};

use crate::error::Error;
pub(super) use crate::sections::push;

const TYPES: u8 = 1;
const FUNCTIONS: u8 = 3;
const CODE: u8 = 10;

/// `() -> ()`.
const TYPE: &[u8] = &[0x60, 0, 0];
/// Its length; no locals; `try`, `catch_all`, `end`; `end`.
const BODY: &[u8] = &[6, 0, 0x06, 0x40, 0x19, 0x0b, 0x0b];

/// The module with that function.
pub(super) fn with_old_instructions(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let unknown = |reason: &str| Error::Glue(format!("the module is not understood: {reason}"));
    let mut changed = Vec::with_capacity(wasm.len() + 32);
    let mut types = None;
    let mut places = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| unknown(&error.to_string()))?;
        if let Payload::Version { range, .. } = &payload {
            changed.extend_from_slice(&wasm[range.clone()]);
        }
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let content = &wasm[range];
        let mut index = vec![];
        let more = match id {
            TYPES => {
                types = Some(number(content).ok_or_else(|| unknown("its types"))?.0);
                TYPE
            }
            FUNCTIONS => {
                push(&mut index, types.ok_or_else(|| unknown("it has no types"))?);
                &index
            }
            CODE => BODY,
            _ => {
                section(&mut changed, id, content);
                continue;
            }
        };
        let (count, length) = number(content).ok_or_else(|| unknown("a section"))?;
        let mut longer = vec![];
        push(&mut longer, count + 1);
        longer.extend_from_slice(&content[length..]);
        longer.extend_from_slice(more);
        section(&mut changed, id, &longer);
        places += 1;
    }
    match places {
        3 => Ok(changed),
        _ => Err(unknown("it has no functions")),
    }
}

fn section(module: &mut Vec<u8>, id: u8, content: &[u8]) {
    module.push(id);
    push(module, content.len() as u64);
    module.extend_from_slice(content);
}

/// The number that `bytes` begin with, and how long it is.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use wasmparser::{Validator, WasmFeatures};

    use super::*;

    /// `() -> ()`, one function of it, a custom section.
    const MODULE: &[u8] = &[
        0, b'a', b's', b'm', 1, 0, 0, 0, // header
        1, 4, 1, 0x60, 0, 0, // types
        3, 2, 1, 0, // functions
        10, 4, 1, 2, 0, 0x0b, // code
        0, 3, 1, b'x', 7, // custom
    ];

    #[test]
    fn a_function_is_added_and_the_module_stays_valid() {
        let changed = with_old_instructions(MODULE).unwrap();
        let features = WasmFeatures::default() | WasmFeatures::LEGACY_EXCEPTIONS;
        let mut validator = Validator::new_with_features(features);
        validator.validate_all(&changed).unwrap();
        assert!(changed.ends_with(&[0, 3, 1, b'x', 7]));
        assert!(changed.windows(BODY.len()).any(|bytes| bytes == BODY));
    }

    #[test]
    fn numbers_of_any_length_are_read_and_written() {
        for value in [0, 127, 128, 300_000, u64::from(u32::MAX)] {
            let mut bytes = vec![];
            push(&mut bytes, value);
            assert_eq!(number(&bytes), Some((value, bytes.len())));
        }
        assert_eq!(number(&[0x80; 6]), None);
    }

    #[test]
    fn a_module_without_functions_is_refused() {
        let error = with_old_instructions(&MODULE[..8]).unwrap_err();
        assert!(error.to_string().contains("no functions"), "{error}");
    }
}
