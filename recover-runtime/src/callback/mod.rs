//! Rust closures that JavaScript calls: the handle that Rust keeps, and its options.
//!
//! The state of a closure is in `slot.rs`, its conversions in `arity.rs`, closures that borrow the
//! stack in `scope.rs`. Nothing here touches a pointer, and nothing throws: a call of a closure
//! runs in the guard, as a call of an export does.

use crate::call::settle::OnPanic;
use crate::callback::arity::{Exclusive, IntoCallback, Once, Shared};
use crate::callback::slot::{ClosureSlot, Control};
use crate::host::callbacks;
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{IntoWasmAbi, OptionIntoWasmAbi};
use wasm_bindgen::describe::{NAMED_EXTERNREF, WasmDescribe, inform};

pub(crate) mod arity;
pub(crate) mod scope;
mod slot;

/// Hands a closure to JavaScript: [`Callback::new`].
///
/// ```no_run
/// use recover_runtime::{Callback, callback, recoverable};
///
/// #[recoverable]
/// pub fn counter() -> Callback {
///     let mut n: u32 = 0;
///     callback(move |by: u32| {
///         n = n.checked_add(by).expect("the counter is full");
///         n
///     })
/// }
/// ```
pub fn callback<F, S>(closure: F) -> Callback
where
    F: IntoCallback<Exclusive, S> + 'static,
{
    Callback::new(closure)
}

/// A Rust closure that JavaScript can call.
///
/// A panic in it reaches the JavaScript caller as a `PanicError`, a re-entrant call gets
/// a `BusyError`, a call after a panic a `PoisonedError`, and a call after the closure
/// was dropped, or after its instance ended, a `StaleHandleError`. The errors' `export`
/// is the name that rustc has for the closure's type.
///
/// Dropping the `Callback` drops the closure; if a call of it is under way, at the end of the call.
/// A `Callback` that is returned by an export, passed to an import by value, or converted by
/// [`into_js_value`](Callback::into_js_value) belongs to JavaScript's garbage collector. If an
/// engine has no `FinalizationRegistry`, the closure is then never dropped.
///
/// The closure takes at most eight arguments of types that an export takes by value; write the
/// types. It returns what an export can return. The error of a `Result` is any
/// `Into<JsValue>`: a type that derives [`JsErrorClass`](crate::JsErrorClass), a `JsValue`,
/// or a [`JsError`](crate::JsError), to which `?` converts every `std::error::Error`.
#[must_use = "dropping it drops the closure"]
pub struct Callback {
    function: JsValue,
    /// None once JavaScript owns the closure.
    owned: Option<Owned>,
}

struct Owned {
    shell: JsValue,
    slot: Rc<dyn Control>,
}

impl Callback {
    /// A closure with one call at a time: JavaScript that calls it again from within gets a
    /// `BusyError`.
    pub fn new<F, S>(closure: F) -> Callback
    where
        F: IntoCallback<Exclusive, S> + 'static,
    {
        Callback::wrap(closure)
    }

    /// A closure that JavaScript may call again from within.
    ///
    /// ```no_run
    /// # use recover_runtime::{Callback, JsValue};
    /// let describe = Callback::reentrant(|n: u32| if n == 0 { "none" } else { "some" }.to_owned());
    /// ```
    pub fn reentrant<F, S>(closure: F) -> Callback
    where
        F: IntoCallback<Shared, S> + 'static,
    {
        Callback::wrap(closure)
    }

    /// A closure that is called once: a second call gets a `StaleHandleError`. A call whose
    /// arguments can't be converted does not count.
    pub fn once<F, S>(closure: F) -> Callback
    where
        F: IntoCallback<Once, S> + 'static,
    {
        Callback::wrap(closure)
    }

    fn wrap<F, K, S>(closure: F) -> Callback
    where
        F: IntoCallback<K, S> + 'static,
    {
        callbacks::link();
        let slot = Rc::new(ClosureSlot::new(closure));
        let called = Rc::clone(&slot);
        let shell = F::shell(move |args| F::run(&called, args));
        Callback {
            function: callbacks::function(&shell, F::ARITY),
            owned: Some(Owned { shell, slot }),
        }
    }

