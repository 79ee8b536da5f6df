//! What is emitted beside errors: the user's item without our attributes, so that
//! rustc adds no errors of its own about names that are missing.

use crate::expand;
use crate::ir::Item;
use proc_macro2::TokenStream;
use quote::quote;

/// The errors, and as much of the item as could be kept.
pub(crate) fn item(
    errors: TokenStream,
    parsed: Option<&Item>,
    original: TokenStream,
) -> TokenStream {
    let item = match parsed {
        Some(Item::Function(function)) => {
            let item = &function.item;
            quote!(#item)
        }
        Some(Item::Guarded(function)) => {
            let item = &function.item;
            quote!(#item)
        }
        Some(Item::Struct(structure)) if structure.is_resource() => {
            let item = &structure.item;
            quote!(#item)
        }
        Some(Item::Struct(structure)) => expand::structure_stub(structure),
        // Not the block of a struct: rustc would refuse it once more.
        Some(Item::Impl(block)) if block.type_name().is_none() => TokenStream::new(),
        Some(Item::Impl(block)) => {
            let item = &block.item;
            quote!(#item)
        }
        // Not with the trait, whose functions have other errors.
        Some(Item::Guest(guest)) => expand::guest_stub(guest),
        Some(Item::Imports(imports)) => expand::imports_stub(imports),
        // Without it rustc leaves out what it would say of its name. As it was written, it has no conversions.
        Some(Item::Passed(_)) => TokenStream::new(),
        None => original,
    };
    quote!(#errors #item)
}
