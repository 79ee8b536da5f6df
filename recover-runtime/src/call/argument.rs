//! What an export takes in place of the user's types: one carrier for each argument.
//!
//! wasm-bindgen converts arguments before our code runs, and throws if one is refused. A carrier
//! crosses exactly as the type that it stands for, keeps the refusal, and reports it inside our
//! catch. `unsafe`: wasm-bindgen's conversion traits. Why an object is refused is
//! not decided here.

#[allow(unused_imports)]
use crate::base::fallible::{TryFromAbi, TryLongRefFromAbi, TryRefMutFromAbi};
#[cfg(feature = "persist")]
use crate::base::flags::CONVERTING;
use crate::base::flags::{FLAGS, LEAVING, LOOKING};
use crate::base::lent::LentByWasmBindgen;
use crate::base::unwind;
use crate::call::carrier::Carrier;
use crate::call::failure::{Failure, Refused};
use crate::call::settle;
use std::borrow::Borrow;
use std::ops::DerefMut;
use std::panic::{RefUnwindSafe, UnwindSafe};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{
    FromWasmAbi, LongRefFromWasmAbi, RefMutFromWasmAbi, WasmAbi, WasmSlice,
};
use wasm_bindgen::describe::{LONGREF, REFMUT, WasmDescribe, inform};

/// A trait of our own for a conversion, for our own message if it is not implemented.
macro_rules! argument {
    ($(#[$doc:meta])* $name:ident $($rest:tt)*) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` can't be an argument of an export",
            label = "no conversion from JavaScript",
            note = "put `#[recoverable]` on the struct or enum, or take a type that wasm-bindgen converts; an enum is taken by value"
        )]
        pub trait $name $($rest)*
    };
}

argument! {
    /// What an export takes by value.
    Passed: FromWasmAbi {}
}

#[diagnostic::do_not_recommend]
impl<T: FromWasmAbi> Passed for T {}

argument! {
    /// Asks whether a type is `Passed`. It has no supertrait, which rustc would report as well.
    IsPassed {
        /// It is.
        const IS: bool = true;
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromWasmAbi> IsPassed for T {}

argument! {
    /// What an export takes by `&`: what wasm-bindgen converts, and the objects of our classes, which
    /// it doesn't (docs/adr/0015).
    Lent: WasmDescribe {
        /// It is one.
        const IS: bool = true;
        /// How it crosses.
        type Abi: WasmAbi;
        /// What keeps it for the call.
        type Anchor: Borrow<Self>;

        /// Borrows what crossed, or says why it can't.
        ///
        /// # Safety
        /// `abi` is what JavaScript passed for it.
        unsafe fn lend(abi: Self::Abi) -> Result<Self::Anchor, &'static str>;
    }
}

#[diagnostic::do_not_recommend]
impl<T: LentByWasmBindgen + ?Sized> Lent for T {
    type Abi = <T as LongRefFromWasmAbi>::Abi;
    type Anchor = <T as LongRefFromWasmAbi>::Anchor;

    #[inline]
    unsafe fn lend(abi: Self::Abi) -> Result<Self::Anchor, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        unsafe { T::try_long_ref_from_abi(abi) }
    }
}

argument! {
    /// What an export takes by `&mut`.
    LentMut: WasmDescribe {
        /// It is one.
        const IS: bool = true;
        /// How it crosses.
        type Abi: WasmAbi;
        /// What keeps it for the call.
        type Anchor: DerefMut<Target = Self>;

        /// Borrows what crossed, or says why it can't.
        ///
        /// # Safety
        /// `abi` is what JavaScript passed for it.
        unsafe fn lend_mut(abi: Self::Abi) -> Result<Self::Anchor, &'static str>;
    }
}

#[diagnostic::do_not_recommend]
impl<T: RefMutFromWasmAbi + LentByWasmBindgen + ?Sized> LentMut for T {
    type Abi = <T as RefMutFromWasmAbi>::Abi;
    type Anchor = <T as RefMutFromWasmAbi>::Anchor;

    #[inline]
    unsafe fn lend_mut(abi: Self::Abi) -> Result<Self::Anchor, &'static str> {
        // SAFETY: the caller's contract is the one asked for.
        unsafe { T::try_ref_mut_from_abi(abi) }
    }
}

/// What an export takes as a slice by `&`, or by `&mut` if it is `MUTABLE`.
#[diagnostic::on_unimplemented(
    message = "a slice of `{Self}` can't be an argument of an export",
    label = "JavaScript has no memory with such values",
    note = "take `Vec<{Self}>`"
)]
pub trait LentInSlices<const MUTABLE: bool> {
    /// It is one.
    const IS: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T> LentInSlices<false> for T where [T]: Lent {}

#[diagnostic::do_not_recommend]
impl<T> LentInSlices<true> for T where [T]: LentMut {}

/// Carries a `T`.
pub struct Owned<T>(Option<Result<T, Unready<T>>>);

/// Why an argument has no value.
enum Unready<T> {
    /// It could not be converted.
    Refused(Refused),
    /// JavaScript offers an object. It is taken when nothing else refuses the call: until then it is
    /// JavaScript's. How it crossed, and what takes it, or leaves it.
    Offered(Bits, fn(Bits, u32) -> Result<T, Refused>),
}

/// The string that stands for an object that could be taken.
pub(crate) const OFFERED: &str = "the object can be taken";

impl<T> Owned<T> {
    /// Takes the argument, once.
    ///
    /// # Errors
    /// Why it could not be converted.
    #[inline]
    pub fn take(&mut self) -> Result<T, Failure> {
        match self.0.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(unready)) => Err(unready.failure()),
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
            Some(Err(Unready::Refused(refused))) => Err(refused.take()),
            Some(Err(Unready::Offered(..))) => Err(Failure::UNCHECKED),
            None => unreachable!("generated code takes an argument once"),
        }
    }

    /// Takes what JavaScript offers. Whether there is a value now.
    #[inline]
    pub(crate) fn has_taken(&mut self) -> bool {
        if let Some(Err(Unready::Offered(bits, convert))) = &self.0 {
            self.0 = Some(convert(*bits, 0).map_err(Unready::Refused));
        }
        !self.is_refused()
    }

    /// The argument, if it could be converted.
    #[inline]
    pub(crate) fn value(mut self) -> Option<T> {
        self.0.take().and_then(Result::ok)
    }
}

