//! Edits of a text whose places are counted in UTF-16 units, as JavaScript does. It knows no page.

use crate::NotebookError;

/// The byte at which a place is: between two characters, or at the end.
fn byte(text: &str, at: u32) -> Result<usize, NotebookError> {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units == at {
            return Ok(byte);
        }
        units += character.len_utf16() as u32;
    }
    match units == at {
        true => Ok(text.len()),
        false => Err(NotebookError::OutOfRange { at }),
    }
}

/// Puts a text in place of `length` units, and gives those.
pub(crate) fn replace(
    text: &mut String,
    at: u32,
    length: u32,
    by: &str,
) -> Result<String, NotebookError> {
    let from = byte(text, at)?;
    let to = from + byte(&text[from..], length)?;
    let removed = text[from..to].to_owned();
    text.replace_range(from..to, by);
    Ok(removed)
}
