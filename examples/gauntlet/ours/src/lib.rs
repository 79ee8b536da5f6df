//! The gauntlet's functions behind `#[recoverable]`: the same crates, the same
//! faults, and no failure that costs more than the call that caused it.
//!
//! Same names, arguments and results as in `plain`; an error is a typed one.

mod guarded;

use gauntlet_core::HpackDecoder;
use guarded::Node;
use recover_runtime::{JsErrorClass, recoverable};

/// An input that the crate refused the orderly way.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum DecodeError {
    /// No such image.
    #[error("{reason}")]
    Blurhash {
        /// What was wrong with it.
        reason: String,
    },
    /// No such header block.
    #[error("{reason}")]
    Hpack {
        /// What was wrong with it.
        reason: String,
    },
    /// No such BER or DER value.
    #[error("{reason}")]
    Bcder {
        /// What was wrong with it.
        reason: String,
    },
    /// No such YAML.
    #[error("{reason}")]
    Yaml {
        /// What was wrong with it.
        reason: String,
    },
    /// No such message.
    #[error("{reason}")]
    Protobuf {
        /// What was wrong with it.
        reason: String,
    },
    /// No such XML.
    #[error("{reason}")]
    Xml {
        /// What was wrong with it.
        reason: String,
    },
}

impl From<gauntlet_core::DecodeError> for DecodeError {
    fn from(error: gauntlet_core::DecodeError) -> Self {
        use gauntlet_core::DecodeError as Core;
        match error {
            Core::Blurhash(reason) => Self::Blurhash { reason },
            Core::Hpack(reason) => Self::Hpack { reason },
            Core::Bcder(reason) => Self::Bcder { reason },
            Core::Yaml(reason) => Self::Yaml { reason },
            Core::Protobuf(reason) => Self::Protobuf { reason },
            Core::Xml(reason) => Self::Xml { reason },
        }
    }
}

/// Draws a blurhash as RGBA pixels.
#[recoverable]
pub fn blurhash_decode(hash: &str, width: u32, height: u32) -> Result<Vec<u8>, DecodeError> {
    Ok(gauntlet_core::blurhash_decode(hash, width, height)?)
}

/// Decodes one HTTP/2 header block with a fresh decoder.
#[recoverable]
pub fn hpack_decode(block: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::hpack_decode(block)?)
}

/// The header decoder of one HTTP/2 connection.
///
/// A panic keeps it as it is: the decoder reads a header entirely before it
/// changes its table, and what it has read the peer's table holds too.
#[recoverable(on_panic = "keep")]
pub struct HpackSession {
    decoder: HpackDecoder,
}

#[recoverable]
impl HpackSession {
    /// A decoder whose dynamic table holds `table_size` octets.
    #[recoverable(constructor)]
    pub fn new(table_size: u32) -> Self {
        Self {
            decoder: HpackDecoder::new(table_size as usize),
        }
    }

    /// Decodes the connection's next header block.
    pub fn decode(&mut self, block: &[u8]) -> Result<String, DecodeError> {
        Ok(self.decoder.decode(block)?)
    }
}

/// Prints a DER object identifier dotted.
#[recoverable]
pub fn bcder_oid(der: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::bcder_oid(der)?)
}

/// Prints a DER SEQUENCE OF INTEGER, comma separated.
#[recoverable]
pub fn bcder_integers(der: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::bcder_integers(der)?)
}

/// Prints a BER octet string as hex.
#[recoverable]
pub fn bcder_octets(ber: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::bcder_octets(ber)?)
}

/// Steps over one BER value; says how many octets it took.
#[recoverable]
pub fn bcder_skip(ber: &[u8]) -> Result<u32, DecodeError> {
    Ok(gauntlet_core::bcder_skip(ber)?)
}

/// Whether a DER AlgorithmIdentifier names RSA.
#[recoverable]
pub fn bcder_is_rsa(der: &[u8]) -> Result<bool, DecodeError> {
    Ok(gauntlet_core::bcder_is_rsa(der)?)
}

/// Rewrites YAML documents in yaml-rust's style.
#[recoverable]
pub fn yaml_rust_rewrite(text: &str) -> Result<String, DecodeError> {
    Ok(gauntlet_core::yaml_rust_rewrite(text)?)
}

/// Rewrites a YAML document in serde_yaml's style.
#[recoverable]
pub fn serde_yaml_rewrite(text: &str) -> Result<String, DecodeError> {
    Ok(gauntlet_core::serde_yaml_rewrite(text)?)
}

/// Prints a Timestamp as `seconds.nanoseconds`.
#[recoverable]
pub fn protobuf3_timestamp(message: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::protobuf3_timestamp(message)?)
}

/// Prints a BytesValue as hex.
#[recoverable]
pub fn protobuf2_bytes(message: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::protobuf2_bytes(message)?)
}

/// Prints a track as `name: number, …`.
#[recoverable]
pub fn protobuf2_track(message: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::protobuf2_track(message)?)
}

/// Names the elements of an XML document, comma separated.
#[recoverable]
pub fn quick_xml_elements(document: &[u8]) -> Result<String, DecodeError> {
    Ok(gauntlet_core::quick_xml_elements(document)?)
}

/// Names the scalars of YAML documents, down to 500 levels.
#[recoverable]
pub fn yaml_rust_outline(text: &str) -> Result<String, DecodeError> {
    Ok(gauntlet_core::yaml_rust_outline(text)?)
}

/// Counts the values of a YAML document.
#[recoverable]
pub fn serde_yaml_shape(text: &str) -> Result<String, DecodeError> {
    Ok(gauntlet_core::serde_yaml_shape::<Node>(text)?)
}
