//! Components.
pub use crate::base::types;
