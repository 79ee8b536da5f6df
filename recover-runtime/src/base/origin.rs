//! The location of a panic, as numbers: the file's name crosses by address and length.

/// The location of a panic. Line and column count from 1.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Origin {
    /// The file's name, in the module's data; `(0, 0)` is none.
    pub(crate) file: StrParts,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Address and length of a string. They stay the same when std moves a payload into its box.
/// `(0, 0)` stands for a payload that is not a string.
pub(crate) type StrParts = (usize, usize);

/// Address and length of `string`.
pub(crate) fn str_parts(string: &str) -> StrParts {
    (string.as_ptr() as usize, string.len())
}
