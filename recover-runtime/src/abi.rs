//! wasm-bindgen's private names, all of them, and the `unsafe` that its
//! conversion traits ask for. One of the files with `unsafe`.
//!
//! wasm-bindgen hands out an object as `Rc<WasmRefCell<Handle>>::into_raw`, as a
//! pointer that JavaScript keeps. Policy and errors do not live here.
//!
//! # Invariants
//! 1. A non-null pointer that a conversion receives is from wasm-bindgen's `into_abi`
//!    of the handle type that the class was declared with. JavaScript's strong count
//!    of it is held, or passes with it, or the object is *lingering* (4).
//! 2. Nobody borrows the `WasmRefCell` mutably: handles have no `&mut self`
//!    methods and no fields that JavaScript sees. So a handle that an [`Object`]
//!    keeps alive may be read through a shared reference.
//! 3. From an entry into a cell to its end, the host refuses to free or to give up the
//!    object, and a finalizer runs between jobs, never inside a call (`adopt` in
//!    `js/host.js` patches a class before it has an instance). So a synchronous call
//!    may borrow JavaScript's count.
//! 4. Before the entry it is not so: the glue reads the pointer, and then wasm converts
//!    numbers, by a `valueOf` that may free the object or give it up. The blocks of the
//!    last [`LINGER`] objects that went in that way stay allocated, so that such a
//!    pointer is found to be stale. JavaScript that ends more objects than these inside
//!    one conversion is not defended against, nor is any that writes `__wbg_ptr`.

use crate::cell::{GuardedCell, Refusal};
use crate::object::Recoverable;
use crate::outcome::Outcome;
use crate::persist::{Persistence, RecordOf};
use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use wasm_bindgen::__rt::{Start, WasmPtr, WasmRefCell};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

pub use wasm_bindgen::__rt::marker::{
    ErasableGeneric, ErasableGenericBorrow, ErasableGenericBorrowMut, ErasableGenericOwn,
    MaybeUnwindSafe, SupportsConstructor, SupportsInstanceProperty, SupportsStaticProperty,
};

/// The cell of an exported object, and what there is for it to outlive its instance.
pub struct ObjectCell<T: Recoverable> {
    cell: GuardedCell<T, JsValue>,
    pub(crate) record: RecordOf<T>,
}

impl<T: Recoverable> ObjectCell<T> {
    /// The cell of a value that gets a handle.
    pub(crate) fn new(value: T) -> Self {
        let record = T::Persistence::enlist(&value);
        ObjectCell::revived(value, record)
    }

    /// The same for one that has a record.
    pub(crate) fn revived(value: T, record: RecordOf<T>) -> Self {
        ObjectCell {
            cell: GuardedCell::new(value),
            record,
        }
    }

    /// One without a value.
    pub(crate) fn refusing(refusal: Refusal, cause: Option<JsValue>) -> Self {
        ObjectCell {
            cell: GuardedCell::refusing(refusal, cause),
            record: RecordOf::<T>::default(),
        }
    }
}

impl<T: Recoverable> Deref for ObjectCell<T> {
    type Target = GuardedCell<T, JsValue>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.cell
    }
}

/// How a pointer to an exported object of type `T` crosses.
pub type ObjectAbi<T> = WasmPtr<WasmRefCell<<T as Recoverable>::Handle>>;

/// The generated handle: what wasm-bindgen sees as the exported struct.
pub trait Handle:
    Sized
    + IntoWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + FromWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + Into<JsValue>
    + 'static
{
    /// The user's type.
    type User: Recoverable<Handle = Self>;
    /// Wraps a cell.
    fn new(cell: ObjectCell<Self::User>) -> Self;
    /// The cell inside.
    fn cell(&self) -> &ObjectCell<Self::User>;
}

/// How many objects linger.
const LINGER: usize = 8;

thread_local! {
    /// The objects that were given up last, in a ring.
    static LINGERING: [Cell<Option<Weak<dyn Any>>>; LINGER] =
        const { [const { Cell::new(None) }; LINGER] };
    static GIVEN_UP: Cell<usize> = const { Cell::new(0) };
}

#[inline(never)]
fn linger(block: Weak<dyn Any>) {
    let place = GIVEN_UP.get();
    GIVEN_UP.set(place.wrapping_add(1));
    LINGERING.with(|ring| ring[place % LINGER].set(Some(block)));
}

/// A strong count of an exported object; null where JavaScript passed a handle
/// that was freed or consumed.
pub struct Object<T: Recoverable>(Option<Rc<WasmRefCell<T::Handle>>>);

