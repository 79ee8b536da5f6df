//! The error of a call, as the layers pass it on: a JavaScript value where JavaScript is around the module, a failure
//! of `recover:error` in a component. A native build for components has both: the code for JavaScript is compiled there,
//! and never runs. What is in an error is not known here. `unsafe`: an error is dropped by hand.

#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
mod javascript {
    use wasm_bindgen::JsValue;

    /// The error of a call.
    pub(crate) type Thrown = JsValue;

    /// What JavaScript threw, as the error of a call.
    #[inline(always)]
    pub(crate) fn of_js(value: JsValue) -> Thrown {
        value
    }

    /// The error of a call, for JavaScript.
    #[inline(always)]
    pub(crate) fn into_js(thrown: Thrown) -> JsValue {
        thrown
    }

    /// The same, of one that is kept.
    #[inline(always)]
    pub(crate) fn as_js(thrown: &Thrown) -> &JsValue {
        thrown
    }
}

#[cfg(all(feature = "component", not(target_os = "unknown")))]
mod component {
    use crate::base::origin::Origin;
    use crate::base::types::{Failure, Kind};
    use std::mem::ManuallyDrop;
    use std::rc::Rc;
    #[cfg(not(target_os = "wasi"))]
    use wasm_bindgen::JsValue;

    /// What failures of a class have in common.
    pub(crate) struct What {
        pub(crate) kind: Kind,
        pub(crate) class: &'static str,
        pub(crate) code: &'static str,
    }

    /// A failure of this crate's own, in few words: the record of `recover:error` is made of it when its caller reads it.
    pub(crate) struct Made {
        pub(crate) what: &'static What,
        pub(crate) message: String,
        /// The export that was called; empty if there was none.
        pub(crate) export: &'static str,
        pub(crate) at: Origin,
        /// The class of the object that it is about; empty if it is about none.
        pub(crate) object: &'static str,
        /// The numbers that it has as fields; those without a name it has not.
        pub(crate) numbers: [(&'static str, u64); 2],
        pub(crate) cause: Option<Thrown>,
    }

    /// The error of a call. It is kept by what it poisons, and shared by those that it fails.
    #[derive(Clone)]
    pub struct Thrown(ManuallyDrop<Rc<Is>>);

    /// What it is.
    pub(crate) enum Is {
        /// It came from the user's code, and fails the call alone.
        Given(Failure),
        /// It came from there, and is kept: each call that asks gets a copy. Few components have such, and only they have
        /// the code that copies.
        Kept(Failure, fn(&Failure) -> Failure),
        /// Of this crate's own.
        Made(Made),
        /// In native builds.
        #[cfg(not(target_os = "wasi"))]
        Js(JsValue),
    }

    impl Thrown {
        /// The error that is this failure. It is not cloned: see [`Self::kept`].
        pub(crate) fn new(failure: Failure) -> Self {
            Thrown::of(Is::Given(failure))
        }

        /// The same, for who may keep it.
        pub(crate) fn kept(self) -> Self {
            match self.into_is() {
                Ok(Is::Given(failure)) => Thrown::of(Is::Kept(failure, Failure::clone)),
                Ok(is) => Thrown::of(is),
                Err(shared) => shared,
            }
        }

        /// The error that is made of these words.
        pub(crate) fn made(made: Made) -> Self {
            Thrown::of(Is::Made(made))
        }

        /// What it is.
        pub(crate) fn is(&self) -> &Is {
            &self.0
        }

        /// The same, if nobody else has it.
        pub(crate) fn into_is(self) -> Result<Is, Self> {
            let mut this = ManuallyDrop::new(self);
            // SAFETY: `this` is neither used nor dropped afterwards.
            let shared = unsafe { ManuallyDrop::take(&mut this.0) };
            Rc::try_unwrap(shared).map_err(|shared| Thrown(ManuallyDrop::new(shared)))
        }

        /// The failure of the user's code, if nobody else has it.
        pub(crate) fn given(&mut self) -> Option<&mut Failure> {
            match Rc::get_mut(&mut self.0) {
                Some(Is::Given(failure)) => Some(failure),
                _ => None,
            }
        }

        #[cold]
        #[inline(never)]
        fn of(is: Is) -> Self {
            Thrown(ManuallyDrop::new(Rc::new(is)))
        }
    }

    /// Of a function of its own, else each crate of the user's would contain the destructors of all that a failure has.
    impl Drop for Thrown {
        #[cold]
        #[inline(never)]
        fn drop(&mut self) {
            // SAFETY: nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.0) }
        }
    }

    /// What JavaScript threw, as the error of a call.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn of_js(value: JsValue) -> Thrown {
        Thrown::of(Is::Js(value))
    }

    /// The error of a call, for JavaScript, which a native build has none of.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn into_js(thrown: Thrown) -> JsValue {
        as_js(&thrown).clone()
    }

    /// The same, of one that is kept.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn as_js(thrown: &Thrown) -> &JsValue {
        match thrown.is() {
            Is::Js(value) => value,
            _ => const { &JsValue::UNDEFINED },
        }
    }
}

#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub use component::Thrown;
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub(crate) use component::{Is, Made, What};
#[cfg(all(
    feature = "component",
    not(target_os = "unknown"),
    not(target_os = "wasi")
))]
pub(crate) use component::{as_js, into_js, of_js};
#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
pub(crate) use javascript::{Thrown, as_js, into_js, of_js};