    /// Sets what a panic does to the closure; [`OnPanic::Poison`] by default. What the closure
    /// captured stays as the panic left it.
    pub fn on_panic(self, on_panic: OnPanic) -> Callback {
        if let Some(owned) = &self.owned {
            owned.slot.set_on_panic(on_panic);
        }
        self
    }

    /// For callers that can't catch: timers, events, promise reactions. A failure is reported to
    /// the listeners of `recovery.onPanic`, or on the console if there are none, and the call
    /// returns `undefined`. What is not a panic (an `Err`, a
    /// refusal, a JavaScript exception) is reported as a `PanicError` that has it as its cause.
    pub fn detached(mut self) -> Callback {
        self.function = callbacks::detached(&self.function);
        self
    }

    /// The JavaScript function.
    pub fn function(&self) -> &JsValue {
        &self.function
    }

    /// Gives the closure to JavaScript's garbage collector, which drops it with the
    /// function. A panic in its destructor then goes to `recovery.onPanic`.
    pub fn into_js_value(mut self) -> JsValue {
        self.owned = None;
        std::mem::replace(&mut self.function, JsValue::UNDEFINED)
    }

    /// Drops the closure: later calls get a `StaleHandleError`.
    ///
    /// # Panics
    /// If the destructor of what the closure captured does.
    pub fn free(self) {}

    /// Whether the closure is poisoned.
    pub fn is_poisoned(&self) -> bool {
        self.owned
            .as_ref()
            .is_some_and(|owned| owned.slot.is_poisoned())
    }

    /// Clears the poison: what the closure captured is accepted as it is. `true` if it was
    /// poisoned.
    pub fn clear_poison(&self) -> bool {
        self.owned
            .as_ref()
            .is_some_and(|owned| owned.slot.clear_poison())
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(Owned { shell, slot }) = self.owned.take() {
            // The closure last, because its destructor may panic.
            callbacks::release(&shell);
            slot.close();
        }
    }
}

impl AsRef<JsValue> for Callback {
    fn as_ref(&self) -> &JsValue {
        &self.function
    }
}

impl From<Callback> for JsValue {
    fn from(callback: Callback) -> JsValue {
        callback.into_js_value()
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl WasmDescribe for Callback {
    fn describe() {
        // "Function", without a loop: wasm-bindgen interprets this code, and supports no loops.
        inform(NAMED_EXTERNREF);
        inform(8);
        inform('F' as u32);
        inform('u' as u32);
        inform('n' as u32);
        inform('c' as u32);
        inform('t' as u32);
        inform('i' as u32);
        inform('o' as u32);
        inform('n' as u32);
    }
}

impl IntoWasmAbi for Callback {
    type Abi = <JsValue as IntoWasmAbi>::Abi;

    fn into_abi(self) -> Self::Abi {
        self.into_js_value().into_abi()
    }
}

impl IntoWasmAbi for &Callback {
    type Abi = <JsValue as IntoWasmAbi>::Abi;

    fn into_abi(self) -> Self::Abi {
        (&self.function).into_abi()
    }
}

impl OptionIntoWasmAbi for Callback {
    fn none() -> Self::Abi {
        JsValue::UNDEFINED.into_abi()
    }
}

impl OptionIntoWasmAbi for &Callback {
    fn none() -> Self::Abi {
        JsValue::UNDEFINED.into_abi()
    }
}

// In two blocks, as `base/nullable.rs` says.
const _: () = {
    #[allow(unused_imports)]
    use crate::base::nullable::*;
    type Function = Callback;
    const _: () = {
        #[allow(unused_imports)]
        use wasm_bindgen::convert::*;
        impl NullableIntoWasmAbi for Function {
            fn null() -> <Function as IntoWasmAbi>::Abi {
                JsValue::NULL.into_abi()
            }
        }
    };
};
