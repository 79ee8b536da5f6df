//! The location of a panic, as numbers: the file's name crosses by address and length.

use std::cell::Cell;

/// The location of a panic. Line and column count from 1.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Origin {
    /// The file's name, in the module's data; `(0, 0)` is none.
    pub(crate) file: StrParts,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

thread_local! {
    /// The panic that was noted last: the address and length of its file's name, line, column,
    /// address and length of its message. The host reads it where wasm-bindgen, not we, caught
    /// the panic.
    static LAST: Cell<[usize; 6]> = const { Cell::new([0; 6]) };
}

/// Has the host find the panic that is noted now.
pub(crate) fn set_last(at: Origin, message: StrParts) {
    let [line, column] = [at.line as usize, at.column as usize];
    LAST.set([at.file.0, at.file.1, line, column, message.0, message.1]);
}

/// Where the host reads it.
pub(crate) fn last_address() -> usize {
    LAST.with(|last| last.as_ptr() as usize)
}

/// Address and length of a string. They stay the same when std moves a payload into its box.
/// `(0, 0)` stands for a payload that is not a string.
pub(crate) type StrParts = (usize, usize);

/// Address and length of `string`.
pub(crate) fn str_parts(string: &str) -> StrParts {
    (string.as_ptr() as usize, string.len())
}
