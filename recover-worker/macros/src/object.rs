//! A Durable Object: its struct under the runtime's attribute, with what it has of the host held there, and the
//! exports that `#[durable_object]` of `worker` generates, as exports of the runtime's.

use crate::words;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, Fields, ItemStruct, Type};

pub(crate) fn expand(
    options: TokenStream,
    attr: &Attribute,
    structure: &mut ItemStruct,
) -> syn::Result<TokenStream> {
    let events = words(attr)?;
    if let Some(word) = events
        .iter()
        .find(|word| !EVENTS.contains(&&*word.to_string()))
    {
        return Err(Error::new_spanned(
            word,
            "no such event; there are fetch, alarm, websocket and connect",
        ));
    }
    if !structure.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &structure.generics,
            "a Durable Object has no parameters; remove them",
        ));
    }
    hold(&mut structure.fields);
    let (name, theirs) = (&structure.ident, attr.path());
    let class = class(&options, structure);
    let options = defaults(options)?;
    let restored = restored(&structure.fields);
    let has = |event: &str| events.is_empty() || events.iter().any(|word| word == event);
    let alarm = has("alarm").then(alarm);
    let websocket = has("websocket").then(websocket);
    let connect = has("connect").then(connect);
    let vis_of_class = quote!(js_class = #class);
    Ok(quote! {
        #[::recover_worker::runtime::recoverable(crate = ::recover_worker::object, #options)]
        #structure

        impl ::worker::has_durable_object_attribute for #name {}

        #[allow(warnings, clippy::all, clippy::pedantic)]
        const _: () = {
            // The user's import of it is in use.
            use #theirs as _;
            impl ::recover_worker::Restore for #name {
                fn restore(&self, before: Self) -> bool {
                    #restored
                }
            }

            #[::recover_worker::runtime::recoverable(crate = ::recover_worker::object, #vis_of_class)]
            impl #name {
                #[doc(hidden)]
                #[recoverable(constructor)]
                pub fn __recover_worker_new(
                    state: ::worker::worker_sys::DurableObjectState,
                    env: ::worker::Env,
                ) -> #name {
                    ::recover_worker::attach_object(#class);
                    <#name as ::worker::DurableObject>::new(::worker::durable::State::from(state), env)
                }

                #[doc(hidden)]
                #[recoverable(js_name = "fetch", on_panic = "rollback")]
                pub async fn __recover_worker_fetch(
                    &self,
                    request: ::worker::worker_sys::web_sys::Request,
                ) -> ::std::result::Result<::worker::wasm_bindgen::JsValue, ::worker::wasm_bindgen::JsValue> {
                    <Self as ::worker::DurableObject>::fetch(self, request.into()).await
                        .map(::worker::worker_sys::web_sys::Response::from)
                        .map(::worker::wasm_bindgen::JsValue::from)
                        .map_err(::worker::wasm_bindgen::JsValue::from)
                }
                #alarm
                #websocket
                #connect
            }
        };
    })
}

/// What `#[durable_object]` takes.
const EVENTS: [&str; 4] = ["fetch", "alarm", "websocket", "connect"];

/// The name of the class.
fn class(options: &TokenStream, structure: &ItemStruct) -> String {
    let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
    let metas = syn::parse::Parser::parse2(parser, options.clone()).unwrap_or_default();
    let named = metas.iter().find_map(|meta| match meta {
        syn::Meta::NameValue(named) if named.path.is_ident("js_name") => match &named.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            value => Some(value.to_token_stream().to_string()),
        },
        _ => None,
    });
    named.unwrap_or_else(|| structure.ident.to_string())
}

