//! Where a panic began, as numbers: strings in the module's data cross by address and length.

/// Where a panic began; line and column count from 1.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Origin {
    /// The file's name, which rustc keeps in the module's data; none is `(0, 0)`.
    pub(crate) file: StrParts,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Address and length of a string. Those of a payload do not change when std moves
/// the payload into its box; zero stands for a payload that is not a string.
pub(crate) type StrParts = (usize, usize);

/// Where `text` is.
pub(crate) fn str_parts(text: &str) -> StrParts {
    (text.as_ptr() as usize, text.len())
}
