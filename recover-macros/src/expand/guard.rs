//! A stack guard: two statements at the start of the user's body, and `#[inline(never)]`, so
//! that the function has a frame of its own.

use crate::ir::{FnItem, Guarded, Impl, StackGuard, braces};
use crate::paths::Paths;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

/// A function that is guarded and not exported.
pub(crate) fn expand(function: &Guarded) -> TokenStream {
    self::function(&function.item, &function.guard, &function.paths)
}

/// The user's function with its guard.
pub(super) fn function(item: &FnItem, guard: &StackGuard, paths: &Paths) -> TokenStream {
    let own_frame = own_frame();
    let guarded = item.begin_with(&statements(&item.sig.ident, guard, paths));
    quote!(#own_frame #guarded)
}

/// The user's block with the guards of its methods.
pub(super) fn methods(block: &Impl) -> syn::ItemImpl {
    let mut item = block.item.clone();
    for (index, guard) in &block.guarded {
        if let Some(syn::ImplItem::Fn(method)) = item.items.get_mut(*index) {
            let statements = statements(&method.sig.ident, guard, &block.paths);
            let rest = &method.block.stmts;
            let body = braces(quote!(#(#rest)*), method.block.brace_token.span.join());
            method.block = syn::parse_quote!({ #statements #body });
            let own_frame = own_frame();
            method.attrs.push(syn::parse_quote!(#own_frame));
        }
    }
    item
}

/// Never inlined: two slots in one frame could not be told apart from slots of dead frames.
fn own_frame() -> TokenStream {
    quote!(#[inline(never)])
}

/// The call has the span of the function's name, because a panic's location is that of code
/// that no macro wrote. Nobody can use the generated names.
fn statements(name: &Ident, guard: &StackGuard, paths: &Paths) -> TokenStream {
    let private = paths.private();
    let hidden = Span::mixed_site().located_at(name.span());
    let depth = match &guard.max_depth {
        Some(depth) => quote!(#depth),
        None => quote!(#private::MAX_DEPTH),
    };
    let slot = Ident::new("slot", hidden);
    let entered = quote_spanned!(name.span()=> .enter(#depth));
    quote_spanned! {hidden=>
        let #slot = #private::StackSlot::new();
        let _guard = #slot #entered;
    }
}
