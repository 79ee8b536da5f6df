//! recover for Workers that are written in Rust with the crate `worker`.
//!
//! Put `#[recoverable]` above `#[event(…)]` and above `#[durable_object]`:
//!
//! ```ignore
//! use recover_worker::recoverable;
//! use serde::{Deserialize, Serialize};
//! use std::cell::Cell;
//! use worker::{Context, DurableObject, Env, Request, Response, Result, State, durable_object, event};
//!
//! #[recoverable]
//! #[event(fetch)]
//! async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
//!     let counter = env.durable_object("COUNTER")?.id_from_name("one")?.get_stub()?;
//!     counter.fetch_with_request(request).await
//! }
//!
//! #[recoverable]
//! #[durable_object]
//! #[derive(Serialize, Deserialize)]
//! pub struct Counter {
//!     state: State,
//!     env: Env,
//!     value: Cell<u32>,
//! }
//!
//! impl DurableObject for Counter {
//!     fn new(state: State, env: Env) -> Self {
//!         Counter { state, env, value: Cell::new(0) }
//!     }
//!     async fn fetch(&self, _request: Request) -> Result<Response> {
//!         self.value.set(self.value.get() + 1);
//!         Response::ok(self.value.get().to_string())
//!     }
//! }
//! ```
//!
//! A request that panics is answered with a 500 that has an id, one that was under way when the instance
//! ended with a 503. The object is as it was when the request that failed last waited; after a trap it
//! lives on in the next instance. Here is what the macro's output calls; the macro is in `macros`.

pub mod held;
mod host;
mod restore;

pub use recover_runtime as runtime;
pub use recover_worker_macros::recoverable;
pub use restore::Restore;
#[doc(hidden)]
pub use restore::{Field, Other};

#[doc(hidden)]
pub use host::{attach, attach_object};

/// The error of a handler that returned an `Err`, for JavaScript.
#[doc(hidden)]
pub fn failed(error: &dyn std::fmt::Display) -> wasm_bindgen::JsValue {
    wasm_bindgen::JsError::new(&error.to_string()).into()
}

/// What the attribute finds in place of the runtime, where its promise is to be answered: the errors of
/// a request become responses.
#[doc(hidden)]
pub mod answering {
    #[doc(hidden)]
    pub mod __private {
        pub use recover_runtime::__private::*;

        #[doc(hidden)]
        pub mod futures {
            pub use crate::host::future_to_response as future_to_promise;
            pub use recover_runtime::__private::futures::{run, spawn_local};
        }

        #[doc(hidden)]
        pub mod js {
            pub use super::futures;
        }
    }
}

/// The same where it is on a Durable Object: its state is brought back while other calls have it.
#[doc(hidden)]
pub mod object {
    pub use recover_runtime::Parent;

    #[doc(hidden)]
    pub mod __private {
        pub use crate::__recover_worker_persists as persists;
        pub use recover_runtime::__private::*;
    }
}

/// How the state of a Durable Object is encoded, and brought back.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_worker_persists {
    ($user:ty) => {
        const _: () = $crate::runtime::__private::persist::persists::<$user>();
        impl $crate::runtime::__private::persist::State for $user {
            const RESTORES: ::core::primitive::bool = true;
            fn restore(&self, before: Self) -> ::core::primitive::bool {
                $crate::Restore::restore(self, before)
            }
            fn encode(&self, bytes: &mut $crate::runtime::__private::Vec<u8>) {
                #[allow(unused_imports)]
                use $crate::runtime::__private::persist::NoCodec as _;
                $crate::runtime::__private::persist::Codec::<$user>::encode(self, bytes);
            }
            fn decode(bytes: &[u8]) -> ::core::option::Option<Self> {
                #[allow(unused_imports)]
                use $crate::runtime::__private::persist::NoCodec as _;
                $crate::runtime::__private::persist::decoded(
                    bytes,
                    $crate::runtime::__private::persist::Codec::<$user>::decode,
                )
            }
        }
    };
}
