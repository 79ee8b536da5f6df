//! A failure of this crate's own, in few words: the record of `recover:error` is made of it when its caller reads it. Data
//! alone lives here; who makes one, and of what, is not said.

use crate::base::origin::Origin;
use crate::base::thrown::Thrown;
use crate::base::types::Kind;

/// What failures of a class have in common.
pub(crate) struct What {
    pub(crate) kind: Kind,
    pub(crate) class: &'static str,
    pub(crate) code: &'static str,
}

/// A failure.
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
