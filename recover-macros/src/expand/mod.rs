//! Expansion: from what was parsed and checked to tokens. It cannot fail, and the
//! logic is the runtime's: an expansion names types and calls functions.

mod component;
mod export;
mod function;
mod guard;
mod impl_block;
mod import;
mod parts;
mod passed;
mod persist;
mod structure;

pub(crate) use component::functions as guest_stub;
pub(crate) use function::exports;
pub(crate) use import::stub as imports_stub;
pub(crate) use structure::stub as structure_stub;

use crate::ir::Item;
use proc_macro2::TokenStream;

/// The user's item, and its exports beside it.
pub(crate) fn item(item: &Item) -> TokenStream {
    match item {
        Item::Function(function) => function::expand(function),
        Item::Guarded(function) => guard::expand(function),
        Item::Struct(structure) if structure.is_resource() => component::structure(structure),
        Item::Struct(structure) => structure::expand(structure),
        Item::Impl(block) if block.resource().is_some() => component::block(block),
        Item::Guest(guest) => component::guest(guest),
        Item::Impl(block) => impl_block::expand(block),
        Item::Imports(imports) => import::expand(imports),
        Item::Passed(passed) => passed::expand(passed),
    }
}
