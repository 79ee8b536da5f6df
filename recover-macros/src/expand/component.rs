//! What a component exports: the struct of a resource, its methods as wit-bindgen's trait has them, and
//! the functions of a `Guest` trait. Nothing of wasm-bindgen is named here.

use super::guard;
use super::parts::{at, cfgs, hidden, kept};
use super::persist;
use crate::attr::Options;
use crate::ir::guest::{Guest, resource_name};
use crate::ir::{Impl, Method, Struct};
use crate::paths::Paths;
use crate::sig::{Arg, Carrier, Receiver, Signature, is_known, is_plain};
use crate::types::{is_same, unwrapped};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Type};

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
        impl __c::Component for #user {
            const EXCLUSIVE: __recover::OnPanic = #exclusive;
            const SHARED: __recover::OnPanic = #shared;
            const INTERIOR: ::core::primitive::bool = ::core::matches!(#probed, __recover::OnPanic::Poison);
            type Persistence = #persistence;
        }
        #demands
    };
    let content = in_component(&item.attrs, &structure.paths, content);
    quote!(#item #content)
}

/// Generated code that stands where the runtime has components: not where JavaScript is around the module.
fn in_component(attrs: &[Attribute], paths: &Paths, content: TokenStream) -> TokenStream {
    let content = quote! {
        use __recover::component as __c;
        type __RecoverAnswer<T> = ::core::result::Result<T, __c::types::Failure>;
        #content
    };
    let hidden = hidden(attrs, paths, content);
    quote!(#[cfg(not(target_os = "unknown"))] #hidden)
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
    // A struct that is no resource gives one error, not one at each use.
    let checked = Ident::new("__RecoverUser", at(user));
    let checked: Type = syn::parse_quote!(#checked);
    let methods = block.methods.iter().map(|method| {
        let name = &method.sig.name;
        Export {
            method,
            sig: method.sig.with(user, &checked),
            target: quote!(<#user>::#name),
            path: format!("{class}::{}", name.unraw()),
            class: Some(&checked),
        }
        .expand()
    });
    let bytes = block.options.get("persist").map(|option| {
        let (save, restore) = (format!("{class}::save"), format!("{class}::restore"));
        quote_spanned! {at(&option.name)=>
            fn save(&self) -> __RecoverAnswer<__recover::Vec<::core::primitive::u8>> {
                __c::save!(#save, self)
            }
            fn restore(bytes: __recover::Vec<::core::primitive::u8>) -> __RecoverAnswer<#own> {
                __c::restore!(#restore, #checked, bytes)
            }
        }
    });
    let poison = block.options.get("clear_poison").map(|option| {
        let path = format!("{class}::clear_poison");
        quote_spanned! {at(&option.name)=>
            fn clear_poison(&self) -> __RecoverAnswer<::core::primitive::bool> {
                __c::clear_poison!(#path, self)
            }
        }
    });
    let saves = block
        .options
        .get("persist")
        .map(|option| quote_spanned!(at(&option.name)=> const _: () = __c::saves::<#checked>();));
    let exported = quote_spanned! {at(user)=>
        type #checked = __c::checked!(#user);
        __c::exported!(#checked, #own, #borrow);
    };
    let content = quote! {
        #exported
        #saves
        impl #of_trait for __c::Resource<#checked> {
            #(#methods)*
            #bytes
            #poison
        }
    };
    let content = in_component(&item.attrs, &block.paths, content);
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
    let (own, of) = match guest.options.has("apart") {
        true => (None, quote!(#user as __RecoverApart)),
        false => (Some(functions(guest)), user.to_token_stream()),
    };
    let apart = own.is_none().then(|| apart(guest));
    let exported = guest.functions.iter().map(|(_, method)| {
        let name = &method.sig.name;
        Export {
            method,
            sig: method.sig.clone(),
            target: quote!(<#of>::#name),
            path: name.unraw().to_string(),
            class: None,
        }
        .expand()
    });
    let (attrs, of_trait) = (&item.attrs, item.trait_.as_ref().map(|(path, _)| path));
    let content = in_component(
        &item.attrs,
        &guest.paths,
        quote! {
            #apart
            #(#attrs)*
            impl #of_trait for #user {
                #(#kept)*
                #(#exported)*
            }
        },
    );
    let private = guest.paths.private();
    let built = quote_spanned! {at(&of_trait)=>
        #[cfg(target_os = "unknown")]
        #private::no_component!();
    };
    quote!(#own #content #built)
}

/// The functions as functions of the type, which tests call as they call a method.
pub(crate) fn functions(guest: &Guest) -> TokenStream {
    let user = &guest.user;
    let functions = guest.functions.iter().map(|(function, _)| {
        let mut function = function.clone();
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

/// The functions where nothing else has their names: another interface may have the same.
fn apart(guest: &Guest) -> TokenStream {
    let user = &guest.user;
    let declared = guest.functions.iter().map(|(function, method)| {
        let (cfgs, mut sig) = (cfgs(&function.attrs), function.sig.clone());
        for (input, arg) in sig.inputs.iter_mut().zip(&method.sig.args) {
            if let syn::FnArg::Typed(typed) = input {
                let name = &arg.name;
                *typed.pat = syn::parse_quote!(#name);
            }
        }
        quote!(#cfgs #sig;)
    });
    let functions = guest.functions.iter().map(|(function, _)| function);
    quote! {
        trait __RecoverApart {
            #(#declared)*
        }
        impl __RecoverApart for #user {
            #(#functions)*
        }
    }
}

/// One function of a trait of wit-bindgen's.
struct Export<'a> {
    method: &'a Method,
    /// Its signature, in the words of generated code.
    sig: Signature,
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
            sig,
            target,
            path,
            class,
        } = self;
        let options = &method.options;
        let receiver = sig.receiver.map(|_| quote!(&self,));
        let params = sig.args.iter().map(|arg| {
            let (name, ty) = (&arg.name, passed(arg));
            quote!(#name: #ty)
        });
        let carriers = self.receiver().into_iter();
        let carriers = carriers.chain(sig.args.iter().map(carrier));
        let list = carriers.collect::<Vec<_>>().into_iter();
        let list = list.rfold(quote!(()), |rest, first| quote!((#first, #rest)));
        let values = values(sig);
        let called = quote!(#target(#(#values),*));
        let constructs = options.has("constructor");
        let name = match constructs {
            true => quote!(new),
            false => sig.name.to_token_stream(),
        };
        let mut call = quote!(call);
        let (returns, body) = match (&sig.returns, class) {
            // WIT has two forms of a constructor.
            (Some(ty), Some(class)) if constructs && is_same(ty, class) => {
                call = quote!(construct);
                (quote!(Self), quote!(__c::ended!(#called, Self as value)))
            }
            (Some(_), _) if constructs => {
                let made = quote!(__c::ended!(#called, Self as value).map(__c::Resource::new));
                (quote!(__RecoverAnswer<Self>), made)
            }
            (Some(ty), _) => {
                let value = quote_spanned!(at(ty)=> __c::returned!(#ty));
                let body = quote_spanned!(at(ty)=> __c::ended!(#called, #ty));
                (quote!(__RecoverAnswer<#value>), body)
            }
            (None, _) => (
                quote!(__RecoverAnswer<()>),
                quote!(__c::ended!(#called, ())),
            ),
        };
        let body = limited(options, body);
        let journal =
            class.and_then(|class| persist::journal("__c", class, sig, options, target, path));
        let body = match journal {
            Some(journal) => quote!({ #journal #body }),
            None => body,
        };
        let attrs = kept(&method.attrs);
        quote! {
            #attrs
            fn #name(#receiver #(#params),*) -> #returns {
                __c::#call!(#path, #list, |__args| #body)
            }
        }
    }

    /// What enters the object of a method, by the policy of the class or the method's own.
    fn receiver(&self) -> Option<TokenStream> {
        let (class, receiver) = (self.class?, self.method.sig.receiver?);
        let exclusive = receiver == Receiver::Exclusive;
        let given = self.method.options.text("on_panic");
        let policy = match given.map(syn::LitStr::value).as_deref() {
            None if exclusive => return Some(quote!(__c::exclusive(self))),
            None => return Some(quote!(__c::shared(self))),
            Some("keep") => quote!(__recover::OnPanic::Keep),
            Some("rollback") => {
                quote_spanned!(at(class)=> const { __c::rolls_back::<#class>() })
            }
            Some(_) => quote!(__recover::OnPanic::Poison),
        };
        Some(match exclusive {
            true => quote!(__c::exclusive_by(self, #policy)),
            false => quote!(__c::shared_by(self, #policy)),
        })
    }
}

/// The type of an argument, as the trait has it.
fn passed(arg: &Arg) -> TokenStream {
    let ty = &arg.ty;
    match (arg.carrier, unwrapped(ty)) {
        (Carrier::Owned, ty) if is_known(ty) => ty.to_token_stream(),
        (Carrier::Owned, ty) => quote_spanned!(at(ty)=> __c::wire!(#ty)),
        (_, ty) => match owned(ty) {
            Some(owned) => owned,
            None => quote_spanned!(at(ty)=> __c::lent!(#ty)),
        },
    }
}

/// What a slice or a string is passed as: in WIT a caller gives it away.
fn owned(ty: &Type) -> Option<TokenStream> {
    match unwrapped(ty) {
        Type::Slice(slice) => {
            let ty = &slice.elem;
            Some(quote!(__recover::Vec<#ty>))
        }
        ty if is_plain(ty) => Some(quote!(::std::string::String)),
        _ => None,
    }
}

/// What holds an argument for the call.
fn carrier(arg: &Arg) -> TokenStream {
    let (name, ty) = (&arg.name, &arg.ty);
    match (arg.carrier, owned(ty)) {
        (Carrier::Owned, _) => quote_spanned!(at(ty)=> __c::argument!(#ty, #name)),
        (_, Some(owned)) => quote!(__c::argument!(#owned, #name)),
        // `check` has refused what is to be changed.
        (_, None) => quote_spanned!(at(ty)=> __c::lent_argument!(#ty, #name)),
    }
}

/// What the user's function gets, out of nested pairs of carriers.
fn values(sig: &Signature) -> Vec<TokenStream> {
    let receiver = sig.receiver.map(|_| quote!(get));
    let args = sig.args.iter().map(|arg| match arg.carrier {
        Carrier::Owned => quote!(take),
        _ if is_plain(&arg.ty) => quote!(peek),
        _ => quote!(get),
    });
    let mut place = quote!(__args);
    let value = |get| {
        let here = place.clone();
        place.extend(quote!(.1));
        quote!(#here.0.#get()?)
    };
    receiver.into_iter().chain(args).map(value).collect()
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
