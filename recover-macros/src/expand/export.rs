//! One export: carriers for arguments, an `Outcome` for the result, and one call
//! into the runtime.

use super::parts::{at, crates};
use super::persist;
use crate::attr::Options;
use crate::sig::{Arg, Carrier, Receiver, Signature, is_known, is_plain, optional};
use crate::types::{is_same, unwrapped};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

/// Options that are passed on to wasm-bindgen unchanged.
const FORWARDED: &[&str] = &[
    "js_namespace",
    "skip_typescript",
    "skip_jsdoc",
    "unchecked_return_type",
    "return_description",
    "variadic",
    "this",
    "start",
    "constructor",
];
const PARAM_FORWARDED: &[&str] = &[
    "js_name",
    "unchecked_param_type",
    "unchecked_optional_param_type",
    "param_description",
];

/// The parts of an export.
pub(crate) struct Export<'a> {
    /// The attributes that the export keeps, and those of them that say when it exists.
    pub(crate) attrs: TokenStream,
    pub(crate) cfgs: TokenStream,
    pub(crate) options: &'a Options,
    pub(crate) sig: &'a Signature,
    /// What the export calls.
    pub(crate) target: TokenStream,
    /// The last segments of the Rust path that errors name.
    pub(crate) path: String,
    /// The receiver carrier of a method, with its policy.
    pub(crate) policy: Option<TokenStream>,
    /// The user's type of a method.
    pub(crate) class: Option<&'a Type>,
}

