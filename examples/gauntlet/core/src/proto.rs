//! protobuf 3.7.1 (RUSTSEC-2024-0437) and 2.5.0 (RUSTSEC-2019-0003): messages
//! received from a client.
//!
//! Version 3.7.1 skips a group that it does not know by one recursion a level,
//! with no limit. Version 2.5.0 allocates whatever a length says before it looks
//! for the octets.

use protobuf::Message;
use protobuf::well_known_types::timestamp::Timestamp;
use protobuf2::well_known_types::BytesValue;
use protobuf2::{CodedInputStream, ProtobufResult};

use crate::{DecodeError, hex};

/// Reads a `google.protobuf.Timestamp` as `seconds.nanoseconds`.
pub fn protobuf3_timestamp(message: &[u8]) -> Result<String, DecodeError> {
    let time = Timestamp::parse_from_bytes(message)
        .map_err(|error| DecodeError::Protobuf(error.to_string()))?;
    Ok(format!("{}.{:09}", time.seconds, time.nanos))
}

/// Reads a `google.protobuf.BytesValue`, as hex.
pub fn protobuf2_bytes(message: &[u8]) -> Result<String, DecodeError> {
    let value: BytesValue = protobuf2::parse_from_bytes(message)
        .map_err(|error| DecodeError::Protobuf(error.to_string()))?;
    Ok(hex(value.value))
}

/// Reads `message Track { string name = 1; repeated double at = 2 [packed = true]; }`
/// as `name: number, …`, as generated code does: field by field off the stream.
pub fn protobuf2_track(message: &[u8]) -> Result<String, DecodeError> {
    let mut stream = CodedInputStream::from_bytes(message);
    read_track(&mut stream).map_err(|error| DecodeError::Protobuf(error.to_string()))
}

fn read_track(stream: &mut CodedInputStream<'_>) -> ProtobufResult<String> {
    let (mut name, mut at) = (String::new(), Vec::new());
    while !stream.eof()? {
        let (field, wire_type) = stream.read_tag_unpack()?;
        match field {
            1 => stream.read_string_into(&mut name)?,
            2 => stream.read_repeated_packed_double_into(&mut at)?,
            _ => stream.skip_field(wire_type)?,
        }
    }
    let numbers: Vec<String> = at.iter().map(f64::to_string).collect();
    Ok(format!("{name}: {}", numbers.join(", ")))
}
