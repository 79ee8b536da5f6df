//! hpack 0.3.0 (RUSTSEC-2023-0085): HTTP/2 header blocks, sent by the peer.

use crate::DecodeError;

/// Decodes one header block with a fresh decoder: a line `name: value` each.
pub fn hpack_decode(block: &[u8]) -> Result<String, DecodeError> {
    HpackDecoder::new(4096).decode(block)
}

/// The decoder of one connection. Its dynamic table outlives each call, which
/// is how HPACK is meant to be used, and what a torn or locked object loses.
pub struct HpackDecoder {
    inner: hpack::Decoder<'static>,
}

impl HpackDecoder {
    /// A decoder whose dynamic table holds `table_size` octets.
    pub fn new(table_size: usize) -> Self {
        let mut inner = hpack::Decoder::new();
        inner.set_max_table_size(table_size);
        Self { inner }
    }

    /// Decodes the connection's next header block: a line `name: value` each.
    pub fn decode(&mut self, block: &[u8]) -> Result<String, DecodeError> {
        let headers = self
            .inner
            .decode(block)
            .map_err(|error| DecodeError::Hpack(format!("{error:?}")))?;
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}: {}",
                    String::from_utf8_lossy(name),
                    String::from_utf8_lossy(value)
                )
            })
            .collect();
        Ok(lines.join("\n"))
    }
}