/// The user's options, and those that an object has unless they say otherwise: its state is written down after
/// each call, and brought back.
fn defaults(options: TokenStream) -> syn::Result<TokenStream> {
    let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
    let metas = syn::parse::Parser::parse2(parser, options.clone())?;
    let text = |name: &str| metas.iter().find(|meta| meta.path().is_ident(name));
    if let Some(persist) = text("persist")
        && !persist.to_token_stream().to_string().contains("snapshot")
    {
        return Err(Error::new_spanned(
            persist,
            "the state of a Durable Object is a snapshot after each call, since its calls are asynchronous; \
             remove `persist`",
        ));
    }
    if let Some(panic) = text("on_panic")
        && !panic.to_token_stream().to_string().contains("rollback")
    {
        return Err(Error::new_spanned(
            panic,
            "a Durable Object is rolled back; remove `on_panic`",
        ));
    }
    let persist = text("persist")
        .is_none()
        .then(|| quote!(persist = "snapshot",));
    let panic = text("on_panic")
        .is_none()
        .then(|| quote!(on_panic = "rollback",));
    Ok(quote!(#persist #panic #options))
}

/// Whether a type is the host's: JavaScript keeps its value.
fn is_held(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "State" || last.ident == "Env")
}

/// Has JavaScript keep what the object has of the host.
fn hold(fields: &mut Fields) {
    for field in fields {
        let own = field.attrs.iter().any(|attr| attr.path().is_ident("serde"));
        if is_held(&field.ty) && !own {
            field
                .attrs
                .push(syn::parse_quote!(#[serde(with = "::recover_worker::held")]));
        }
    }
}

/// Brings back field by field.
fn restored(fields: &Fields) -> TokenStream {
    let fields = fields.iter().enumerate();
    let fields = fields.filter(|(_, field)| !is_held(&field.ty));
    let restored = fields.map(|(index, field)| {
        let ty = &field.ty;
        let member = match &field.ident {
            Some(ident) => ident.to_token_stream(),
            None => syn::Index::from(index).to_token_stream(),
        };
        let name = member.to_string();
        quote!(
            ::recover_worker::__recover_worker_restored!(#ty, #name, &self.#member, before.#member)
        )
    });
    quote!(true #(& #restored)*)
}

fn returned() -> TokenStream {
    quote!(::std::result::Result<::worker::wasm_bindgen::JsValue, ::worker::wasm_bindgen::JsValue>)
}

/// One export for a method of the trait that returns nothing.
fn method(
    js_name: &str,
    trait_method: &str,
    arguments: TokenStream,
    passed: TokenStream,
) -> TokenStream {
    let (export, method) = (
        format_ident!("__recover_worker_{trait_method}"),
        format_ident!("{trait_method}"),
    );
    let returned = returned();
    quote! {
        #[doc(hidden)]
        #[recoverable(js_name = #js_name, on_panic = "rollback")]
        pub async fn #export(&self, #arguments) -> #returned {
            <Self as ::worker::DurableObject>::#method(self, #passed).await
                .map(|_| ::worker::wasm_bindgen::JsValue::NULL)
                .map_err(::worker::wasm_bindgen::JsValue::from)
        }
    }
}

fn alarm() -> TokenStream {
    method("alarm", "alarm", quote!(), quote!())
}

fn connect() -> TokenStream {
    method(
        "connect",
        "connect",
        quote!(socket: ::worker::worker_sys::Socket),
        quote!(::worker::Socket::from(socket)),
    )
}

fn websocket() -> TokenStream {
    let socket = quote!(socket: ::worker::worker_sys::web_sys::WebSocket);
    let message = method(
        "webSocketMessage",
        "websocket_message",
        quote!(#socket, message: ::worker::wasm_bindgen::JsValue),
        quote! {
            socket.into(),
            match message.as_string() {
                ::std::option::Option::Some(message) => ::worker::WebSocketIncomingMessage::String(message),
                ::std::option::Option::None => ::worker::WebSocketIncomingMessage::Binary(
                    ::worker::js_sys::Uint8Array::new(&message).to_vec()
                ),
            }
        },
    );
    let close = method(
        "webSocketClose",
        "websocket_close",
        // A code is a number that any engine passes.
        quote!(#socket, code: usize, reason: ::std::string::String, was_clean: bool),
        quote!(socket.into(), code, reason, was_clean),
    );
    let error = method(
        "webSocketError",
        "websocket_error",
        quote!(#socket, error: ::worker::wasm_bindgen::JsValue),
        quote!(socket.into(), error.into()),
    );
    quote!(#message #close #error)
}
