//! The build id of a component, where its own code reads it and where tools do.
//!
//! The code has a static for it, behind a mark; a failure tells it to the caller. The id is a hash of the component
//! with zeros in that place, so the same component has the same id.

use wasmparser::{Parser, Payload};

use crate::build_id;
use crate::component_error::ComponentError;
use crate::error::{Error, one_line};

/// What stands before the place in the data of a module, as recover-runtime has it.
pub(crate) const MARK: &[u8] = b"recover-build-id";

/// The length of an id: SHA-1's.
const LENGTH: usize = 20;

/// A component with its id.
#[derive(Debug)]
pub(crate) struct Stamped {
    /// Its bytes.
    pub(crate) wasm: Vec<u8>,
    /// The id, in hexadecimal digits.
    pub(crate) build: String,
    /// Whether its own code can read it.
    pub(crate) known: bool,
}

/// Writes the id into the places for it, and into a section at the end.
pub(crate) fn stamped(component: &[u8]) -> Result<Stamped, Error> {
    let places = places(component)?;
    let mut wasm = component.to_vec();
    let digest = sha1_smol::Sha1::from(&wasm).digest();
    for place in &places {
        wasm[*place..place + LENGTH].copy_from_slice(&digest.bytes());
    }
    wasm.extend(build_id::section(&digest.bytes()));
    Ok(Stamped {
        wasm,
        build: digest.to_string(),
        known: !places.is_empty(),
    })
}

/// Where ids go: behind each mark in the data of a module that has zeros behind it. Where it has none, somebody
/// speaks of the mark.
fn places(component: &[u8]) -> Result<Vec<usize>, Error> {
    let invalid = |error: wasmparser::BinaryReaderError| {
        Error::from(ComponentError::Invalid(one_line(&error.to_string())))
    };
    let mut places = vec![];
    for payload in Parser::new(0).parse_all(component) {
        let Payload::DataSection(segments) = payload.map_err(invalid)? else {
            continue;
        };
        for segment in segments {
            let segment = segment.map_err(invalid)?;
            let begin = segment.range.end - segment.data.len();
            let found = segment.data.windows(MARK.len() + LENGTH).enumerate();
            let found = found.filter(|(_, bytes)| {
                bytes.starts_with(MARK) && bytes[MARK.len()..].iter().all(|byte| *byte == 0)
            });
            places.extend(found.map(|(at, _)| begin + at + MARK.len()));
        }
    }
    Ok(places)
}
