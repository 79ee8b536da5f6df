//! The gauntlet's functions behind plain `#[wasm_bindgen]`, as one would write
//! them today: the twin that shows what a panic costs without recover.
//!
//! Same names, arguments and results as in `ours`; an error is a `JsError`.

use gauntlet_core::HpackDecoder;
use wasm_bindgen::prelude::*;

/// Draws a blurhash as RGBA pixels.
#[wasm_bindgen]
pub fn blurhash_decode(hash: &str, width: u32, height: u32) -> Result<Vec<u8>, JsError> {
    Ok(gauntlet_core::blurhash_decode(hash, width, height)?)
}

/// Decodes one HTTP/2 header block with a fresh decoder.
#[wasm_bindgen]
pub fn hpack_decode(block: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::hpack_decode(block)?)
}

/// The header decoder of one HTTP/2 connection.
#[wasm_bindgen]
pub struct HpackSession {
    decoder: HpackDecoder,
}

#[wasm_bindgen]
impl HpackSession {
    /// A decoder whose dynamic table holds `table_size` octets.
    #[wasm_bindgen(constructor)]
    pub fn new(table_size: u32) -> Self {
        Self {
            decoder: HpackDecoder::new(table_size as usize),
        }
    }

    /// Decodes the connection's next header block.
    pub fn decode(&mut self, block: &[u8]) -> Result<String, JsError> {
        Ok(self.decoder.decode(block)?)
    }
}

/// Prints a DER object identifier dotted.
#[wasm_bindgen]
pub fn bcder_oid(der: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::bcder_oid(der)?)
}

/// Prints a DER SEQUENCE OF INTEGER, comma separated.
#[wasm_bindgen]
pub fn bcder_integers(der: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::bcder_integers(der)?)
}

/// Prints a BER octet string as hex.
#[wasm_bindgen]
pub fn bcder_octets(ber: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::bcder_octets(ber)?)
}

/// Steps over one BER value; says how many octets it took.
#[wasm_bindgen]
pub fn bcder_skip(ber: &[u8]) -> Result<u32, JsError> {
    Ok(gauntlet_core::bcder_skip(ber)?)
}

/// Whether a DER AlgorithmIdentifier names RSA.
#[wasm_bindgen]
pub fn bcder_is_rsa(der: &[u8]) -> Result<bool, JsError> {
    Ok(gauntlet_core::bcder_is_rsa(der)?)
}

/// Rewrites YAML documents in yaml-rust's style.
#[wasm_bindgen]
pub fn yaml_rust_rewrite(text: &str) -> Result<String, JsError> {
    Ok(gauntlet_core::yaml_rust_rewrite(text)?)
}

/// Rewrites a YAML document in serde_yaml's style.
#[wasm_bindgen]
pub fn serde_yaml_rewrite(text: &str) -> Result<String, JsError> {
    Ok(gauntlet_core::serde_yaml_rewrite(text)?)
}

/// Prints a Timestamp as `seconds.nanoseconds`.
#[wasm_bindgen]
pub fn protobuf3_timestamp(message: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::protobuf3_timestamp(message)?)
}

/// Prints a BytesValue as hex.
#[wasm_bindgen]
pub fn protobuf2_bytes(message: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::protobuf2_bytes(message)?)
}

/// Prints a track as `name: number, …`.
#[wasm_bindgen]
pub fn protobuf2_track(message: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::protobuf2_track(message)?)
}

/// Names the elements of an XML document, comma separated.
#[wasm_bindgen]
pub fn quick_xml_elements(document: &[u8]) -> Result<String, JsError> {
    Ok(gauntlet_core::quick_xml_elements(document)?)
}

/// Names the scalars of YAML documents, down to 500 levels.
#[wasm_bindgen]
pub fn yaml_rust_outline(text: &str) -> Result<String, JsError> {
    Ok(gauntlet_core::yaml_rust_outline(text)?)
}

/// Counts the values of a YAML document.
#[wasm_bindgen]
pub fn serde_yaml_shape(text: &str) -> Result<String, JsError> {
    Ok(gauntlet_core::serde_yaml_shape::<gauntlet_core::Node>(
        text,
    )?)
}
