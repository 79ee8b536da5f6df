//! An `extern` block: imports under hidden names with `catch`, and for each a function of
//! the user's signature that unwinds with what JavaScript throws.
//!
//! The hidden imports share one block with the user's types and statics, so that
//! wasm-bindgen sees what belongs together; so they stand beside the user's items, since
//! nothing else can name what an anonymous const holds.

use super::parts::{at, cfgs};
use crate::attr::Options;
use crate::ir::import::{ImportFn, ImportType, Imports, Kind};
use crate::types::unwrapped;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{FnArg, LitStr, Token, Type, TypeParamBound};

/// Options that the hidden import gets from its wrapper, or in another form.
/// A shim is what catches, so that none can be asserted away.
const REPLACED: &[&str] = &[
    "catch",
    "js_name",
    "js_class",
    "js_namespace",
    "assert_no_shim",
    "suspending",
];

pub(crate) fn expand(imports: &Imports) -> TokenStream {
    let Imports {
        attrs,
        unsafety,
        abi,
        options,
        functions,
        others,
        ..
    } = imports;
    let root = imports.paths.private();
    let forwarded = options.without(&["crate"]);
    let (renamed, bindgen) = bindgen(imports);
    let all: Vec<_> = functions
        .iter()
        .map(|function| Wrapped::new(imports, function))
        .collect();
    let hidden = all.iter().map(Wrapped::hidden);
    let wrappers = all.iter().map(Wrapped::wrapper);
    quote! {
        #renamed
        #(#attrs)*
        #[#root::wasm_bindgen::prelude::wasm_bindgen(#forwarded wasm_bindgen = #bindgen)]
        #unsafety #abi {
            #(#others)*
            #(#hidden)*
        }
        #(#wrappers)*
    }
}

/// The block where something was refused: its functions can be named, but not called.
pub(crate) fn stub(imports: &Imports) -> TokenStream {
    let Imports {
        attrs,
        unsafety,
        abi,
        others,
        ..
    } = imports;
    let root = imports.paths.private();
    let functions = imports.functions.iter().filter_map(|function| {
        let wrapped = Wrapped::new(imports, function);
        let mut inputs = function.sig.inputs.iter();
        let well_formed = inputs.all(|input| matches!(input, FnArg::Typed(_)))
            && function.sig.variadic.is_none()
            && matches!(function.kind, Kind::Free)
                | function
                    .kind
                    .class()
                    .is_some_and(|class| !function.is_generic(class));
        well_formed.then(|| wrapped.function(quote!(::core::unimplemented!())))
    });
    let (renamed, bindgen) = bindgen(imports);
    quote! {
        #renamed
        #(#attrs)*
        #[#root::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = #bindgen)]
        #unsafety #abi {
            #(#others)*
        }
        #(#functions)*
    }
}

