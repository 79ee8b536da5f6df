//! Which carrier stands for a `&T`: [`LongRef`], or [`ShortRef`] for a type that wasm-bindgen borrows
//! for calls that end at once alone. The other carriers are in `argument.rs`. `unsafe`:
//! wasm-bindgen's conversion traits.

#[allow(unused_imports)]
use crate::base::fallible::TryRefFromAbi;
use crate::call::argument::{Kept, Lent, LongRef};
use crate::call::carrier::Carrier;
use crate::call::failure::{Failure, Refused};
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use wasm_bindgen::convert::{FromWasmAbi, RefFromWasmAbi};
use wasm_bindgen::describe::WasmDescribe;

/// What an export takes by `&` where wasm-bindgen converts it for calls that end at once alone, as
/// tsify's derive has it.
pub trait LentBriefly: RefFromWasmAbi + WasmDescribe {}

#[diagnostic::do_not_recommend]
impl<T: RefFromWasmAbi + WasmDescribe + ?Sized> LentBriefly for T {}

/// Carries a `&T` that is [`LentBriefly`]. If it crosses as a JavaScript value, a call that throws
/// leaks its table slot, as it does with plain wasm-bindgen.
pub struct ShortRef<T: LentBriefly + ?Sized>(Kept<T::Anchor>);

impl<T: LentBriefly + ?Sized> Carrier for ShortRef<T> {
    const SETTLES: bool = true;
    /// Our objects are [`Lent`].
    const ENTERS: bool = false;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn is_refused(&self) -> bool {
        self.0.is_refused()
    }

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0.finish();
    }
}

impl<T: LentBriefly + ?Sized> ShortRef<T> {
    /// The argument.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        self.0.anchor().map(|anchor| &**anchor)
    }

    /// The argument, under the name that [`Owned`] has for it.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn peek(&mut self) -> Result<&T, Failure> {
        self.get()
    }
}

impl<T: LentBriefly + ?Sized> WasmDescribe for ShortRef<T> {
    fn describe() {
        <&T as WasmDescribe>::describe();
    }
}

impl<T: LentBriefly + ?Sized> FromWasmAbi for ShortRef<T> {
    type Abi = T::Abi;

    #[inline]
    unsafe fn from_abi(abi: T::Abi) -> Self {
        // SAFETY: the caller's contract is the one asked for.
        let converted = unsafe { T::try_ref_from_abi(abi) };
        ShortRef(Kept::new(converted.map_err(Refused::from_string)))
    }
}

/// Asks a concrete type whether it is [`Lent`].
pub struct Lending<T: ?Sized>(PhantomData<T>);

impl<T: Lent + ?Sized> Lending<T> {
    /// It is.
    pub const LONG: bool = true;
}

/// Found only where the inherent constant does not apply.
pub trait LendingBriefly {
    /// It is not.
    const LONG: bool = false;
}

impl<T: ?Sized> LendingBriefly for Lending<T> {}

/// Which carrier stands for a `&T`. `LONG` says whether `T` is [`Lent`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of an export",
    label = "no conversion from JavaScript",
    note = "put `#[recoverable]` on the struct or enum, or take a type that wasm-bindgen converts; an enum is taken by value"
)]
pub trait BorrowedBy<const LONG: bool> {
    /// There is one; `LONG` again.
    const IS: bool = LONG;
    /// It.
    type Carrier;
}

#[diagnostic::do_not_recommend]
impl<T: Lent + ?Sized> BorrowedBy<true> for T {
    type Carrier = LongRef<T>;
}

#[diagnostic::do_not_recommend]
impl<T: LentBriefly + ?Sized> BorrowedBy<false> for T {
    type Carrier = ShortRef<T>;
}

/// The carrier of a `&T`.
pub type Borrowed<T, const LONG: bool> = <T as BorrowedBy<LONG>>::Carrier;

// As the other carriers.
impl<T: LentBriefly + ?Sized> UnwindSafe for ShortRef<T> {}

impl<T: LentBriefly + ?Sized> RefUnwindSafe for ShortRef<T> {}
