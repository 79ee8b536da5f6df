//! What a class and its calls need to outlive a call that fails, and their instance.

use super::parts::{at, checked_parent};
use crate::attr::Options;
use crate::ir::Struct;
use crate::sig::{Arg, Carrier, Receiver, Signature, is_plain};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{LitStr, Type};

/// The persistence of a class, and the policy that a panic follows.
pub(super) fn persistence(structure: &Struct) -> TokenStream {
    let options = &structure.options;
    let number = |name: &str| {
        let parsed = options
            .number(name)
            .and_then(|number| number.base10_parse::<u32>().ok());
        proc_macro2::Literal::u32_unsuffixed(parsed.unwrap_or(0))
    };
    let (every, version) = (number("snapshot_every"), number("version"));
    match options.text("persist").map(LitStr::value).as_deref() {
        Some("journal") => quote!(__recover::persisted!(true, #every, #version)),
        Some("snapshot") => quote!(__recover::persisted!(false, #every, #version)),
        _ if options.has("rollback") => quote!(__recover::Cloned),
        _ => quote!(__recover::Transient),
    }
}

/// Whether the value may change under `&self`, and what a panic does under `&mut self`, and under `&self`.
pub(super) fn policies(structure: &Struct) -> (TokenStream, TokenStream, TokenStream) {
    let user = &structure.user;
    let probed = quote!({ use __recover::MayTear as _; __recover::UnwindSafety::<#user>::SHARED });
    let given = structure.options.text("on_panic").map(LitStr::value);
    let (exclusive, shared) = match given.as_deref() {
        Some("keep") => (
            quote!(__recover::OnPanic::Keep),
            quote!(__recover::OnPanic::Keep),
        ),
        Some("rollback") => (quote!(__recover::OnPanic::Rollback), probed.clone()),
        Some(_) => (
            quote!(__recover::OnPanic::Poison),
            quote!(__recover::OnPanic::Poison),
        ),
        None => (quote!(__recover::OnPanic::Poison), probed.clone()),
    };
    (probed, exclusive, shared)
}

/// What JavaScript's documentation says of `import`.
const IMPORT: [&str; 4] = [
    " An object from the bytes of `recovery.export()`. The bytes may come from an",
    " untrusted source: if they are not a state of this class, it throws an",
    " `ImportError`. If they nest deeper than the stack, the call fails, and the",
    " instance may end.",
];

/// What else a persistent class gets: its bytes in its block, in and out; and beside it the
/// assertions that fail the build.
pub(super) fn members(structure: &Struct, class: &str) -> (Option<TokenStream>, TokenStream) {
    let user = &structure.user;
    let path = format!("{class}::import");
    // A comment in `quote!` is a raw string, of which wasm-bindgen would write the `r"`, too.
    let docs = IMPORT.iter();
    let bytes = persisted(structure).map(|_| {
        quote! {
            #(#[doc = #docs])*
            #[wasm_bindgen(js_name = "import")]
            pub fn __recover_import(
                #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bytes: __recover::Owned<__recover::JsValue>,
            ) -> __recover::Outcome<#user> {
                __recover::import_object!(#path, #user, bytes)
            }
            #[wasm_bindgen(skip_typescript, js_name = "__recover_export")]
            pub fn __recover_export(&self) -> __recover::Outcome<__recover::Vec<::core::primitive::u8>> {
                __recover::object::exported(self.0.object())
            }
        }
    });
    (bytes, demands(structure))
}

/// The assertions that fail the build where the state of a class can't be kept as it is to be.
pub(super) fn demands(structure: &Struct) -> TokenStream {
    let user = &structure.user;
    let derived = structure.parent.as_ref().map(|parent| {
        let parent = checked_parent(parent);
        quote!(, #parent)
    });
    let migrations = migrations(&structure.options);
    let persists = persisted(structure)
        .map(|text| quote_spanned!(at(text)=> __recover::persists!(#user #derived #migrations);));
    let clones = structure.options.text("rollback");
    let clones = clones.map(|text| quote_spanned!(at(text)=> __recover::clones!(#user);));
    quote!(#persists #clones)
}

/// The migrations of a class, each with the version that it leads from.
fn migrations(options: &Options) -> Option<TokenStream> {
    let paths = options.paths("migrate");
    let version = options.number("version")?.base10_parse::<u32>().ok()?;
    let first = version.checked_sub(u32::try_from(paths.len()).ok()?)?;
    let steps = paths.iter().zip(first..).map(|(path, from)| {
        let from = proc_macro2::Literal::u32_unsuffixed(from);
        quote!(#from #path)
    });
    (!paths.is_empty()).then(|| quote!(; #(#steps),*))
}

/// How a class persists, where it does.
fn persisted(structure: &Struct) -> Option<&LitStr> {
    let persist = structure.options.text("persist");
    persist.filter(|text| text.value() != "none")
}

/// The journal entry of a call by `&mut self`, for a class that has a journal. `target` is the
/// user's function, `path` what errors call it, `face` where the macros of the runtime are.
pub(super) fn journal(
    face: &str,
    class: &Type,
    sig: &Signature,
    options: &Options,
    target: &TokenStream,
    path: &str,
) -> Option<TokenStream> {
    let by_reference = sig.receiver == Some(Receiver::Exclusive);
    if !by_reference || sig.is_async() || options.has("no_journal") {
        return None;
    }
    let checks = sig.args.iter().map(|arg| {
        let (ty, name) = (&arg.ty, arg.name.unraw().to_string());
        let name = arg.js_name.clone().unwrap_or(name);
        let kind = kind(arg);
        // Where rustc reports it.
        let face = Ident::new(face, at(ty));
        quote_spanned!(at(ty)=> #face::journals!(#class, #kind #ty, #name, #path);)
    });
    let args = sig.args.iter().enumerate().map(|(index, arg)| {
        let (ty, kind) = (&arg.ty, kind(arg));
        let name = format_ident!("arg{index}");
        quote!([#kind #name: #ty])
    });
    let face = format_ident!("{face}");
    Some(quote! {
        #(#checks)*
        #face::journal!(#class, __args, #target, #path, #(#args)*);
    })
}

/// How a journal holds an argument, in the words of the runtime's macros.
fn kind(arg: &Arg) -> TokenStream {
    match arg.carrier {
        Carrier::Owned => quote!(own),
        Carrier::LongRef if is_plain(&arg.ty) => quote!(slice),
        Carrier::LongRef => quote!(lent),
        Carrier::MutRef if is_plain(&arg.ty) => quote!(slice_mut),
        Carrier::MutRef => quote!(lent_mut),
    }
}