impl<T: Recoverable> Object<T> {
    /// Whether the object behind a pointer is there; a lingering one is not.
    ///
    /// # Safety
    /// `ptr` is not null and meets invariant 1 of this module.
    #[inline]
    unsafe fn is_there(ptr: *const WasmRefCell<T::Handle>) -> bool {
        // SAFETY: by (1) the pointer is that of an `Rc` whose block is allocated; the
        // weak count is not given back, since it is not ours.
        let weak = ManuallyDrop::new(unsafe { Weak::from_raw(ptr) });
        weak.strong_count() != 0
    }

    /// Takes a strong count of its own.
    ///
    /// # Safety
    /// `abi` is null or meets invariant 1 of this module.
    #[inline]
    pub unsafe fn retain(abi: ObjectAbi<T>) -> Self {
        let ptr = abi.into_ptr();
        // SAFETY: the pointer is not null; the rest is the caller's contract.
        if ptr.is_null() || !unsafe { Self::is_there(ptr) } {
            return Object(None);
        }
        // SAFETY: by (1) the pointer is from `Rc::into_raw`, and its strong count is not 0.
        unsafe { Rc::increment_strong_count(ptr) };
        // SAFETY: the count incremented above is the one taken over here.
        Object(Some(unsafe { Rc::from_raw(ptr) }))
    }

    /// Borrows JavaScript's strong count.
    ///
    /// # Safety
    /// As for [`Object::retain`], and the result ends with the synchronous call
    /// that JavaScript made.
    #[inline]
    pub unsafe fn lend(abi: ObjectAbi<T>) -> Given<T> {
        let ptr = abi.into_ptr();
        // SAFETY: the pointer is not null; the rest is the caller's contract.
        let there = !ptr.is_null() && unsafe { Self::is_there(ptr) };
        // SAFETY: by (1) the pointer is from `Rc::into_raw`, and its strong count is not
        // 0; by (3) it stays so while the call is inside the cell. It is never given back,
        // since it is JavaScript's.
        let object = Object(there.then(|| unsafe { Rc::from_raw(ptr) }));
        Given::Lent(ManuallyDrop::new(object))
    }

    /// Another count of the same object.
    pub(crate) fn share(&self) -> Self {
        Object(self.0.clone())
    }

    /// Gives up JavaScript's strong count, of a handle that went without saying so.
    pub(crate) fn release(&self) {
        if let Some(rc) = &self.0 {
            // SAFETY: the host asks for it once, for a handle that was collected: the count
            // is JavaScript's, and nobody else gives it up.
            unsafe { Rc::decrement_strong_count(Rc::as_ptr(rc)) }
        }
    }

    /// Keeps the block allocated for a while after JavaScript's count ends.
    pub fn linger(&self) {
        if let Some(rc) = &self.0 {
            linger(Rc::downgrade(rc) as Weak<dyn Any>);
        }
    }

    /// Takes over the strong count that JavaScript gave up.
    ///
    /// # Safety
    /// As for [`Object::retain`], and JavaScript's count passes to the result.
    #[inline]
    pub unsafe fn own(abi: ObjectAbi<T>) -> Given<T> {
        let ptr = abi.into_ptr();
        // SAFETY: by (1) the pointer is from `Rc::into_raw`; the caller gives its count.
        Given::Owned(Object(
            (!ptr.is_null()).then(|| unsafe { Rc::from_raw(ptr) }),
        ))
    }

    /// An object without a value, for the host to give up in place of one that it
    /// can't: a count like any other, so that the glue may also release it.
    pub fn stand_in(refusal: Refusal, cause: Option<JsValue>) -> u32 {
        Self::given(ObjectCell::refusing(refusal, cause))
    }

    /// An object for the host, which gives it a handle or gives it up.
    pub(crate) fn given(cell: ObjectCell<T>) -> u32 {
        T::Handle::new(cell).into_abi().into_usize() as u32
    }

    /// The guarded cell, or `None` for a null handle.
    #[inline]
    pub fn cell(&self) -> Option<&ObjectCell<T>> {
        let handle = self.0.as_ref()?.try_borrow()?;
        let cell: *const ObjectCell<T> = handle.cell();
        // SAFETY: the cell lives in the `Rc` whose count `self` holds, or for a call
        // borrows (3), so as long as the result; by (2) nobody borrows it mutably once
        // the borrow above ends.
        Some(unsafe { &*cell })
    }
}

/// An object that a call consumes.
pub enum Given<T: Recoverable> {
    /// JavaScript gave it up, or a stand-in for it.
    Owned(Object<T>),
    /// JavaScript holds it for as long as the call.
    Lent(ManuallyDrop<Object<T>>),
}