impl<T> Unready<T> {
    #[cold]
    fn failure(self) -> Failure {
        match self {
            Unready::Refused(mut refused) => refused.take(),
            Unready::Offered(..) => Failure::UNCHECKED,
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

    const TAKES: bool = true;

    #[inline(always)]
    fn is_refused(&self) -> bool {
        matches!(self.0, Some(Err(Unready::Refused(_))))
    }

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Some(Err(Unready::Refused(refused))) => Err(refused.take()),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn take_up(&mut self) -> Result<(), Failure> {
        self.has_taken();
        self.check()
    }

    #[inline(always)]
    fn leave(&mut self) {
        if let Some(Err(Unready::Offered(bits, convert))) = &self.0 {
            self.0 = Some(convert(*bits, LEAVING).map_err(Unready::Refused));
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
        let bits = Bits::of(&abi);
        let converted = as_argument::<T, _>(LOOKING, || {
            // SAFETY: the caller's contract is the one asked for.
            let converted = unsafe { T::try_from_abi(abi) };
            // In here the compiler sees which types are never offered.
            converted.map_err(|text| Unready::of(text, bits, later::<T>))
        });
        Owned(Some(
            converted.unwrap_or_else(|refused| Err(Unready::Refused(refused))),
        ))
    }
}

impl<T> Unready<T> {
    #[cold]
    fn of(text: &'static str, bits: Bits, convert: fn(Bits, u32) -> Result<T, Refused>) -> Self {
        match text {
            OFFERED => Unready::Offered(bits, convert),
            _ => Unready::Refused(Refused::from_string(text)),
        }
    }
}

/// Converts what crossed so, and was only looked at.
#[cold]
fn later<T: Passed>(bits: Bits, how: u32) -> Result<T, Refused> {
    let converted = as_argument::<T, _>(how, || {
        // SAFETY: the caller of `from_abi` vouched for what crossed; the conversion that answered
        // with an offer used none of it.
        unsafe { T::try_from_abi(bits.abi()) }.map_err(Refused::from_string)
    });
    converted.unwrap_or_else(Err)
}

/// Converts an argument of ours: an object that it consumes is claimed by the call. A call of plain
/// wasm-bindgen does not tell when it ends, and claims none. The answer of a panic is its refusal.
#[inline(always)]
fn as_argument<T: Passed, R>(how: u32, convert: impl FnOnce() -> R) -> Result<R, Refused> {
    #[cfg(feature = "persist")]
    let how = how | CONVERTING;
    let before = FLAGS.get();
    FLAGS.set(before | how);
    // If this unwound, wasm-bindgen would throw an error of its own.
    let converted = match allocates::<T>() {
        true => unwind::catch(convert),
        false => Ok(convert()),
    };
    // So written, nothing is left of it where a number is converted.
    FLAGS.set(before | FLAGS.get() & !how);
    converted.map_err(|payload| Refused::new(Failure::Thrown(settle::panic_error(payload, ""))))
}

/// How an argument crossed, if that is no more than two words.
#[derive(Clone, Copy)]
struct Bits([u32; 2]);

impl Bits {
    #[inline(always)]
    fn of<A: WasmAbi>(abi: &A) -> Self {
        let mut bits = Bits([0; 2]);
        if size_of::<A>() <= size_of::<Bits>() {
            // SAFETY: both are as long as that, or longer, and any words are a `Bits`. What crosses
            // has no padding: its parts are of one size.
            unsafe {
                std::ptr::from_ref(abi)
                    .cast::<u8>()
                    .copy_to_nonoverlapping(bits.0.as_mut_ptr().cast(), size_of::<A>());
            }
        }
        bits
    }

    /// # Safety
    /// They are of such an `A`, which nobody used.
    unsafe fn abi<A: WasmAbi>(&self) -> A {
        assert!(size_of::<A>() <= size_of::<Bits>());
        // SAFETY: the caller's contract; the words are read as what they were copied from.
        unsafe { self.0.as_ptr().cast::<A>().read_unaligned() }
    }
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
    fn is_refused(&self) -> bool {
        matches!(self.0, Some(Err(_)))
    }

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
        let converted = unsafe { T::lend(abi) };
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
    fn is_refused(&self) -> bool {
        self.0.is_refused()
    }

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
        let converted = unsafe { T::lend_mut(abi) };
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
