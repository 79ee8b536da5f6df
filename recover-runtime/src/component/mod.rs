//! Components: what the boundary is where a component model is around the module, and no JavaScript. Calls, policies and
//! records are those of the layers below. Nothing of JavaScript is used here.
//!
//! A call of an export takes its arguments in the carriers of `carrier.rs` and ends as a value or as a
//! [`types::Failure`], the error type of each `result` in the WIT of the component:
//!
//! ```ignore
//! wit_bindgen::generate!({
//!     world: "store",
//!     path: "wit",
//!     with: { "recover:error/types@0.1.0": recover_runtime::component::types },
//!     generate_all,
//! });
//! ```
//!
//! A [`Resource`] is what stands for a struct of the user's: a guarded cell. An [`Error`] is a failure that an import
//! returned.

mod call;
mod carrier;
mod class;
mod entry;
mod error;
mod exported;
pub(crate) mod raised;
pub(crate) mod resource;

pub use crate::base::types;
pub use error::{Behind, Error};
pub use raised::{ErrorClass, ErrorField, Raised};
pub use resource::Resource;

/// What generated code calls.
#[doc(hidden)]
pub mod generated {
    pub use crate::component::call::{call, clear_poison, construct, restore, save};
    pub use crate::component::carrier::{
        Argument, Asked, LentArgument, NotExported, exclusive, exclusive_by, shared, shared_by,
    };
    pub use crate::component::class::{Component, journal_accepts, journals, rolls_back, saves};
    pub use crate::component::exported::Exported;
}
