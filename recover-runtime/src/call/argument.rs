//! What an export takes in place of the user's types: one carrier for each argument.
//!
//! wasm-bindgen converts arguments before our code runs, and throws if one is refused. A carrier
//! crosses exactly as the type that it stands for, keeps the refusal, and reports it inside our
//! catch. `unsafe`: wasm-bindgen's conversion traits. Why an object is refused is
//! not decided here.

#[allow(unused_imports)]
use crate::base::fallible::{TryFromAbi, TryLongRefFromAbi, TryRefMutFromAbi};
#[cfg(feature = "persist")]
use crate::base::flags::{CONVERTING, FLAGS};
use crate::base::unwind;
use crate::call::carrier::Carrier;
use crate::call::failure::{Failure, Refused};
use crate::call::settle;
use std::borrow::Borrow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, LongRefFromWasmAbi, RefMutFromWasmAbi, WasmSlice};
use wasm_bindgen::describe::{LONGREF, REFMUT, WasmDescribe, inform};

/// A conversion trait of wasm-bindgen under our own name, for our own message if it is not
/// implemented.
macro_rules! argument {
    ($(#[$doc:meta])* $name:ident: $conversion:ident) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` can't be an argument of an export",
            label = "no conversion from JavaScript",
            note = "put `#[recoverable]` on the struct, or take a type that wasm-bindgen converts"
        )]
        pub trait $name: $conversion {}

        #[diagnostic::do_not_recommend]
        impl<T: $conversion + ?Sized> $name for T {}
    };
}

argument! {
    /// What an export takes by value.
    Passed: FromWasmAbi
}

argument! {
    /// What an export takes by `&`.
    Lent: LongRefFromWasmAbi
}

argument! {
    /// What an export takes by `&mut`.
    LentMut: RefMutFromWasmAbi
}

/// Carries a `T`.
pub struct Owned<T>(Option<Result<T, Refused>>);

impl<T> Owned<T> {
    /// Carries a value, or why there is none.
    #[inline]
    pub(crate) fn new(value: Result<T, Refused>) -> Self {
        Owned(Some(value))
    }

    /// Takes the argument, once.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn take(&mut self) -> Result<T, Failure> {
        match self.0.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(mut refused)) => Err(refused.take()),
            None => unreachable!("generated code takes an argument once"),
        }
    }

    /// The argument, before it is taken.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn peek(&mut self) -> Result<&T, Failure> {
        match &mut self.0 {
            Some(Ok(value)) => Ok(value),
            Some(Err(refused)) => Err(refused.take()),
            None => unreachable!("generated code takes an argument once"),
        }
    }

    /// Whether it could not be converted.
    #[inline]
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.0, Some(Err(_)))
    }

    /// The argument, if it could be converted.
    #[inline]
    pub(crate) fn value(mut self) -> Option<T> {
        self.0.take().and_then(Result::ok)
    }
}

/// Drops an argument that was not taken, because the call was refused.
impl<T> Drop for Owned<T> {
    #[inline]
    fn drop(&mut self) {
        if std::mem::needs_drop::<T>()
            && let Some(unused) = self.0.take()
        {
            unwind::drop_behind_boundary(unused);
        }
    }
}

impl<T: AsRef<JsValue>> Owned<T> {
    /// The argument as the signal that ends the call.
    pub fn signal(&self) -> Option<JsValue> {
        match &self.0 {
            Some(Ok(signal)) => Some(signal.as_ref().clone()),
            _ => None,
        }
    }
}

impl<T: AsRef<JsValue>> Owned<Option<T>> {
    /// The signal, if the optional argument is one.
    pub fn signal_if_any(&self) -> Option<JsValue> {
        match &self.0 {
            Some(Ok(signal)) => signal.as_ref().map(|signal| signal.as_ref().clone()),
            _ => None,
        }
    }
}

impl<T> Carrier for Owned<T> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Some(Err(refused)) => Err(refused.take()),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        debug_assert!(self.0.is_none(), "the body took the argument");
    }
}

impl<T: WasmDescribe> WasmDescribe for Owned<T> {
    fn describe() {
        T::describe();
    }
}

impl<T: Passed> FromWasmAbi for Owned<T> {
    type Abi = T::Abi;

    #[inline]
    unsafe fn from_abi(abi: T::Abi) -> Self {
        // SAFETY: the caller's contract is the one asked for.
        let convert = || unsafe { T::try_from_abi(abi) };
        if !allocates::<T>() {
            let converted = match std::mem::needs_drop::<T>() {
                true => claiming(convert),
                false => convert(),
            };
            return Owned(Some(converted.map_err(Refused::from_string)));
        }
        // If this unwound, wasm-bindgen would throw an error of its own.
        Owned(Some(match claiming(|| unwind::catch(convert)) {
            Ok(converted) => converted.map_err(Refused::from_string),
            Err(payload) => Err(Refused::thrown(settle::panic_error(payload, ""))),
        }))
    }
}

/// Converts an argument of ours: an object that it consumes is claimed by the call that follows. A
/// call of plain wasm-bindgen does not tell when it ends, and claims none.
#[inline(always)]
pub(crate) fn claiming<R>(convert: impl FnOnce() -> R) -> R {
    #[cfg(feature = "persist")]
    FLAGS.set(FLAGS.get() | CONVERTING);
    let converted = convert();
    #[cfg(feature = "persist")]
    FLAGS.set(FLAGS.get() & !CONVERTING);
    converted
}

/// An argument of a closure as it crosses, not yet converted. wasm-bindgen's call of the closure
/// then has nothing to drop, and is small enough for engines to inline.
pub struct Raw<T: Passed>(T::Abi);

