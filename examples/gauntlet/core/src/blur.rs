//! blurhash 0.1.1 (RUSTSEC-2023-0083): placeholders of images, received as
//! short strings from whoever posted the image.

use crate::DecodeError;

/// Draws the placeholder `hash` as `width` × `height` RGBA pixels.
pub fn blurhash_decode(hash: &str, width: u32, height: u32) -> Result<Vec<u8>, DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::Blurhash(format!(
            "an image of {width} × {height} has no pixels"
        )));
    }
    Ok(blurhash::decode(hash, width, height, 1.0))
}