impl Export<'_> {
    pub(crate) fn expand(&self) -> TokenStream {
        let Export {
            attrs, sig, target, ..
        } = self;
        let name = format_ident!("__recover_{}", sig.name.unraw());
        let options = self.bindgen_options();
        // In an impl block wasm-bindgen finds its attribute only by this name.
        let crates = crates(sig.is_async());
        let bindgen = match &self.policy {
            Some(_) => quote!(#[wasm_bindgen(#options)]),
            None => quote!(#[__recover::wasm_bindgen::prelude::wasm_bindgen(#options #crates)]),
        };
        let (receiver, entered) = self.receiver();
        let params = sig.args.iter().enumerate().map(|(index, arg)| {
            let name = &arg.name;
            let mut options = arg.options.forwarded(PARAM_FORWARDED);
            if let Some(name) = &arg.js_name
                && !arg.options.has("js_name")
            {
                options.extend(quote!(js_name = #name,));
            }
            let attr = (!options.is_empty()).then(|| quote!(#[wasm_bindgen(#options)]));
            let carrier = self.carrier(index, arg);
            quote!(#attr #name: #carrier)
        });
        // Arguments form nested pairs, `(first, (second, …))`, so no arity is special.
        let carriers = entered.into_iter().chain(sig.args.iter().map(|arg| {
            let name = &arg.name;
            quote!(#name)
        }));
        let list = carriers
            .collect::<Vec<_>>()
            .into_iter()
            .rfold(quote!(()), |rest, first| quote!((#first, #rest)));
        let taken = sig
            .receiver
            .map(|receiver| receiver == Receiver::Owned)
            .into_iter();
        let taken = taken.chain(sig.args.iter().map(|arg| arg.carrier == Carrier::Owned));
        let mut place = quote!(__args);
        let values: Vec<_> = taken
            .map(|taken| {
                let here = place.clone();
                place.extend(quote!(.1));
                if taken {
                    quote!(#here.0.take()?)
                } else {
                    quote!(#here.0.get()?)
                }
            })
            .collect();
        let path = &self.path;
        let returns = self.returns();
        if sig.is_async() {
            let body = match sig.suspends {
                true => {
                    let body = self.result(quote!(#target(#(#values),*)));
                    quote!(__recover::on_own_stack!(#path, #body))
                }
                false => self.result(quote!(#target(#(#values),*).await)),
            };
            let (param, signal) = self.signal();
            let body = self.limited(quote!(async move { #body }));
            let record = self.promise();
            return quote! {
                #attrs
                #bindgen
                pub async fn #name(#receiver #(#params,)* #param) -> #returns {
                    #record
                    __recover::export_async!(#path, #signal, #list, |__args| #body)
                }
            };
        }
        let body = self.result(quote!(#target(#(#values),*)));
        let body = self.limited(body);
        let journal = self.class.and_then(|class| {
            persist::journal("__recover", class, sig, self.options, target, path)
        });
        let body = match journal {
            Some(journal) => quote!({ #journal #body }),
            None => body,
        };
        quote! {
            #attrs
            #bindgen
            // wasm-bindgen's shim alone calls it. Apart from that it would return through memory.
            #[inline(always)]
            pub fn #name(#receiver #(#params),*) -> #returns {
                __recover::export!(#path, #list, |__args| #body)
            }
        }
    }

    /// The record by which `cargo recover` knows that the export gives a promise, where no
    /// declaration says so: its name, or `Class.name`, or `Class::name` where it is static.
    fn promise(&self) -> Option<TokenStream> {
        if !self.options.has("skip_typescript") {
            return None;
        }
        let names = ["getter", "js_name"].map(|option| self.options.text(option));
        let name = match names.into_iter().flatten().next() {
            Some(name) => name.value(),
            None => self.sig.name.unraw().to_string(),
        };
        let class = self
            .path
            .rsplit_once("::")
            .filter(|_| self.policy.is_some());
        let record = match (class, self.sig.receiver) {
            (None, _) => format!("{name}\n"),
            (Some((class, _)), None) => format!("{class}::{name}\n"),
            (Some((class, _)), Some(_)) => format!("{class}.{name}\n"),
        };
        let (length, record) = (record.len(), Literal::byte_string(record.as_bytes()));
        Some(quote! {
            #[cfg(target_family = "wasm")]
            const _: () = {
                #[unsafe(link_section = "recover_promises")]
                static RECORD: [u8; #length] = *#record;
            };
        })
    }

    /// The signal that cancels an asynchronous call, and the parameter for it if the user's
    /// function has none.
    fn signal(&self) -> (Option<TokenStream>, TokenStream) {
        if self.options.has("cancellable") {
            let param = quote! {
                #[wasm_bindgen(js_name = "signal", unchecked_optional_param_type = "AbortSignal")]
                __signal: __recover::Owned<::core::option::Option<__recover::JsValue>>
            };
            return (Some(param), quote!(__signal.signal_if_any()));
        }
        match self.sig.signal() {
            Some(arg) => {
                let name = &arg.name;
                let get = match optional(&arg.ty) {
                    Some(_) => quote!(signal_if_any),
                    None => quote!(signal),
                };
                (None, quote!(#name.#get()))
            }
            None => (None, quote!(::core::option::Option::None)),
        }
    }

    /// The body, or the future of one, under the limit of the call.
    fn limited(&self, body: TokenStream) -> TokenStream {
        let text = self.options.text("memory_limit").map(syn::LitStr::value);
        let Some(bytes) = text.and_then(|text| crate::size::bytes(&text).ok()) else {
            return body;
        };
        // Without a suffix, because the runtime takes a `usize`.
        let bytes = Literal::u32_unsuffixed(bytes);
        match self.sig.is_async() {
            true => quote!(__recover::limited_future(#bytes, #body)),
            false => quote!(__recover::limited(#bytes, || #body)),
        }
    }

    /// The return type of the export. Located at the user's type, where rustc reports a missing
    /// conversion.
    fn returns(&self) -> TokenStream {
        let outcome = match self.sig.is_async() {
            true => quote!(Settled),
            false => quote!(Outcome),
        };
        match &self.sig.returns {
            Some(ty) => {
                let value = self.value(ty);
                quote_spanned!(at(ty)=> __recover::#outcome<#value>)
            }
            None => quote!(__recover::#outcome<()>),
        }
    }

    /// The carrier of an argument.
    fn carrier(&self, index: usize, arg: &Arg) -> TokenStream {
        let ty = &arg.ty;
        let alias = self.alias(&format!("Argument{index}"), ty);
        let carrier = match arg.carrier {
            Carrier::LongRef if self.is_asked(arg) => return alias.to_token_stream(),
            Carrier::LongRef => "LongRef",
            Carrier::Owned => "Owned",
            Carrier::MutRef => "MutRef",
        };
        let carrier = Ident::new(carrier, at(ty));
        match self.is_known(ty) {
            true => quote_spanned!(at(ty)=> __recover::#carrier<#ty>),
            false => quote_spanned!(at(ty)=> __recover::#carrier<#alias>),
        }
    }

    /// Whether a type is known to have its conversions. The class was checked for its block.
    fn is_known(&self, ty: &Type) -> bool {
        is_known(ty) || self.class.is_some_and(|class| is_same(class, ty))
    }

    /// The type of the value that an export returns.
    fn value(&self, ty: &Type) -> TokenStream {
        match self.is_known(ty) {
            true => ty.to_token_stream(),
            false => self.alias("Returned", ty).to_token_stream(),
        }
    }

    /// What the name of an argument's type stands for: its carrier, or the type, which is checked.
    fn argument(&self, arg: &Arg) -> TokenStream {
        let ty = &arg.ty;
        let mutable = arg.carrier == Carrier::MutRef;
        match (arg.carrier, unwrapped(ty)) {
            _ if self.is_asked(arg) => quote_spanned!(at(ty)=> __recover::borrowed!(#ty)),
            (Carrier::LongRef | Carrier::MutRef, Type::Slice(slice)) => {
                let ty = &slice.elem;
                quote_spanned!(at(ty)=> [__recover::checked!(LentInSlices<#mutable>, #ty)])
            }
            (carrier, _) => {
                let asked = match carrier {
                    Carrier::Owned => quote_spanned!(at(ty)=> IsPassed),
                    Carrier::LongRef => quote_spanned!(at(ty)=> Lent),
                    Carrier::MutRef => quote_spanned!(at(ty)=> LentMut),
                };
                quote_spanned!(at(ty)=> __recover::checked!(#asked, #ty))
            }
        }
    }

    /// Whether the type says which carrier an argument has. An asynchronous call needs the long form.
    fn is_asked(&self, arg: &Arg) -> bool {
        arg.carrier == Carrier::LongRef && !self.sig.is_async() && !is_plain(&arg.ty)
    }

    /// The name of a type of the export that depends on the user's `ty`.
    fn alias(&self, what: &str, ty: &Type) -> Ident {
        let name = self.sig.name.unraw();
        Ident::new(&format!("__Recover{what}_{name}"), at(ty))
    }

    /// The types that depend on what the user's are, which stand outside of an impl block. Each type
    /// is asked once: wasm-bindgen repeats the names.
    pub(super) fn aliases(&self) -> TokenStream {
        let cfgs = &self.cfgs;
        let returned = self.sig.returns.as_ref().filter(|ty| !self.is_known(ty));
        let returned = returned.map(|ty| {
            let (alias, how) = (self.alias("Returned", ty), self.how());
            quote_spanned! {at(ty)=>
                #cfgs
                type #alias = __recover::returned!(#how #ty);
            }
        });
        let named = self.sig.args.iter().enumerate();
        let named = named.filter(|(_, arg)| self.is_asked(arg) || !self.is_known(&arg.ty));
        let arguments = named.map(|(index, arg)| {
            let (ty, argument) = (&arg.ty, self.argument(arg));
            let alias = self.alias(&format!("Argument{index}"), ty);
            quote_spanned! {at(ty)=>
                #cfgs
                type #alias = #argument;
            }
        });
        quote!(#returned #(#arguments)*)
    }

    /// How the value reaches JavaScript, in the words of the runtime's macros.
    fn how(&self) -> TokenStream {
        match self.sig.is_async() {
            true => quote!(promise),
            false => quote!(at_once),
        }
    }

    /// The body that returns the value, or a failure.
    fn result(&self, called: TokenStream) -> TokenStream {
        match (&self.sig.returns, self.sig.is_async()) {
            // Located at the user's tokens, where rustc reports an error type without a conversion.
            (Some(ty), _) => {
                let (how, value) = (self.how(), self.value(ty));
                quote_spanned!(at(ty)=> __recover::ended!(#called, #how #value))
            }
            (None, true) => {
                quote!(::core::result::Result::Ok(__recover::Value(#called).promised()))
            }
            (None, false) => quote!(::core::result::Result::Ok(#called)),
        }
    }

    /// The receiver parameter and the expression that enters it.
    fn receiver(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let (policy, class) = (&self.policy, self.class);
        let carrier = match (self.sig.receiver, self.sig.is_async()) {
            (None, _) => return (None, None),
            (Some(Receiver::Owned), _) => {
                return (
                    Some(quote!(self,)),
                    Some(quote!(__recover::Owned::of(self.0))),
                );
            }
            (Some(Receiver::Shared), false) => quote!(SharedReceiver),
            (Some(Receiver::Shared), true) => quote!(SharedLongReceiver),
            (Some(Receiver::Exclusive), false) => quote!(ExclusiveReceiver),
            (Some(Receiver::Exclusive), true) => quote!(ExclusiveLongReceiver),
        };
        (
            Some(quote!(&self,)),
            Some(quote!(__recover::#carrier::<#class>::enter(self.0.object(), #policy))),
        )
    }

    /// The marker by which the host recognises a method whose calls queue. It also says which
    /// argument is the signal that cancels a call. The host calls it, which links the queue.
    pub(super) fn marker(&self) -> Option<TokenStream> {
        let queues = self.options.text("concurrency")?.value() == "queue";
        let how = match self.sig.receiver {
            Some(Receiver::Shared) => "share",
            _ => "queue",
        };
        let args = &self.sig.args;
        let taken = self.sig.signal();
        let is_taken = |arg: &Arg| taken.is_some_and(|signal| std::ptr::eq(signal, arg));
        let place = match args.iter().position(is_taken) {
            Some(place) => place.to_string(),
            None if self.options.has("cancellable") => args.len().to_string(),
            None => String::new(),
        };
        let given = self.options.text("js_name").map(syn::LitStr::value);
        let rust_name = self.sig.name.unraw().to_string();
        let marker = format!(
            "__recover_{how}_{place}_{}",
            given.unwrap_or_else(|| rust_name.clone())
        );
        let name = format_ident!("__recover_{how}_{rust_name}");
        queues.then(|| {
            quote! {
                #[wasm_bindgen(skip_typescript, js_name = #marker)]
                pub fn #name(&self) {
                    __recover::queues();
                }
            }
        })
    }

    /// The options for wasm-bindgen, each followed by a comma. The export has a hidden name, so
    /// the JavaScript name is always given.
    fn bindgen_options(&self) -> TokenStream {
        let options = self.options;
        let forwarded = options.forwarded(FORWARDED);
        let rust_name = self.sig.name.unraw().to_string();
        let given = options.text("js_name").map(syn::LitStr::value);
        let property = |name: &str| {
            options
                .text(name)
                .map(syn::LitStr::value)
                .or_else(|| given.clone())
        };
        if options.has("constructor") {
            return forwarded;
        }
        if options.has("getter") {
            let name = property("getter").unwrap_or(rust_name);
            return quote!(getter = #name, #forwarded);
        }
        if options.has("setter") {
            let name =
                property("setter").unwrap_or_else(|| rust_name.trim_start_matches("set_").into());
            return quote!(setter = #name, #forwarded);
        }
        let name = given.unwrap_or(rust_name);
        quote!(js_name = #name, #forwarded)
    }
}
