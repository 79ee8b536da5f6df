//! What wasm-bindgen borrows, told from the classes of ours. How it is borrowed is not said here.

use wasm_bindgen::convert::{LongRefFromWasmAbi, RefFromWasmAbi};

/// What wasm-bindgen borrows. Its types cross the same by both traits, and our own classes, which are
/// lent by traits of ours, don't: by that the compiler knows the one from the other.
pub trait LentByWasmBindgen:
    LongRefFromWasmAbi + RefFromWasmAbi<Abi = <Self as LongRefFromWasmAbi>::Abi>
{
}

#[diagnostic::do_not_recommend]
impl<T> LentByWasmBindgen for T where
    T: LongRefFromWasmAbi + RefFromWasmAbi<Abi = <T as LongRefFromWasmAbi>::Abi> + ?Sized
{
}
