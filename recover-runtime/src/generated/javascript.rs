//! The face to the macros for JavaScript: what expansions name that no component has. No stability is promised for
//! anything here.

pub use crate::call::argument::{IsPassed, Lent, LentInSlices, LentMut, LongRef, MutRef, Owned};
pub use crate::call::borrowed::{Borrowed, BorrowedBy, Lending, LendingBriefly};
pub use crate::call::guard::call;
#[cfg(not(any(panic = "unwind", recover_gate)))]
pub use crate::call::outcome::BigInt;
pub use crate::call::outcome::{Fits, IsReturned, Outcome};
pub use crate::error::private as errors;
pub use crate::host::attach::links;
pub use crate::host::caught::Caught;
pub use crate::host::queues::queues;
pub use crate::import::{
    ByValue, Converts, Crosses, awaited, awaited_or, called, caught, imported, no_value, waited,
    waited_or,
};
pub use crate::object::anchor::{
    ExclusiveAnchor, ExclusiveLongReceiver, Passthrough, SharedAnchor, SharedLongReceiver,
};
pub use crate::object::class::{
    BorrowedByWasmBindgen, CalledByWasmBindgen, Handle, ObjectAbi, ObjectCell, Recoverable, Root,
};
pub use crate::object::convert::IsField;
pub use crate::object::parent::{Base, Derived, Extends, parent_of};
pub use crate::object::pointer::{Given, Object};
pub use crate::object::receiver::{ExclusiveReceiver, SharedReceiver};
use crate::persist::Persistence;
pub use crate::task::export::{Settled, Value};
pub use crate::{
    __recover_adopted as adopted, __recover_borrowed as borrowed, __recover_checked as checked,
    __recover_constructed as constructed, __recover_conversions as conversions,
    __recover_ended as ended, __recover_export as export, __recover_export_async as export_async,
    __recover_get as get, __recover_handle as handle, __recover_no_component as no_component,
    __recover_receiver as receiver, __recover_refused as refused, __recover_returned as returned,
    __recover_set as set, __recover_settled as settled, __recover_slot as slot,
    __recover_thrown as thrown,
};
pub use crate::{
    __recover_imported_object as import_object, __recover_journal as journal,
    __recover_on_own_stack as on_own_stack, __recover_rolls_back as rolls_back,
};
pub use wasm_bindgen::__rt::marker::{
    ErasableGeneric, ErasableGenericBorrow, ErasableGenericBorrowMut, ErasableGenericOwn,
    MaybeUnwindSafe, SupportsConstructor, SupportsInstanceProperty, SupportsStaticProperty,
};
pub use wasm_bindgen::convert::{
    FromWasmAbi, IntoWasmAbi, LongRefFromWasmAbi, OptionFromWasmAbi, OptionIntoWasmAbi,
    RefFromWasmAbi, RefMutFromWasmAbi, TryFromJsValue, VectorFromWasmAbi, VectorIntoWasmAbi,
    js_value_vector_into_abi,
};
pub use wasm_bindgen::describe::{WasmDescribe, WasmDescribeVector};
pub use wasm_bindgen::{self, JsValue};

/// What generated code asks of an object.
pub mod object {
    pub use crate::object::convert::{
        assign, cloned, copied, export, look_or_take, look_or_take_all, or_panic, release,
        take_all_or_panic, take_or_panic, unwrap,
    };
    pub use crate::object::inspect::{exported, inspect};
}

/// wasm-bindgen with a `Parent` of ours: the field by which its code knows that a class extends
/// another one.
pub mod levels {
    pub use crate::object::pointer::Parent;
    pub use wasm_bindgen::*;
}

/// wasm-bindgen under the name by which its code for enums calls it, whatever its options say.
pub mod named {
    pub use wasm_bindgen;
}

/// What wasm-bindgen's conversions return: a value, or the string to throw.
pub type Converted<T> = Result<T, &'static str>;

/// What wasm-bindgen's code for asynchronous exports calls, in place of its own.
pub mod futures {
    pub use crate::task::export::{future_to_promise, run};
    pub use crate::task::poll::spawn as spawn_local;
}

/// What a call with a stack of its own runs in.
pub mod fiber {
    pub use crate::task::fiber::on_own_stack;
}

/// The same, where wasm-bindgen is told to find it in js-sys.
pub mod js {
    pub use super::futures;
}

/// One type, or the other.
pub type Either<const FIRST: bool, A, B> = <Choice<FIRST> as Choose<A, B>>::Type;

/// What is behind [`Either`].
pub struct Choice<const FIRST: bool>;

/// What is behind [`Either`].
pub trait Choose<A, B> {
    /// The one.
    type Type;
}

impl<A, B> Choose<A, B> for Choice<true> {
    type Type = A;
}

impl<A, B> Choose<A, B> for Choice<false> {
    type Type = B;
}

/// A type whose bounds are met; where they are not, rustc says so here.
pub const fn is_well_formed<T: ?Sized>() -> bool {
    true
}

/// Fails the build where an impl block and its struct disagree on the class.
pub const fn check_class<T: Recoverable>(class: &str) {
    let (ours, theirs) = (T::NAME.as_bytes(), class.as_bytes());
    let mut same = ours.len() == theirs.len();
    let mut index = 0;
    while same && index < ours.len() {
        same = ours[index] == theirs[index];
        index += 1;
    }
    assert!(
        same,
        "the struct has another `js_name`; write the same name as `js_class` on the impl block"
    );
}

/// Fails the build where an object would persist in part.
pub const fn check_parent<T: Derived>() {
    assert!(
        <T::Persistence as Persistence<T>>::PERSISTS
            == <<T::Parent as Recoverable>::Persistence as Persistence<T::Parent>>::PERSISTS,
        "a class and the one that it extends are one object, and persist both or not at all; write \
         `persist` on both structs, or on neither"
    );
}

/// Whether a journal of the class takes an argument that has a codec, or has none.
pub const fn journal_accepts<T: Recoverable>(codec: bool) -> bool {
    codec || !<T::Persistence as Persistence<T>>::JOURNALS
}
