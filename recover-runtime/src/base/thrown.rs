//! The error of a call, as the layers pass it on: a JavaScript value where JavaScript is around the module, a failure
//! of `recover:error` in a component. A native build for components has both: the code for JavaScript is compiled there,
//! and never runs. What is in an error is not known here.

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
    use crate::base::types::Failure;
    use std::rc::Rc;
    #[cfg(not(target_os = "wasi"))]
    use wasm_bindgen::JsValue;

    /// The error of a call. It is kept by what it poisons, and shared by those that it fails.
    #[derive(Clone)]
    pub struct Thrown(Is);

    #[derive(Clone)]
    enum Is {
        Failure(Rc<Failure>),
        /// In native builds.
        #[cfg(not(target_os = "wasi"))]
        Js(JsValue),
    }

    impl Thrown {
        /// The error that is this failure.
        pub(crate) fn new(failure: Failure) -> Self {
            Thrown(Is::Failure(Rc::new(failure)))
        }

        /// The failure; none of a JavaScript value.
        pub(crate) fn failure(&self) -> Option<&Failure> {
            match &self.0 {
                Is::Failure(failure) => Some(failure),
                #[cfg(not(target_os = "wasi"))]
                Is::Js(_) => None,
            }
        }
    }

    /// What JavaScript threw, as the error of a call.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn of_js(value: JsValue) -> Thrown {
        Thrown(Is::Js(value))
    }

    /// The error of a call, for JavaScript, which a native build has none of.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn into_js(thrown: Thrown) -> JsValue {
        as_js(&thrown).clone()
    }

    /// The same, of one that is kept.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn as_js(thrown: &Thrown) -> &JsValue {
        match &thrown.0 {
            Is::Js(value) => value,
            Is::Failure(_) => const { &JsValue::UNDEFINED },
        }
    }
}

#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub use component::Thrown;
#[cfg(all(
    feature = "component",
    not(target_os = "unknown"),
    not(target_os = "wasi")
))]
pub(crate) use component::{as_js, into_js, of_js};
#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
pub(crate) use javascript::{Thrown, as_js, into_js, of_js};
