//! What a component exports: the struct of a resource, its methods as wit-bindgen's trait has them, and
//! the functions of a `Guest` trait. Nothing of wasm-bindgen is named here.

use super::guard;
use super::parts::{at, cfgs, hidden, kept};
use super::persist;
use crate::attr::Options;
use crate::ir::guest::{Guest, resource_name};
use crate::ir::{Impl, Method, Struct};
use crate::sig::{Arg, Carrier, Receiver, Signature, is_known, is_plain};
use crate::types::unwrapped;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

/// The struct, and what the runtime asks of a class.
pub(super) fn structure(structure: &Struct) -> TokenStream {
    let (item, user) = (&structure.item, &structure.user);
    let name = item.ident.unraw().to_string();
    let persistence = persist::persistence(structure);
    let (probed, exclusive, shared) = persist::policies(structure);
    let demands = persist::demands(structure);
    let content = quote! {
        impl __recover::Class for #user {
            const NAME: &'static ::core::primitive::str = #name;
        }
        impl __recover::Recoverable for #user {
            const EXCLUSIVE: __recover::OnPanic = #exclusive;
            const SHARED: __recover::OnPanic = #shared;
            const INTERIOR: ::core::primitive::bool = ::core::matches!(#probed, __recover::OnPanic::Poison);
            type Persistence = #persistence;
        }
        #demands
    };
    let content = hidden(&item.attrs, &structure.paths, content);
    quote!(#item #content)
}

