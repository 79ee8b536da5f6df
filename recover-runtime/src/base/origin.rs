//! Where a panic began, as numbers: the file's name crosses by address and length, the stack by the
//! number that the host gave it. How the host takes a stack is handed in: nothing of `base` imports. `unsafe`:
//! a component reads the name itself.

use std::cell::Cell;

/// Where a panic began. Line and column count from 1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Origin {
    /// The file's name, in the module's data; `(0, 0)` is none.
    pub(crate) file: StrParts,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The number of its stack; zero where the host took none.
    pub(crate) stack: u32,
}

#[cfg(all(feature = "component", not(target_os = "unknown")))]
impl Origin {
    /// The file's name; `None` where the panic had no note.
    pub(crate) fn file_name(&self) -> Option<&'static str> {
        let (address, length) = self.file;
        if length == 0 {
            return None;
        }
        let bytes = std::ptr::with_exposed_provenance::<u8>(address);
        // SAFETY: the parts are those of `Location::file`, by `str_parts`, which exposes the address. The compiler makes
        // every `Location`, and its file's name is a string in the static data.
        Some(unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, length)) })
    }
}

thread_local! {
    /// The panic that was noted last: the address and length of its file's name, line, column,
    /// address and length of its message, its stack. The host reads it where wasm-bindgen, not we,
    /// caught the panic.
    static LAST: Cell<[usize; 7]> = const { Cell::new([0; 7]) };
    static TAKE_STACK: Cell<fn() -> u32> = const { Cell::new(|| 0) };
}

/// From now on stacks are taken so.
pub(crate) fn take_stacks_by(take: fn() -> u32) {
    TAKE_STACK.set(take);
}

/// The number of the stack that there is now. It allocates nothing.
pub(crate) fn stack() -> u32 {
    TAKE_STACK.get()()
}

/// Has the host find the panic that is noted now.
pub(crate) fn set_last(at: Origin, message: StrParts) {
    let [line, column, stack] = [at.line, at.column, at.stack].map(|number| number as usize);
    LAST.set([
        at.file.0, at.file.1, line, column, message.0, message.1, stack,
    ]);
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
    (string.as_ptr().expose_provenance(), string.len())
}