impl<T: Passed> Raw<T> {
    /// The argument, or why it could not be converted.
    #[inline(always)]
    pub(crate) fn converted(self) -> Owned<T> {
        // SAFETY: `from_abi` alone makes one, and its caller's contract is the one asked for;
        // it is used up.
        unsafe { Owned::from_abi(self.0) }
    }
}

impl<T: Passed + WasmDescribe> WasmDescribe for Raw<T> {
    fn describe() {
        T::describe();
    }
}

impl<T: Passed> FromWasmAbi for Raw<T> {
    type Abi = T::Abi;

    #[inline(always)]
    unsafe fn from_abi(abi: T::Abi) -> Self {
        Raw(abi)
    }
}

/// Whether converting a `T` may allocate. Strings and arrays do: they cross as address and length.
const fn allocates<T: FromWasmAbi>() -> bool {
    std::mem::needs_drop::<T>() && size_of::<T::Abi>() == size_of::<WasmSlice>()
}

/// What a call borrows while it runs, or why it can't.
pub struct Kept<A>(Option<Result<A, Refused>>);

impl<A> Kept<A> {
    #[inline]
    pub(crate) fn new(converted: Result<A, Refused>) -> Self {
        Kept(Some(converted))
    }

    #[inline]
    pub(crate) fn anchor(&mut self) -> Result<&mut A, Failure> {
        match &mut self.0 {
            Some(Ok(anchor)) => Ok(anchor),
            Some(Err(refused)) => Err(refused.take()),
            None => unreachable!("a carrier is finished after the body"),
        }
    }
}

impl<A> Carrier for Kept<A> {
    const SETTLES: bool = true;
    const ENTERS: bool = true;
    const RECORDS: usize = 1;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Some(Err(refused)) => Err(refused.take()),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0 = None;
    }
}

/// Carries a `&T`, in the form that wasm-bindgen has for async calls: its short form leaks a
/// table slot if the call throws.
pub struct LongRef<T: Lent + ?Sized>(Kept<T::Anchor>);

impl<T: Lent + ?Sized> Carrier for LongRef<T> {
    const SETTLES: bool = true;
    /// Strings and slices hold no cell.
    const ENTERS: bool = size_of::<&T>() == size_of::<usize>();
    const RECORDS: usize = Self::ENTERS as usize;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0.finish();
    }
}

impl<T: Lent + ?Sized> LongRef<T> {
    /// The argument.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        self.0.anchor().map(|anchor| (*anchor).borrow())
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

impl<T: Lent + AsRef<JsValue>> LongRef<T> {
    /// The argument as the signal that ends the call.
    pub fn signal(&self) -> Option<JsValue> {
        match &self.0.0 {
            Some(Ok(signal)) => Some(signal.borrow().as_ref().clone()),
            _ => None,
        }
    }
}

impl<T: Lent + ?Sized> WasmDescribe for LongRef<T> {
    fn describe() {
        inform(LONGREF);
        T::describe();
    }
}

impl<T: Lent + ?Sized> FromWasmAbi for LongRef<T> {
    type Abi = T::Abi;

    #[inline]
    unsafe fn from_abi(abi: T::Abi) -> Self {
        // SAFETY: the caller's contract is the one asked for.
        let converted = unsafe { T::try_long_ref_from_abi(abi) };
        LongRef(Kept::new(converted.map_err(Refused::from_string)))
    }
}

/// Carries a `&mut T`.
pub struct MutRef<T: LentMut + ?Sized>(Kept<T::Anchor>);

impl<T: LentMut + ?Sized> MutRef<T> {
    /// Whether `T` is a slice, whose anchor copies back in JavaScript. Objects are sized.
    const COPIES: bool = size_of::<&T>() > size_of::<usize>();
}

impl<T: LentMut + ?Sized> Carrier for MutRef<T> {
    const SETTLES: bool = true;
    const ENTERS: bool = !Self::COPIES;
    const RECORDS: usize = Self::ENTERS as usize;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        if !Self::COPIES {
            self.0.finish();
        }
    }

    #[inline(always)]
    fn copy_back(&mut self) {
        self.0.finish();
    }
}

impl<T: LentMut + ?Sized> MutRef<T> {
    /// The argument.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn get(&mut self) -> Result<&mut T, Failure> {
        self.0.anchor().map(|anchor| &mut **anchor)
    }
}

impl<T: LentMut + ?Sized> MutRef<T> {
    /// The argument, under the name that [`Owned`] has for it.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn peek(&mut self) -> Result<&T, Failure> {
        self.get().map(|value| &*value)
    }
}

impl<T: LentMut + ?Sized> WasmDescribe for MutRef<T> {
    fn describe() {
        inform(REFMUT);
        T::describe();
    }
}

impl<T: LentMut + ?Sized> FromWasmAbi for MutRef<T> {
    type Abi = T::Abi;

    #[inline]
    unsafe fn from_abi(abi: T::Abi) -> Self {
        // SAFETY: the caller's contract is the one asked for.
        let converted = unsafe { T::try_ref_mut_from_abi(abi) };
        MutRef(Kept::new(converted.map_err(Refused::from_string)))
    }
}

// One call consumes a carrier, and what it borrows is poisoned or kept by its policy.
impl<T> UnwindSafe for Owned<T> {}

impl<T> RefUnwindSafe for Owned<T> {}

impl<T: Lent + ?Sized> UnwindSafe for LongRef<T> {}

impl<T: Lent + ?Sized> RefUnwindSafe for LongRef<T> {}

impl<T: LentMut + ?Sized> UnwindSafe for MutRef<T> {}

impl<T: LentMut + ?Sized> RefUnwindSafe for MutRef<T> {}
