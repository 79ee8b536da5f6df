//! The export of an event handler: what `#[event]` of `worker` generates, as an export of the runtime's. The
//! user's function stays as it is.

use crate::words;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Error, ItemFn};

pub(crate) fn expand(
    options: TokenStream,
    attr: &Attribute,
    function: &ItemFn,
) -> syn::Result<TokenStream> {
    let words = words(attr)?;
    let answers = words.iter().any(|word| word == "respond_with_errors");
    let mut kinds = words.iter().filter(|word| *word != "respond_with_errors");
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return Err(Error::new_spanned(
            attr,
            "an event has one name; write it, as in `#[event(fetch)]`",
        ));
    };
    if kind == "start" {
        let options = match options.is_empty() {
            true => quote!(start),
            false => quote!(start, #options),
        };
        return Ok(crate::passed(options, quote!(#function)));
    }
    let (arguments, body) = handler(kind, function, answers)?;
    if function.sig.asyncness.is_none() || function.sig.inputs.len() != 3 {
        return Err(Error::new_spanned(
            &function.sig,
            format!(
                "the handler of `{kind}` is an `async fn` of three arguments; take what came, the environment and the context"
            ),
        ));
    }
    let theirs = attr.path();
    let root = match kind == "fetch" {
        true => quote!(::recover_worker::answering),
        false => quote!(::recover_worker::runtime),
    };
    let export = Ident::new(&format!("__recover_worker_{kind}"), Span::call_site());
    let name = kind.to_string();
    let options = (!options.is_empty()).then(|| quote!(, #options));
    Ok(quote! {
        #function
        #[allow(warnings, clippy::all, clippy::pedantic)]
        const _: () = {
            // The user's import of it is in use.
            use #theirs as _;
            #[::recover_worker::runtime::recoverable(crate = #root, js_name = #name #options)]
            pub async fn #export(
                #arguments
            ) -> ::std::result::Result<::worker::wasm_bindgen::JsValue, ::worker::wasm_bindgen::JsValue> {
                ::recover_worker::attach();
                #body
            }
        };
    })
}

/// The arguments of an export, and what it does.
fn handler(
    kind: &Ident,
    function: &ItemFn,
    answers: bool,
) -> syn::Result<(TokenStream, TokenStream)> {
    let user = &function.sig.ident;
    let done = quote!(::std::result::Result::Ok(
        ::worker::wasm_bindgen::JsValue::UNDEFINED
    ));
    let context = quote!(::worker::Context::new(context));
    let ended = quote! {
        ::std::result::Result::Ok(()) => #done,
        ::std::result::Result::Err(error) => {
            ::worker::console_error!("{}", &error);
            ::std::result::Result::Err(::recover_worker::failed(&error))
        }
    };
    Ok(match &*kind.to_string() {
        "fetch" => {
            let text = match answers {
                true => quote!(error.to_string()),
                false => quote!("INTERNAL SERVER ERROR"),
            };
            let refused = |what: &str| {
                quote! {{
                    let error: ::std::boxed::Box<dyn ::std::error::Error> = error.into();
                    ::worker::console_error!(#what, &error);
                    ::worker::Response::error(#text, 500).map(::worker::worker_sys::web_sys::Response::from)
                }}
            };
            let (failed, unread, unsent) = (
                refused("{}"),
                refused("Error converting request: {}"),
                refused("Error converting response: {}"),
            );
            (
                quote! {
                    request: ::worker::worker_sys::web_sys::Request,
                    env: ::worker::Env,
                    context: ::worker::worker_sys::Context,
                },
                quote! {
                    let response: ::worker::Result<::worker::worker_sys::web_sys::Response> =
                        match ::worker::FromRequest::from_raw(request) {
                            ::std::result::Result::Ok(request) => match #user(request, env, #context).await {
                                ::std::result::Result::Ok(response) => match ::worker::IntoResponse::into_raw(response) {
                                    ::std::result::Result::Ok(response) => ::std::result::Result::Ok(response),
                                    ::std::result::Result::Err(error) => #unsent,
                                },
                                ::std::result::Result::Err(error) => #failed,
                            },
                            ::std::result::Result::Err(error) => #unread,
                        };
                    response
                        .map(::worker::wasm_bindgen::JsValue::from)
                        .map_err(::worker::wasm_bindgen::JsValue::from)
                },
            )
        }
        "scheduled" => (
            quote! {
                event: ::worker::worker_sys::ScheduledEvent,
                env: ::worker::Env,
                context: ::worker::worker_sys::ScheduleContext,
            },
            quote! {
                #user(
                    ::worker::ScheduledEvent::from(event),
                    env,
                    ::worker::ScheduleContext::from(context),
                ).await;
                #done
            },
        ),
        "queue" => (
            quote! {
                batch: ::worker::worker_sys::MessageBatch,
                env: ::worker::Env,
                context: ::worker::worker_sys::Context,
            },
            quote! {
                match #user(::worker::MessageBatch::from(batch), env, #context).await { #ended }
            },
        ),
        "email" => (
            quote! {
                message: ::worker::ForwardableEmailMessage,
                env: ::worker::Env,
                context: ::worker::worker_sys::Context,
            },
            quote!(match #user(message, env, #context).await { #ended }),
        ),
        "connect" => (
            quote! {
                socket: ::worker::worker_sys::Socket,
                env: ::worker::Env,
                context: ::worker::worker_sys::Context,
            },
            quote! {
                match ::worker::FromSocket::from_raw(socket) {
                    ::std::result::Result::Ok(socket) => match #user(socket, env, #context).await { #ended },
                    ::std::result::Result::Err(error) => {
                        let error: ::std::boxed::Box<dyn ::std::error::Error> = error.into();
                        ::std::result::Result::Err(::recover_worker::failed(&error))
                    }
                }
            },
        ),
        _ => {
            return Err(Error::new_spanned(
                kind,
                "no such event; there are fetch, scheduled, queue, email, connect and start",
            ));
        }
    })
}