impl<T: Recoverable> Given<T> {
    /// The object, whoever holds it.
    #[inline]
    pub fn object(&self) -> &Object<T> {
        match self {
            Given::Owned(object) => object,
            Given::Lent(object) => object,
        }
    }
}

/// Any value as JavaScript has it, and back.
pub(crate) fn cast<A: IntoWasmAbi, B: FromWasmAbi>(value: A) -> B {
    wasm_bindgen::__rt::wbg_cast(value)
}

/// `start` functions have no caller to return to: JavaScript sees the throw.
impl Start for Outcome<()> {
    fn start(self) {
        self.throw_error();
    }
}

/// The conversion traits of a user's type, each delegating to the handle, so
/// that it can be passed wherever wasm-bindgen takes an exported struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_conversions {
    ($user:ty, $handle:ty) => {
        impl $crate::__private::WasmDescribe for $user {
            fn describe() {
                <$handle as $crate::__private::WasmDescribe>::describe();
            }
        }
        impl $crate::__private::WasmDescribeVector for $user {
            fn describe_vector() {
                <$handle as $crate::__private::WasmDescribeVector>::describe_vector();
            }
        }
        impl $crate::__private::IntoWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            fn into_abi(self) -> Self::Abi {
                $crate::__private::IntoWasmAbi::into_abi($crate::__private::object::export(self))
            }
        }
        impl $crate::__private::OptionIntoWasmAbi for $user {
            #[inline]
            fn none() -> Self::Abi {
                $crate::__private::ObjectAbi::<$user>::null()
            }
        }
        impl $crate::__private::NullableIntoWasmAbi for $user {
            #[inline]
            fn null() -> Self::MaybeAbi {
                $crate::__private::ObjectAbi::<$user>::js_null()
            }
        }
        impl $crate::__private::FromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            unsafe fn from_abi(abi: Self::Abi) -> Self {
                // SAFETY: the caller's contract is the one asked for.
                $crate::__private::object::or_panic(unsafe {
                    <Self as $crate::__private::FromWasmAbi>::try_from_abi(abi)
                })
            }
            #[inline]
            unsafe fn try_from_abi(abi: Self::Abi) -> $crate::__private::Converted<Self> {
                // SAFETY: the glue passes a count that JavaScript gave up, or a stand-in (1).
                $crate::__private::object::take(unsafe { $crate::__private::Object::own(abi) })
            }
        }
        impl $crate::__private::OptionFromWasmAbi for $user {
            #[inline]
            fn is_none(abi: &Self::Abi) -> bool {
                abi.is_null()
            }
        }
        impl $crate::__private::NullableFromWasmAbi for $user {
            #[inline]
            fn is_null(abi: &Self::MaybeAbi) -> bool {
                abi.is_js_null()
            }
        }
        impl $crate::__private::RefFromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::SharedAnchor<$user>;
            unsafe fn ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the caller's contract is the one asked for.
                $crate::__private::object::or_panic(unsafe {
                    <Self as $crate::__private::RefFromWasmAbi>::try_ref_from_abi(abi)
                })
            }
            #[inline]
            unsafe fn try_ref_from_abi(
                abi: Self::Abi,
            ) -> $crate::__private::Converted<Self::Anchor> {
                // SAFETY: the glue read the pointer from a handle (1).
                $crate::__private::SharedAnchor::enter(unsafe {
                    $crate::__private::Object::retain(abi)
                })
            }
        }
        impl $crate::__private::LongRefFromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::SharedAnchor<$user>;
            unsafe fn long_ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the caller's contract is the one asked for.
                unsafe { <Self as $crate::__private::RefFromWasmAbi>::ref_from_abi(abi) }
            }
            #[inline]
            unsafe fn try_long_ref_from_abi(
                abi: Self::Abi,
            ) -> $crate::__private::Converted<Self::Anchor> {
                // SAFETY: the caller's contract is the one asked for.
                unsafe { <Self as $crate::__private::RefFromWasmAbi>::try_ref_from_abi(abi) }
            }
        }
        impl $crate::__private::RefMutFromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::ExclusiveAnchor<$user>;
            unsafe fn ref_mut_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the caller's contract is the one asked for.
                $crate::__private::object::or_panic(unsafe {
                    <Self as $crate::__private::RefMutFromWasmAbi>::try_ref_mut_from_abi(abi)
                })
            }
            #[inline]
            unsafe fn try_ref_mut_from_abi(
                abi: Self::Abi,
            ) -> $crate::__private::Converted<Self::Anchor> {
                // SAFETY: the glue read the pointer from a handle (1).
                $crate::__private::ExclusiveAnchor::enter(unsafe {
                    $crate::__private::Object::retain(abi)
                })
            }
        }
        impl ::core::convert::From<$user> for $crate::__private::JsValue {
            fn from(value: $user) -> Self {
                ::core::convert::Into::into($crate::__private::object::export(value))
            }
        }
        impl $crate::__private::TryFromJsValue for $user {
            fn try_from_js_value_ref(
                value: &$crate::__private::JsValue,
            ) -> ::core::option::Option<Self> {
                $crate::__private::object::unwrap(
                    <$handle as $crate::__private::TryFromJsValue>::try_from_js_value_ref(value)?,
                )
            }
        }
        impl $crate::__private::VectorIntoWasmAbi for $user {
            type Abi = <$handle as $crate::__private::VectorIntoWasmAbi>::Abi;
            fn vector_into_abi(vector: $crate::__private::Box<[$user]>) -> Self::Abi {
                $crate::__private::js_value_vector_into_abi(vector)
            }
        }
        impl $crate::__private::VectorFromWasmAbi for $user {
            type Abi = <$handle as $crate::__private::VectorFromWasmAbi>::Abi;
            unsafe fn vector_from_abi(abi: Self::Abi) -> $crate::__private::Box<[$user]> {
                // SAFETY: the caller's contract is the one asked for.
                $crate::__private::object::or_panic(unsafe {
                    <Self as $crate::__private::VectorFromWasmAbi>::try_vector_from_abi(abi)
                })
            }
            unsafe fn try_vector_from_abi(
                abi: Self::Abi,
            ) -> $crate::__private::Converted<$crate::__private::Box<[$user]>> {
                // SAFETY: the caller's contract is the one asked for.
                let handles = unsafe {
                    <$handle as $crate::__private::VectorFromWasmAbi>::try_vector_from_abi(abi)
                };
                $crate::__private::object::unwrap_all(handles?)
            }
        }
    };
}

