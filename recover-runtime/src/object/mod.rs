//! Exported objects: the handle that JavaScript has, the cell behind it, and what holds a
//! cell for a call.

pub(crate) mod anchor;
pub(crate) mod borrow;
pub(crate) mod class;
pub(crate) mod convert;
pub(crate) mod entry;
pub(crate) mod inspect;
pub(crate) mod parent;
pub(crate) mod pointer;
pub(crate) mod receiver;
