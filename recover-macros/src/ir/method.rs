//! A method of an exported block, or a function of a `Guest` trait. What block that is is not known here.

use crate::attr::Options;
use crate::sig::Signature;
use syn::Attribute;

#[derive(Clone)]
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) options: Options,
    pub(crate) sig: Signature,
}
