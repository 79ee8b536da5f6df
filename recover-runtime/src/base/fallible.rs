//! Conversions that can refuse, for a wasm-bindgen that has none: there `from_abi` and its
//! kind either give a value or don't come back. Nothing else that differs lives here.
//!
//! The traits have the names of wasm-bindgen's own methods. Where its traits have these, a
//! type parameter's bound comes first, and nothing here is used. Where they have not, the
//! conversion is made behind a catch, and a type of ours that refuses unwinds up to it. In a
//! build that can't unwind, it is a panic: the instance ends, as by any other.

// With a newer wasm-bindgen nothing of it is used.
#![allow(dead_code)]

use crate::base::unwind;
use std::cell::Cell;
use std::panic::resume_unwind;
use wasm_bindgen::__rt::WasmRefCell;
use wasm_bindgen::convert::{FromWasmAbi, LongRefFromWasmAbi, RefFromWasmAbi, RefMutFromWasmAbi};

thread_local! {
    /// Whether somebody is there to take a refusal.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// The payload of an unwind that is a refusal.
struct Refused(&'static str);

/// The value, or a refusal where `from_abi` has no other way to give one.
pub(crate) fn or_unwind<T>(converted: Result<T, &'static str>) -> T {
    match converted {
        Ok(value) => value,
        Err(text) if cfg!(panic = "unwind") && ASKED.get() => {
            resume_unwind(Box::new(Refused(text)))
        }
        Err(text) => panic!("{text}"),
    }
}

/// What a conversion gives, or its refusal.
#[inline]
fn asked<T>(convert: impl FnOnce() -> T) -> Result<T, &'static str> {
    let before = ASKED.replace(true);
    let converted = unwind::catch(convert);
    ASKED.set(before);
    converted.map_err(|payload| match payload.downcast::<Refused>() {
        Ok(refused) => refused.0,
        Err(payload) => resume_unwind(payload),
    })
}

/// As `FromWasmAbi`, by value.
pub(crate) trait TryFromAbi: FromWasmAbi + Sized {
    /// The value, or why there is none.
    ///
    /// # Safety
    /// As for `from_abi`.
    #[inline]
    unsafe fn try_from_abi(abi: Self::Abi) -> Result<Self, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        asked(|| unsafe { Self::from_abi(abi) })
    }
}

impl<T: FromWasmAbi> TryFromAbi for T {}

/// As `LongRefFromWasmAbi`, by `&`.
pub(crate) trait TryLongRefFromAbi: LongRefFromWasmAbi {
    /// The anchor, or why there is none.
    ///
    /// # Safety
    /// As for `long_ref_from_abi`.
    #[inline]
    unsafe fn try_long_ref_from_abi(abi: Self::Abi) -> Result<Self::Anchor, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        asked(|| unsafe { Self::long_ref_from_abi(abi) })
    }
}

impl<T: LongRefFromWasmAbi + ?Sized> TryLongRefFromAbi for T {}

/// As `RefFromWasmAbi`, by `&` for a call that ends at once.
pub(crate) trait TryRefFromAbi: RefFromWasmAbi {
    /// The anchor, or why there is none.
    ///
    /// # Safety
    /// As for `ref_from_abi`.
    #[inline]
    unsafe fn try_ref_from_abi(abi: Self::Abi) -> Result<Self::Anchor, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        asked(|| unsafe { Self::ref_from_abi(abi) })
    }
}

impl<T: RefFromWasmAbi + ?Sized> TryRefFromAbi for T {}

/// As `RefMutFromWasmAbi`, by `&mut`.
pub(crate) trait TryRefMutFromAbi: RefMutFromWasmAbi {
    /// The anchor, or why there is none.
    ///
    /// # Safety
    /// As for `ref_mut_from_abi`.
    #[inline]
    unsafe fn try_ref_mut_from_abi(abi: Self::Abi) -> Result<Self::Anchor, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        asked(|| unsafe { Self::ref_mut_from_abi(abi) })
    }
}

impl<T: RefMutFromWasmAbi + ?Sized> TryRefMutFromAbi for T {}

/// As the method of wasm-bindgen's cell. Nobody borrows a handle mutably, so that nothing is
/// lost where it can't fail.
pub(crate) trait TryBorrow<T> {
    /// A look at what is inside.
    fn try_borrow(&self) -> Option<wasm_bindgen::__rt::Ref<'_, T>>;
}

impl<T> TryBorrow<T> for WasmRefCell<T> {
    #[inline]
    fn try_borrow(&self) -> Option<wasm_bindgen::__rt::Ref<'_, T>> {
        Some(self.borrow())
    }
}
