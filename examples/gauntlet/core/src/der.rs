//! bcder 0.7.2 (RUSTSEC-2023-0062): BER and DER values, as certificates and
//! signed objects bring them.
//!
//! The advisory names two times at which it panics: while decoding, and later,
//! when a value whose content was taken on trust is looked at. Both are here.

use std::convert::Infallible;

use bcder::decode::{DecodeError as BcderError, IntoSource, Source};
use bcder::{ConstOid, Integer, Mode, OctetString, Oid, Tag};

use crate::{DecodeError, hex};

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: ConstOid = Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);

fn refused(error: BcderError<Infallible>) -> DecodeError {
    DecodeError::Bcder(error.to_string())
}

/// Reads one object identifier and prints it dotted.
pub fn bcder_oid(der: &[u8]) -> Result<String, DecodeError> {
    let oid = Mode::Der.decode(der, Oid::take_from).map_err(refused)?;
    Ok(oid.to_string())
}

/// Reads a SEQUENCE OF INTEGER and prints the numbers, comma separated.
pub fn bcder_integers(der: &[u8]) -> Result<String, DecodeError> {
    let numbers = Mode::Der
        .decode(der, |outer| {
            outer.take_sequence(|sequence| {
                let mut numbers = Vec::new();
                while let Some(number) =
                    sequence.take_opt_primitive_if(Tag::INTEGER, Integer::i128_from_primitive)?
                {
                    numbers.push(number.to_string());
                }
                Ok(numbers)
            })
        })
        .map_err(refused)?;
    Ok(numbers.join(", "))
}

/// Reads an octet string, in one piece or in many (BER allows both), as hex.
pub fn bcder_octets(ber: &[u8]) -> Result<String, DecodeError> {
    let string = Mode::Ber
        .decode(ber, OctetString::take_from)
        .map_err(refused)?;
    Ok(hex(string.octets()))
}

/// Steps over one value of any type; says how many octets it took.
pub fn bcder_skip(ber: &[u8]) -> Result<u32, DecodeError> {
    let mut source = ber.into_source();
    Mode::Ber
        .decode(&mut source, |outer| outer.skip_one())
        .map_err(refused)?;
    Ok((ber.len() - source.slice().len()) as u32)
}

/// Whether an AlgorithmIdentifier names RSA; any other is refused.
pub fn bcder_is_rsa(der: &[u8]) -> Result<bool, DecodeError> {
    Mode::Der
        .decode(der, |outer| {
            outer.take_sequence(|algorithm| {
                RSA_ENCRYPTION.skip_if(algorithm)?;
                algorithm.take_opt_null()
            })
        })
        .map_err(refused)?;
    Ok(true)
}
