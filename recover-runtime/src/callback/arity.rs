//! How closures of each arity and kind cross: they take carriers and return an outcome.
//! wasm-bindgen's closure is only a shell: its conversions can't fail, and its own checks are
//! never reached. A closure's state is in `slot.rs`.

use crate::base::thrown::into_js;
use crate::call::argument::Passed;
use crate::call::argument::Raw;
use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::outcome::ReturnedValue;
use crate::call::outcome::{Outcome, PlainReturn};
use crate::call::{guard, settle};
use crate::callback::slot::{ClosureSlot, Entered, Taken};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::convert::ReturnWasmAbi;

/// An `FnMut`: one call at a time.
pub struct Exclusive(());

/// An `Fn`: any number of calls at once.
pub struct Shared(());

/// An `FnOnce`.
pub struct Once(());

/// A closure that JavaScript can call: it takes at most eight arguments that an export could take
/// by value, and returns a value that an export could return. `K` and `S` distinguish kinds and
/// signatures; they are inferred.
#[diagnostic::on_unimplemented(
    message = "this closure can't be called by JavaScript",
    label = "no conversion to a JavaScript function",
    note = "it takes at most eight arguments, by value, of types that wasm-bindgen converts from JavaScript (write their types), and returns one that wasm-bindgen converts to JavaScript, or `Result<T, E>` of one, where `E` is `Into<JsValue>`"
)]
pub trait IntoCallback<K, S>: Sized {
    #[doc(hidden)]
    const ARITY: u32;
    #[doc(hidden)]
    type Args: 'static;
    #[doc(hidden)]
    type Value: PlainReturn + 'static;
    /// Calls the closure in `slot`.
    #[doc(hidden)]
    fn run(slot: &ClosureSlot<Self>, args: Self::Args) -> Outcome<Self::Value>;
    /// Makes wasm-bindgen's closure, which belongs to JavaScript.
    #[doc(hidden)]
    fn shell(run: impl Fn(Self::Args) -> Outcome<Self::Value> + 'static) -> JsValue;
}

/// What a closure returns: a value, or a `Result` of one. `M` distinguishes the two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned to JavaScript",
    note = "return a type that wasm-bindgen converts, or `Result<T, E>` of one, where `E` is `Into<JsValue>`"
)]
pub trait Returned<M> {
    #[doc(hidden)]
    type Value: PlainReturn;
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Value, Failure>;
}

/// A value.
pub struct Value(());

/// A `Result`.
pub struct ValueOrError(());

impl<T: PlainReturn> Returned<Value> for T {
    type Value = T;

    #[inline]
    fn into_result(self) -> Result<T, Failure> {
        Ok(self)
    }
}

impl<T: PlainReturn, E: Into<JsValue>> Returned<ValueOrError> for Result<T, E> {
    type Value = T;

    #[inline]
    fn into_result(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::thrown(error.into()))
    }
}

/// The outcome of a call that the slot refused.
#[cold]
#[inline(never)]
fn refused<F, T: PlainReturn>(slot: &ClosureSlot<F>, mut args: impl Carrier) -> Outcome<T> {
    let error = slot.refused();
    args.leave();
    settle::drop_quietly(args);
    Outcome::err(error)
}

/// The outcome of a call with an argument that can't be converted.
#[cold]
#[inline(never)]
fn invalid<T: PlainReturn>(
    name: &'static str,
    held: impl Carrier,
    mut args: impl Carrier,
) -> Outcome<T> {
    ManuallyDrop::new(held).finish();
    let refusal = args.check().err();
    args.leave();
    settle::drop_quietly(args);
    let failure = refusal.unwrap_or(Failure::Invalid("an argument could not be converted"));
    Outcome::err(into_js(failure.into_error(name)))
}

/// The arguments as nested pairs, as the guard takes them.
macro_rules! nested_pairs {
    () => { () };
    ($first:ident $($rest:ident)*) => { ($first, nested_pairs!($($rest)*)) };
}

macro_rules! kind {
    ($kind:ident $call:ident $held:ident [$count:literal $($arg:ident: $Arg:ident)*]) => {
        impl<F, $($Arg,)* R, M> IntoCallback<$kind, (fn($($Arg),*) -> R, M)> for F
        where
            F: $call($($Arg),*) -> R,
            R: Returned<M>,
            R::Value: 'static,
            $($Arg: Passed + 'static,)*
            ReturnedValue<R::Value>: ReturnWasmAbi,
        {
            const ARITY: u32 = $count;
            type Args = ($(Raw<$Arg>,)*);
            type Value = R::Value;

            #[inline]
            fn run(slot: &ClosureSlot<F>, ($($arg,)*): Self::Args) -> Outcome<R::Value> {
                $(let mut $arg = $arg.converted();)*
                let Some(held) = $held::new(slot) else {
                    return refused(slot, nested_pairs!($($arg)*));
                };
                if false $(|| $arg.is_refused())* $(|| !$arg.has_taken())* {
                    return invalid(ClosureSlot::<F>::NAME(), held, nested_pairs!($($arg)*));
                }
                // The guard keeps what it holds in memory, so the arguments do not go through it.
                let args = Cell::new(Some(($($arg.value(),)*)));
                guard::call(ClosureSlot::<F>::NAME(), || (held, ()), |(held, ())| {
                    let Some(($(Some($arg),)*)) = args.take() else {
                        unreachable!("a body runs once, on what is not refused")
                    };
                    #[allow(unused_mut)]
                    let mut closure = held.closure()?;
                    closure($($arg),*).into_result()
                })
            }

            fn shell(run: impl Fn(Self::Args) -> Outcome<R::Value> + 'static) -> JsValue {
                // `own_aborting`, because the guard has caught already.
                Closure::<dyn Fn($(Raw<$Arg>),*) -> ReturnedValue<R::Value>>::own_aborting(
                    move |$($arg: Raw<$Arg>),*| run(($($arg,)*)).value_or_throw(),
                )
                .into_js_value()
            }
        }
    };
}

macro_rules! arities {
    ($($arity:tt)*) => {
        $(
            kind!(Exclusive FnMut EnteredAlone $arity);
            kind!(Shared Fn EnteredShared $arity);
            kind!(Once FnOnce Taken $arity);
        )*
    };
}

type EnteredAlone<'a, F> = Entered<'a, F, true>;

type EnteredShared<'a, F> = Entered<'a, F, false>;

arities! {
    [0]
    [1 a: A]
    [2 a: A b: B]
    [3 a: A b: B c: C]
    [4 a: A b: B c: C d: D]
    [5 a: A b: B c: C d: D e: E]
    [6 a: A b: B c: C d: D e: E f: F6]
    [7 a: A b: B c: C d: D e: E f: F6 g: G]
    [8 a: A b: B c: C d: D e: E f: F6 g: G h: H]
}