/// Where wasm-bindgen's code finds its crate. For statics the path must be one identifier.
fn bindgen(imports: &Imports) -> (Option<TokenStream>, TokenStream) {
    let root = imports.paths.private();
    let Some(name) = &imports.any_static else {
        return (None, quote!(#root::wasm_bindgen));
    };
    let cfgs = cfgs(&imports.attrs);
    let name = format_ident!("__recover_bindgen_{}", name.unraw());
    let renamed = quote!(#cfgs #[allow(unused_imports)] use #root::wasm_bindgen as #name;);
    (Some(renamed), name.into_token_stream())
}

/// A function of the block.
struct Wrapped<'a> {
    imports: &'a Imports,
    function: &'a ImportFn,
    root: TokenStream,
    /// Name of the import that the wrapper calls.
    hidden: Ident,
    /// The type that a constructor's import returns.
    made: Option<Ident>,
    through: bool,
}

impl<'a> Wrapped<'a> {
    fn new(imports: &'a Imports, function: &'a ImportFn) -> Self {
        let name = function.sig.ident.unraw();
        let made = match &function.kind {
            Kind::Constructor(Some(class)) => last_ident(class),
            _ => None,
        };
        let made = made.map(|class| {
            let class = class.unraw().to_string();
            format_ident!("__Recover{class}_{name}")
        });
        Wrapped {
            imports,
            function,
            root: imports.paths.private(),
            hidden: format_ident!("__recover_{name}"),
            made,
            through: function.passes_through(imports),
        }
    }

    /// The attributes that say when the function exists, those of the block among them.
    fn cfgs(&self) -> TokenStream {
        let block = cfgs(&self.imports.attrs);
        let class = self.class().map(|class| cfgs(&class.attrs));
        quote!(#block #class)
    }

    /// The type that the function belongs to, if it is one of this block.
    fn class(&self) -> Option<&'a ImportType> {
        let class = self.function.kind.class()?;
        let Type::Path(path) = unwrapped(class) else {
            return None;
        };
        let name = &path.path.segments.last()?.ident;
        let alone = path.path.leading_colon.is_none() && path.path.segments.len() == 1;
        let mut types = self.imports.types.iter();
        types.find(|ty| alone && ty.ident == *name)
    }

    /// The import.
    fn hidden(&self) -> TokenStream {
        let Wrapped {
            function,
            root,
            hidden,
            ..
        } = self;
        let ImportFn {
            attrs,
            vis,
            sig,
            options,
            ..
        } = function;
        let params = sig.inputs.iter();
        let skipped = params.len() - function.args.len();
        let first = params.clone().take(skipped);
        let others = function.args.iter().map(|arg| {
            let (name, ty) = (&arg.name, &arg.ty);
            let options = arg.options.without(&[]);
            let attr = (!options.is_empty()).then(|| quote!(#[wasm_bindgen(#options)]));
            quote!(#attr #name: #ty)
        });
        let params = first.map(ToTokens::to_token_stream).chain(others);
        if self.through {
            let options = options.without(&[]);
            let (name, output) = (&sig.ident, &sig.output);
            let (safety, asyncness) = (&sig.safety, &sig.asyncness);
            let (generics, _, bounds) = sig.generics.split_for_impl();
            return quote! {
                #(#attrs)*
                #[wasm_bindgen(#options)]
                #vis #asyncness #safety fn #name #generics(#(#params),*) #output #bounds;
            };
        }
        let cfgs = cfgs(attrs);
        let options = self.bindgen_options();
        let (lt, params_of, gt, bounds) = (
            &sig.generics.lt_token,
            &sig.generics.params,
            &sig.generics.gt_token,
            &sig.generics.where_clause,
        );
        let value = self.crossing();
        quote! {
            #cfgs
            #[doc(hidden)]
            #[allow(warnings, clippy::all, clippy::pedantic)]
            #[wasm_bindgen(#options catch)]
            fn #hidden #lt #params_of #gt(#(#params),*) -> ::core::result::Result<#value, #root::JsValue> #bounds;
        }
    }

    /// The options of the import. It has a hidden name, so the JavaScript names that would
    /// follow from its name are always given.
    fn bindgen_options(&self) -> TokenStream {
        let options = &self.function.options;
        let rust_name = self.function.sig.ident.unraw().to_string();
        let name = options.text("js_name").map_or_else(
            || match options.has("setter") {
                true => rust_name.trim_start_matches("set_").to_owned(),
                false => rust_name.clone(),
            },
            LitStr::value,
        );
        let named = (self.made.is_none()).then(|| quote!(js_name = #name,));
        let mut class = options.forwarded(&["js_class", "js_namespace"]);
        if let Some(made) = &self.made {
            let ty = self.class().map(|ty| &ty.options);
            class = self.class_of_made(ty, made);
        }
        let others = options.without(REPLACED);
        quote!(#others #named #class)
    }

    /// Where a constructor finds its class: the hidden type doesn't say.
    fn class_of_made(&self, ty: Option<&Options>, made: &Ident) -> TokenStream {
        let options = &self.function.options;
        let class = match (
            options.text("js_class"),
            ty.and_then(|ty| ty.text("js_name")),
        ) {
            (Some(class), _) | (None, Some(class)) => class.value(),
            (None, None) => {
                let class = self.function.kind.class().and_then(last_ident);
                class.unwrap_or_else(|| made.clone()).unraw().to_string()
            }
        };
        let mut namespace = options.forwarded(&["js_namespace"]);
        if namespace.is_empty() && !self.imports.options.has("js_namespace") {
            namespace = ty.map_or_else(TokenStream::new, |ty| ty.forwarded(&["js_namespace"]));
        }
        quote!(js_class = #class, #namespace)
    }

    /// The type that crosses.
    fn crossing(&self) -> TokenStream {
        let Wrapped { root, function, .. } = self;
        if function.gives_promise() {
            return quote!(#root::Caught<#root::JsValue, true>);
        }
        if let Some(made) = &self.made {
            return made.to_token_stream();
        }
        match &function.value {
            Some(ty) => self.caught(ty, ty),
            None => quote!(()),
        }
    }

    fn caught(&self, ty: &Type, slot_of: &Type) -> TokenStream {
        let root = &self.root;
        let slot_of = self.erased(slot_of);
        // Located at the user's type, where rustc reports a missing conversion.
        quote_spanned!(at(ty)=> #root::Caught<#ty, { #root::slot!(#slot_of) }>)
    }

    /// `ty` with `JsValue` in place of type parameters: what wasm-bindgen passes for it.
    fn erased(&self, ty: &Type) -> Type {
        let value: Type = {
            let root = &self.root;
            syn::parse_quote!(#root::JsValue)
        };
        let params = self.function.sig.generics.type_params();
        let mut erased = ty.clone();
        Erased(params.map(|param| &param.ident).collect(), value).visit_type_mut(&mut erased);
        erased
    }

    /// The function that the user calls.
    fn wrapper(&self) -> TokenStream {
        if self.through {
            return TokenStream::new();
        }
        let Wrapped {
            function,
            root,
            hidden,
            made,
            ..
        } = self;
        let names = function.args.iter().map(|arg| &arg.name);
        let path = match (&function.kind, made) {
            (Kind::Free, _) => quote!(#hidden),
            (Kind::Method(_), _) => quote!(self.#hidden),
            (_, Some(made)) => quote!(#made::#hidden),
            _ => quote!(Self::#hidden),
        };
        let call = quote!(#path(#(#names),*));
        let catch = function.options.has("catch");
        let body = if function.gives_promise() {
            let suspends = function.options.has("suspending");
            let awaited = match (suspends, catch) {
                (true, true) => quote!(waited_or),
                (true, false) => quote!(waited),
                (false, true) => quote!(awaited_or),
                (false, false) => quote!(awaited),
            };
            let wait = (!suspends).then(|| quote!(.await));
            let convert = match &function.value {
                // At the user's type, should it have no conversion.
                Some(ty) => quote_spanned!(at(ty)=> #root::settled!(#ty)),
                None => quote!(#root::no_value),
            };
            quote!(#root::#awaited(#call, #convert) #wait)
        } else {
            match (catch, &function.value) {
                (true, None) => quote!(::core::result::Result::Ok(#call?)),
                (false, None) => quote!(#root::called(#call)),
                (catch, Some(class)) => {
                    let call = match made {
                        Some(_) => quote!(#call.map(#root::Caught::<#class, true>::from)),
                        None => call,
                    };
                    match catch {
                        true => quote!(#root::caught(#call)),
                        false => quote!(#root::imported(#call)),
                    }
                }
            }
        };
        let function = self.function(quote!(#root::persist::outside(); #body));
        let constructed = made.as_ref().map(|made| {
            let (all, class) = (self.cfgs(), self.function.kind.class());
            let own = cfgs(&self.function.attrs);
            quote!(#all #own #root::constructed!(#made, #class);)
        });
        quote!(#constructed #function)
    }

    /// The function with the user's signature, in its impl block.
    fn function(&self, body: TokenStream) -> TokenStream {
        let ImportFn {
            attrs,
            vis,
            sig,
            kind,
            ..
        } = self.function;
        let syn::Signature {
            asyncness,
            ident,
            generics,
            output,
            ..
        } = sig;
        let unsafety = match &sig.safety {
            syn::Safety::Unsafe(unsafety) => Some(unsafety),
            _ => None,
        };
        let receiver = matches!(kind, Kind::Method(_)).then(|| quote!(&self,));
        let params = self.function.args.iter().map(|arg| {
            let (name, ty) = (&arg.name, self.parameter(&arg.ty));
            quote!(#name: #ty)
        });
        let bounds = self.bounds();
        let (lt, generic, gt) = (&generics.lt_token, &generics.params, &generics.gt_token);
        let all = self.cfgs();
        let block = self.imports.attrs.iter();
        let allowed = block.filter(|attr| attr.path().is_ident("allow"));
        let function = quote! {
            #(#attrs)*
            #(#allowed)*
            #[allow(nonstandard_style, unused_variables, clippy::all, clippy::pedantic)]
            #[inline]
            #vis #asyncness #unsafety fn #ident #lt #generic #gt(#receiver #(#params),*) #output #bounds {
                #body
            }
        };
        match kind.class() {
            Some(class) => {
                let own = cfgs(attrs);
                quote!(#all #own impl #class { #function })
            }
            None => quote!(#all #function),
        }
    }

    /// A borrowed closure is generic in wasm-bindgen's functions, so that an unwind build can
    /// require that it is unwind-safe.
    fn parameter(&self, ty: &Type) -> TokenStream {
        let root = &self.root;
        if let Type::Reference(reference) = ty
            && let Type::TraitObject(object) = unwrapped(&reference.elem)
            && !self.function.is_generic(ty)
            && is_closure(&object.bounds, reference.mutability.is_some())
        {
            let (and, mutability) = (&reference.and_token, &reference.mutability);
            let bounds = &object.bounds;
            return quote!(#and #mutability (impl #bounds + #root::MaybeUnwindSafe));
        }
        ty.to_token_stream()
    }

    /// The user's bounds, and those that wasm-bindgen gives to the import.
    fn bounds(&self) -> TokenStream {
        let Wrapped { root, function, .. } = self;
        let given = function.sig.generics.where_clause.as_ref();
        let given = given.map(|clause| &clause.predicates).into_iter().flatten();
        let given = given.map(ToTokens::to_token_stream);
        let args = function
            .args
            .iter()
            .filter(|arg| function.is_generic(&arg.ty));
        let args = args.map(|arg| match unwrapped(&arg.ty) {
            Type::Reference(reference) => {
                let (inner, erased) = (&reference.elem, self.erased(&reference.elem));
                match reference.mutability {
                    Some(_) => quote!(#inner: #root::ErasableGenericBorrowMut<#erased>),
                    None => quote!(#inner: #root::ErasableGenericBorrow<#erased>),
                }
            }
            owned => {
                let erased = self.erased(owned);
                quote!(#owned: #root::ErasableGenericOwn<#erased>)
            }
        });
        let value = function.value.iter().filter(|value| {
            function.sig.asyncness.is_none() && self.made.is_none() && function.is_generic(value)
        });
        let value = value.map(|value| {
            let (here, erased) = (self.caught(value, value), self.erased(value));
            let erased = self.caught(&erased, value);
            quote!(#here: #root::ErasableGenericOwn<#erased>)
        });
        let all: Vec<_> = given.chain(args).chain(value).collect();
        match all.is_empty() {
            true => TokenStream::new(),
            false => quote!(where #(#all),*),
        }
    }
}

fn last_ident(ty: &Type) -> Option<Ident> {
    match unwrapped(ty) {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    }
}

fn is_closure(
    bounds: &syn::punctuated::Punctuated<TypeParamBound, Token![+]>,
    exclusive: bool,
) -> bool {
    let name = if exclusive { "FnMut" } else { "Fn" };
    bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| last.ident == name)
        }
        _ => false,
    })
}

/// Replaces type parameters.
struct Erased<'a>(Vec<&'a Ident>, Type);

impl VisitMut for Erased<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if self.0.iter().any(|name| path.path.is_ident(*name)) => {
                *ty = self.1.clone();
            }
            ty => syn::visit_mut::visit_type_mut(self, ty),
        }
    }
}
