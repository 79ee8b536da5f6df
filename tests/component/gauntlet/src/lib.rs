//! Two of the gauntlet's crates as a component: the same functions as in examples/gauntlet/ours, for callers in any
//! language. Nothing here guards against the faults.

wit_bindgen::generate!({
    world: "gauntlet",
    path: "wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});

use exports::recover::gauntlet::{bcder, hpack};
use gauntlet_core::HpackDecoder;
use recover_runtime::component::Resource;
use recover_runtime::{ErrorClass, recoverable};

/// What the world exports.
pub struct Component;

/// An input that the crate refused the orderly way.
#[derive(Debug, thiserror::Error, ErrorClass)]
pub enum DecodeError {
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
}

impl From<gauntlet_core::DecodeError> for DecodeError {
    fn from(error: gauntlet_core::DecodeError) -> Self {
        let reason = error.reason().to_owned();
        match error {
            gauntlet_core::DecodeError::Hpack(_) => Self::Hpack { reason },
            _ => Self::Bcder { reason },
        }
    }
}

#[recoverable]
impl bcder::Guest for Component {
    fn oid(der: Vec<u8>) -> Result<String, DecodeError> {
        Ok(gauntlet_core::bcder_oid(&der)?)
    }

    fn integers(der: Vec<u8>) -> Result<String, DecodeError> {
        Ok(gauntlet_core::bcder_integers(&der)?)
    }

    fn octets(ber: Vec<u8>) -> Result<String, DecodeError> {
        Ok(gauntlet_core::bcder_octets(&ber)?)
    }

    fn skip(ber: Vec<u8>) -> Result<u32, DecodeError> {
        Ok(gauntlet_core::bcder_skip(&ber)?)
    }

    fn is_rsa(der: Vec<u8>) -> Result<bool, DecodeError> {
        Ok(gauntlet_core::bcder_is_rsa(&der)?)
    }
}

#[recoverable]
impl hpack::Guest for Component {
    type Session = Resource<Session>;

    fn decode(block: Vec<u8>) -> Result<String, DecodeError> {
        Ok(gauntlet_core::hpack_decode(&block)?)
    }
}

/// The header decoder of one HTTP/2 connection.
///
/// A panic keeps it as it is: the decoder reads a header entirely before it
/// changes its table, and what it has read the peer's table holds too.
#[recoverable(component, on_panic = "keep")]
pub struct Session {
    decoder: HpackDecoder,
}

#[recoverable(resource = hpack::GuestSession)]
impl Session {
    /// A decoder whose dynamic table holds `table_size` octets.
    #[recoverable(constructor)]
    pub fn new(table_size: u32) -> Self {
        Self {
            decoder: HpackDecoder::new(table_size as usize),
        }
    }

    /// Decodes the connection's next header block.
    pub fn decode(&mut self, block: Vec<u8>) -> Result<String, DecodeError> {
        Ok(self.decoder.decode(&block)?)
    }
}

export!(Component);
