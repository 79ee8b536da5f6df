//! What the gauntlet runs, in plain Rust: one function per entry point of a
//! crate with a published advisory, through the crate's own public interface.
//!
//! Both twins (`ours` and `plain`) export exactly these functions, so that the
//! only difference between them is the attribute. Nothing here guards against
//! the faults: a check that hid one would make the demonstration a lie.

mod blur;
mod der;
mod headers;
mod proto;
mod xml;
mod yaml;

pub use blur::blurhash_decode;
pub use der::{bcder_integers, bcder_is_rsa, bcder_octets, bcder_oid, bcder_skip};
pub use headers::{HpackDecoder, hpack_decode};
pub use proto::{protobuf2_bytes, protobuf2_track, protobuf3_timestamp};
pub use xml::quick_xml_elements;
pub use yaml::{
    Node, Shape, ShapeVisitor, serde_yaml_rewrite, serde_yaml_shape, yaml_rust_outline,
    yaml_rust_rewrite,
};

use std::error::Error;
use std::fmt;

/// An input refused the orderly way, as the crates do where they check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DecodeError {
    /// The caller asked for an image without pixels.
    Blurhash(String),
    /// The header block breaks HPACK, and the decoder noticed.
    Hpack(String),
    /// The value breaks BER or DER, and the decoder noticed.
    Bcder(String),
    /// The text is no YAML, and the reader noticed.
    Yaml(String),
    /// The message breaks the wire format, and the reader noticed.
    Protobuf(String),
    /// The document is no XML, or a prefix has no namespace.
    Xml(String),
}

impl DecodeError {
    /// The message alone.
    pub fn reason(&self) -> &str {
        match self {
            Self::Blurhash(reason)
            | Self::Hpack(reason)
            | Self::Bcder(reason)
            | Self::Yaml(reason)
            | Self::Protobuf(reason)
            | Self::Xml(reason) => reason,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for DecodeError {}

/// Lower-case hex, for answers that are octets.
fn hex(octets: impl IntoIterator<Item = u8>) -> String {
    octets
        .into_iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}