/// The block, and the trait of the resource.
pub(super) fn block(block: &Impl) -> TokenStream {
    let (item, user) = (&block.item, &block.user);
    let class = block.type_name().map(|name| name.unraw().to_string());
    let class = class.unwrap_or_default();
    let Some(of_trait) = block.resource() else {
        return item.to_token_stream();
    };
    let (own, borrow) = handles(of_trait);
    let methods = block.methods.iter().map(|method| {
        let name = &method.sig.name;
        Export {
            method,
            target: quote!(<#user>::#name),
            path: format!("{class}::{}", name.unraw()),
            class: Some(user),
        }
        .expand()
    });
    let bytes = block.options.get("persist").map(|option| {
        let at = at(&option.name);
        let (save, restore) = (format!("{class}::save"), format!("{class}::restore"));
        quote_spanned! {at=>
            fn save(&self) -> __recover::component::Answer<__recover::Vec<::core::primitive::u8>> {
                __recover::component::save!(#save, self, #user)
            }
            fn restore(bytes: __recover::Vec<::core::primitive::u8>) -> __recover::component::Answer<#own> {
                __recover::component::restore!(#restore, bytes, #user)
            }
        }
    });
    let poison = block.options.get("clear_poison").map(|option| {
        let path = format!("{class}::clear_poison");
        quote_spanned! {at(&option.name)=>
            fn clear_poison(&self) -> __recover::component::Answer<::core::primitive::bool> {
                __recover::component::clear_poison!(#path, self, #user)
            }
        }
    });
    let at = at(user);
    let checked = quote_spanned!(at=> __recover::checked!(Recoverable, #user));
    let content = quote! {
        type __RecoverUser = #checked;
        impl __recover::component::Handles for #user {
            type Own = #own;
            type Borrow<'a> = #borrow<'a>;
            __recover::component::handles!();
        }
        impl #of_trait for __recover::component::Resource<__RecoverUser> {
            #(#methods)*
            #bytes
            #poison
        }
    };
    let content = hidden(&item.attrs, &block.paths, content);
    match block.guarded.is_empty() {
        true => quote!(#item #content),
        false => {
            let item = guard::methods(block);
            quote!(#item #content)
        }
    }
}

/// The types that wit-bindgen made beside the trait of a resource.
fn handles(of_trait: &syn::Path) -> (syn::Path, syn::Path) {
    let named = |suffix: &str| {
        let mut path = of_trait.clone();
        if let Some(last) = path.segments.last_mut() {
            let name = last.ident.to_string();
            let name = resource_name(&name).unwrap_or(&name);
            last.ident = format_ident!("{name}{suffix}", span = last.ident.span());
        }
        path
    };
    (named(""), named("Borrow"))
}

/// The functions as the user's own, and the trait's, which call them.
pub(super) fn guest(guest: &Guest) -> TokenStream {
    let (item, user, kept) = (&guest.item, &guest.user, &guest.kept);
    let own = functions(guest);
    let exported = guest.functions.iter().map(|(_, method)| {
        let name = &method.sig.name;
        Export {
            method,
            target: quote!(<#user>::#name),
            path: name.unraw().to_string(),
            class: None,
        }
        .expand()
    });
    let (attrs, of_trait) = (&item.attrs, item.trait_.as_ref().map(|(path, _)| path));
    let content = hidden(
        &item.attrs,
        &guest.paths,
        quote! {
            #(#attrs)*
            impl #of_trait for #user {
                #(#kept)*
                #(#exported)*
            }
        },
    );
    quote!(#own #content)
}

/// The functions alone, where something was refused.
pub(crate) fn functions(guest: &Guest) -> TokenStream {
    let user = &guest.user;
    let functions = guest.functions.iter().map(|(function, _)| {
        let mut function = function.clone();
        // Tests call it, as they call a method.
        function.vis = syn::parse_quote!(pub);
        function
    });
    let cfgs = cfgs(&guest.item.attrs);
    quote! {
        #cfgs
        #[allow(missing_docs, unreachable_pub, clippy::pedantic)]
        impl #user {
            #(#functions)*
        }
    }
}

/// One function of a trait of wit-bindgen's.
struct Export<'a> {
    method: &'a Method,
    /// What it calls.
    target: TokenStream,
    /// The last segments of the Rust path that errors name.
    path: String,
    /// The user's type of a method.
    class: Option<&'a Type>,
}

impl Export<'_> {
    fn expand(&self) -> TokenStream {
        let Export {
            method,
            target,
            path,
            class,
        } = self;
        let (sig, options) = (&method.sig, &method.options);
        let (receiver, entered) = self.receiver();
        let params = sig.args.iter().map(|arg| {
            let (name, ty) = (&arg.name, passed(arg));
            quote!(#name: #ty)
        });
        let carriers = sig.args.iter().map(|arg| {
            let (name, ty) = (&arg.name, &arg.ty);
            let carrier = match arg.carrier {
                Carrier::Owned if is_known(ty) => quote!(owned),
                Carrier::Owned => quote!(passed),
                _ if is_plain(ty) => quote!(owned),
                Carrier::LongRef => quote!(lent),
                Carrier::MutRef => quote!(lent_mut),
            };
            quote_spanned!(at(ty)=> __recover::component::carrier!(#carrier #name, #ty))
        });
        let list = entered
            .into_iter()
            .chain(carriers)
            .collect::<Vec<_>>()
            .into_iter()
            .rfold(quote!(()), |rest, first| quote!((#first, #rest)));
        let values = values(sig);
        let called = quote!(#target(#(#values),*));
        let constructs = options.has("constructor");
        let name = match constructs {
            true => quote!(new),
            false => sig.name.to_token_stream(),
        };
        let (returns, body) = match &sig.returns {
            Some(ty) if constructs => (
                quote_spanned!(at(ty)=> __recover::component::constructed!(#ty)),
                quote_spanned!(at(ty)=> __recover::component::constructor!(#called)),
            ),
            Some(ty) => (
                quote_spanned!(at(ty)=> __recover::component::Answer<__recover::component::returned!(#ty)>),
                quote_spanned!(at(ty)=> __recover::component::ended!(#called, #ty)),
            ),
            None => (
                quote!(__recover::component::Answer<()>),
                quote!(::core::result::Result::Ok(#called)),
            ),
        };
        let body = limited(options, body);
        let journal = class.and_then(|class| persist::journal(class, sig, options, target, path));
        let body = match journal {
            Some(journal) => quote!({ #journal #body }),
            None => body,
        };
        let call = match constructs {
            true => quote!(construct),
            false => quote!(export),
        };
        let attrs = kept(&method.attrs);
        quote! {
            #attrs
            fn #name(#receiver #(#params),*) -> #returns {
                __recover::component::#call!(#path, #list, |__args| #body)
            }
        }
    }

    /// The receiver, and the expression that enters it.
    fn receiver(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let (Some(class), Some(receiver)) = (self.class, self.method.sig.receiver) else {
            return (None, None);
        };
        let policy = policy(class, self.method);
        let carrier = match receiver {
            Receiver::Exclusive => quote!(ExclusiveReceiver),
            _ => quote!(SharedReceiver),
        };
        (
            Some(quote!(&self,)),
            Some(quote!(__recover::component::#carrier::<#class>::enter(self, #policy))),
        )
    }
}

/// What a panic in a method does to its object.
fn policy(class: &Type, method: &Method) -> TokenStream {
    let given = method.options.text("on_panic").map(syn::LitStr::value);
    match given.as_deref() {
        Some("keep") => quote!(__recover::OnPanic::Keep),
        Some("rollback") => quote_spanned!(at(class)=> __recover::rolls_back!(#class)),
        Some(_) => quote!(__recover::OnPanic::Poison),
        None if method.sig.receiver == Some(Receiver::Exclusive) => {
            quote!(<#class as __recover::Recoverable>::EXCLUSIVE)
        }
        None => quote!(<#class as __recover::Recoverable>::SHARED),
    }
}

/// The type of an argument, as the trait has it.
fn passed(arg: &Arg) -> TokenStream {
    let ty = &arg.ty;
    match (arg.carrier, unwrapped(ty)) {
        (Carrier::Owned, ty) if is_known(ty) => ty.to_token_stream(),
        (Carrier::Owned, ty) => quote_spanned!(at(ty)=> __recover::component::passed!(#ty)),
        (_, Type::Slice(slice)) => {
            let ty = &slice.elem;
            quote!(__recover::Vec<#ty>)
        }
        (_, ty) if is_plain(ty) => quote!(__recover::String),
        (_, ty) => quote_spanned!(at(ty)=> __recover::component::lent!(#ty)),
    }
}

/// What the user's function gets, out of nested pairs of carriers.
fn values(sig: &Signature) -> Vec<TokenStream> {
    let receiver = sig.receiver.map(|_| false);
    let taken = sig.args.iter().map(|arg| arg.carrier == Carrier::Owned);
    let mut place = quote!(__args);
    let value = |taken| {
        let here = place.clone();
        place.extend(quote!(.1));
        match taken {
            true => quote!(#here.0.take()?),
            false => quote!(#here.0.get()?),
        }
    };
    receiver.into_iter().chain(taken).map(value).collect()
}

/// The body under the limit of the call.
fn limited(options: &Options, body: TokenStream) -> TokenStream {
    let text = options.text("memory_limit").map(syn::LitStr::value);
    match text.and_then(|text| crate::size::bytes(&text).ok()) {
        Some(bytes) => {
            let bytes = Literal::u32_unsuffixed(bytes);
            quote!(__recover::limited(#bytes, || #body))
        }
        None => body,
    }
}