/// What a generated handle is to the runtime.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_handle {
    ($handle:ident, $user:ty) => {
        impl $crate::__private::Handle for $handle {
            type User = $user;
            fn new(cell: $crate::__private::ObjectCell<$user>) -> Self {
                $handle(cell)
            }
            #[inline]
            fn cell(&self) -> &$crate::__private::ObjectCell<$user> {
                &self.0
            }
        }
        impl ::core::ops::Drop for $handle {
            fn drop(&mut self) {
                $crate::__private::object::release(&self.0)
            }
        }
    };
}

/// The receiver of the exports of one impl block: wasm-bindgen wants a local type
/// with inherent methods, and converts it before any of our code runs, so it
/// takes every pointer as it comes and lets the receiver carriers refuse it.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_receiver {
    ($receiver:ident, $user:ty) => {
        pub struct $receiver($crate::__private::Given<$user>);
        impl ::core::panic::UnwindSafe for $receiver {}
        impl ::core::panic::RefUnwindSafe for $receiver {}
        impl $crate::__private::SupportsConstructor for $receiver {}
        impl $crate::__private::SupportsInstanceProperty for $receiver {}
        impl $crate::__private::SupportsStaticProperty for $receiver {}
        impl $crate::__private::WasmDescribe for $receiver {
            fn describe() {
                <$user as $crate::__private::WasmDescribe>::describe();
            }
        }
        impl $crate::__private::FromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            #[inline]
            unsafe fn from_abi(abi: Self::Abi) -> Self {
                // SAFETY: the glue passes a count that JavaScript gave up, or a stand-in (1).
                $receiver(unsafe { $crate::__private::Object::own(abi) })
            }
        }
        impl $crate::__private::RefFromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::Held<$receiver>;
            #[inline]
            unsafe fn ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the glue read the pointer from a handle (1); the anchor ends with the call.
                $crate::__private::Held($receiver(unsafe { $crate::__private::Object::lend(abi) }))
            }
        }
        impl $crate::__private::LongRefFromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::Held<$receiver>;
            #[inline]
            unsafe fn long_ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the glue read the pointer from a handle (1).
                let object = unsafe { $crate::__private::Object::retain(abi) };
                $crate::__private::Held($receiver($crate::__private::Given::Owned(object)))
            }
        }
    };
}

/// For Miri, on a 32-bit target: elsewhere wasm-bindgen cuts a pointer to 32 bits.
#[cfg(all(test, target_pointer_width = "32"))]
mod tests;
