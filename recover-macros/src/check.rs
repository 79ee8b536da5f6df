//! The rules, one function each; each is headed by the rule in prose and reports
//! at the user's tokens. Nothing is expanded here.

mod asynchronous;
mod component;
mod extends;
mod guarded;
mod import;
mod instantiate;
mod method;
mod persist;
mod types;

use crate::attr::Options;
use crate::diag::Diag;
use crate::ir::guest::is_of_resource;
use crate::ir::{Function, Impl, Item, Method, Struct};
use crate::sig::{Receiver, Signature, part};
use crate::types::unwrapped;
use method::{check_memory_limit, check_on_panic, check_one_constructor, check_policy};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, Generics, Ident, ReceiverKind, Type, Visibility};

/// Applies every rule that concerns the item.
pub(crate) fn item(diag: &mut Diag, item: &Item) {
    match item {
        Item::Function(function) => check_function(diag, function),
        Item::Guarded(function) => guarded::function(diag, function),
        Item::Struct(structure) if structure.is_resource() => component::structure(diag, structure),
        Item::Struct(structure) => check_struct(diag, structure),
        Item::Impl(block) if block.resource().is_some() => component::block(diag, block),
        Item::Impl(block) => check_impl(diag, block),
        Item::Guest(guest) => component::guest(diag, guest),
        Item::Imports(imports) => import::check(diag, imports),
        // wasm-bindgen judges it.
        Item::Passed(_) => {}
    }
}

fn check_function(diag: &mut Diag, function: &Function) {
    let none = Generics::default();
    check_signature(diag, &function.sig, &function.options, &none);
    asynchronous::cancellable(diag, &function.options, &function.sig);
    asynchronous::suspending(diag, &function.options, &function.sig);
    check_visibility(diag, function);
    check_free(diag, function);
    guarded::exported(diag, function);
    check_start(diag, function);
    check_memory_limit(diag, &function.options);
    check_name(
        diag,
        &function.options,
        &function.item.sig.ident,
        "function",
    );
}

fn check_struct(diag: &mut Diag, structure: &Struct) {
    instantiate::generics(diag, &structure.item.generics, &structure.options);
    instantiate::structure(diag, structure);
    check_on_panic(diag, &structure.options);
    persist::structure(diag, structure);
    extends::structure(diag, structure);
    check_name(diag, &structure.options, &structure.item.ident, "class");
}

fn check_impl(diag: &mut Diag, block: &Impl) {
    check_block(diag, block);
    check_one_constructor(diag, block);
    guarded::methods(diag, block);
    for method in &block.methods {
        check_signature(diag, &method.sig, &method.options, &block.item.generics);
        check_receiver(diag, method, &block.item.self_ty);
        check_on_panic(diag, &method.options);
        check_policy(diag, method);
        persist::method(diag, method);
        check_memory_limit(diag, &method.options);
        check_member(diag, method);
        check_constructor(diag, method);
        check_accessor(diag, method);
        asynchronous::method(diag, method);
    }
}

/// JavaScript cannot promise what `unsafe` asks for; types are concrete, and results
/// owned.
fn check_signature(diag: &mut Diag, sig: &Signature, options: &Options, outer: &Generics) {
    let original = &sig.original;
    instantiate::generics(diag, &original.generics, options);
    instantiate::function(diag, options, original);
    let types = sig.args.iter().map(|arg| &arg.ty).chain(&sig.returns);
    instantiate::projections(diag, types.clone(), &[outer, &original.generics]);
    types::without_conversion(diag, types);
    types::borrowed_inside(diag, sig.args.iter().map(|arg| &arg.ty));
    if let syn::Safety::Unsafe(unsafety) = &original.safety {
        diag.error(unsafety, "JavaScript can't uphold the contract of an `unsafe fn`; check it in a safe function and export that");
    }
    if let Some(variadic) = &original.variadic {
        diag.error(variadic, "C variadics can't be exported; take a `Vec` as the last argument and mark the function `variadic`");
    }
    let opaque = |ty: &Type| matches!(ty, Type::ImplTrait(_));
    for arg in &sig.args {
        if let Some(ty) = part(&arg.ty, opaque) {
            diag.error(
                ty,
                "JavaScript needs a concrete type; name it, or name a type parameter, to be instantiated",
            );
        }
    }
    let Some(returns) = &sig.returns else { return };
    if let Some(ty) = part(returns, opaque) {
        diag.error(
            ty,
            "JavaScript needs a concrete type; name the type that is returned",
        );
    }
    let borrow = match unwrapped(returns) {
        reference @ Type::Reference(_) => Some(reference.clone()),
        returns => part(returns, |ty| match ty {
            Type::Reference(reference) => reference
                .lifetime
                .as_ref()
                .is_none_or(|lifetime| lifetime.ident != "static"),
            _ => false,
        }),
    };
    if let Some(borrow) = borrow {
        diag.error(
            borrow,
            "a borrow can't outlive the call that JavaScript made; return an owned value",
        );
    }
}

/// What JavaScript can call is public; `start` is called by the loader alone.
fn check_visibility(diag: &mut Diag, function: &Function) {
    if !matches!(function.item.vis, Visibility::Public(_)) && !function.options.has("start") {
        diag.error(
            &function.item.sig.ident,
            "an exported function is public; make it `pub`",
        );
    }
}

/// A method belongs to its impl block, which knows the class.
fn check_free(diag: &mut Diag, function: &Function) {
    if let Some(FnArg::Receiver(this)) = function.sig.original.inputs.first() {
        let message = match function.guard {
            None => "a method is exported by its impl block; put `#[recoverable]` on the block",
            Some(_) => {
                "a method is exported by its impl block; put `#[recoverable]` on the block, or add `skip` to guard the method and not export it"
            }
        };
        diag.error(this, message);
    }
}

/// `start` runs without a caller: it takes nothing. What it returns is the runtime's to judge,
/// which sees the type.
fn check_start(diag: &mut Diag, function: &Function) {
    if !function.options.has("start") {
        return;
    }
    if !function.sig.args.is_empty() {
        diag.error(
            &function.sig.original.inputs,
            "a `start` function is called by the loader, which has no arguments; remove them",
        );
    }
}

/// No user's export may have a name that the runtime exports, or that the glue needs.
fn check_name(diag: &mut Diag, options: &Options, ident: &Ident, what: &str) {
    const OURS: &[&str] = &[
        "RecoverError",
        "PanicError",
        "OutOfMemoryError",
        "StackOverflowError",
        "PoisonedError",
        "BusyError",
        "InstanceAbortedError",
        "RestartLimitError",
        "ImportError",
        "StaleHandleError",
        "WrongClassError",
        "recovery",
    ];
    /// What the glue uses of JavaScript while the module is loaded, where a class hides it.
    const OF_THE_GLUE: &[&str] = &["Object", "Symbol", "FinalizationRegistry", "WebAssembly"];
    let (name, tokens) = js_name(options, ident);
    if OF_THE_GLUE.contains(&name.as_str()) && !options.has("js_namespace") {
        diag.error(
            &tokens,
            format!("wasm-bindgen's glue uses JavaScript's own `{name}`; give the {what} another `js_name`"),
        );
    }
    if OURS.contains(&name.as_str()) && !options.has("js_namespace") {
        diag.error(
            tokens,
            format!("`{name}` is exported by recover-runtime; give the {what} another `js_name`"),
        );
    }
}

/// The name that JavaScript sees, and the tokens that gave it.
fn js_name(options: &Options, ident: &Ident) -> (String, TokenStream) {
    match options.text("js_name") {
        Some(text) => (text.value(), text.to_token_stream()),
        None => (ident.unraw().to_string(), ident.to_token_stream()),
    }
}

/// Members that every exported class has.
fn check_member(diag: &mut Diag, method: &Method) {
    let accessor = ["constructor", "getter", "setter"]
        .iter()
        .any(|option| method.options.has(option));
    let (name, tokens) = js_name(&method.options, &method.sig.original.ident);
    if !accessor && method.sig.receiver.is_some() && matches!(name.as_str(), "free" | "constructor")
    {
        diag.error(
            tokens,
            format!("every exported class has its own `{name}`; give the method another `js_name`"),
        );
    }
}

/// JavaScript has a handle, not the object: it can lend the object or give it up.
fn check_receiver(diag: &mut Diag, method: &Method, self_ty: &Type) {
    let Some(FnArg::Receiver(this)) = method.sig.original.inputs.first() else {
        return;
    };
    let ReceiverKind::Typed(_, ty) = &this.kind else {
        return;
    };
    let ty = match unwrapped(ty) {
        Type::Reference(reference) => unwrapped(&reference.elem),
        owned => owned,
    };
    let text = ty.to_token_stream().to_string();
    if text != "Self" && text != self_ty.to_token_stream().to_string() {
        diag.error(
            this,
            "JavaScript can't hold the object in this way; take `self`, `&self` or `&mut self`",
        );
    }
}

/// An exported impl block is that of one concrete struct of this crate, and holds
/// only what the macro can see.
fn check_block(diag: &mut Diag, block: &Impl) {
    let item = &block.item;
    instantiate::generics(diag, &item.generics, &block.options);
    instantiate::block(diag, block);
    if let Some((path, _)) = &item.trait_ {
        diag.error(
            path,
            match is_of_resource(item) {
                true => "the methods of a resource are in an impl block without a trait; write `#[recoverable(resource = path::to::GuestResource)]` on the impl block of the struct",
                false => "JavaScript has no traits; put the methods into an impl block without a trait",
            },
        );
    }
    if let Some(option) = block.options.get("apart") {
        diag.error(
            &option.name,
            "`apart` is about the functions of a `Guest` trait; remove it",
        );
    }
    for name in ["persist", "clear_poison"] {
        if let Some(option) = block.options.get(name) {
            diag.error(
                &option.name,
                format!("`{name}` adds functions to the block of a component's resource; add `resource = path::to::GuestResource`, or remove it"),
            );
        }
    }
    if block.type_name().is_none() {
        diag.error(
            &item.self_ty,
            "only the impl block of a struct can be exported; name the struct",
        );
    }
    for member in &item.items {
        if let syn::ImplItem::Macro(call) = member {
            diag.error(&call.mac.path, "a macro call can't be expanded here; write the methods out, or move the call to an impl block without `#[recoverable]`");
        }
    }
}

/// A constructor makes the object: it has no receiver, and is not asynchronous.
fn check_constructor(diag: &mut Diag, method: &Method) {
    let Some(constructor) = method.options.get("constructor") else {
        return;
    };
    if method.sig.receiver.is_some() {
        diag.error(
            &constructor.name,
            "a constructor has no receiver; remove `self`, or the option",
        );
    }
    if method.sig.returns.is_none() {
        diag.error(
            &method.sig.original.ident,
            "a constructor returns the object; return `Self` or `Result<Self, _>`",
        );
    }
    for other in ["getter", "setter"] {
        if let Some(other) = method.options.get(other) {
            diag.error(
                &other.name,
                "a constructor is no accessor; remove one of the options",
            );
        }
    }
}

/// A getter takes nothing and returns a value; a setter takes the value; neither consumes the
/// object.
fn check_accessor(diag: &mut Diag, method: &Method) {
    let sig = &method.sig;
    let (option, args, rule) = match (method.options.get("getter"), method.options.get("setter")) {
        (Some(_), Some(setter)) => {
            diag.error(
                &setter.name,
                "a method is a getter or a setter; remove one of the options",
            );
            return;
        }
        (Some(getter), None) => (
            getter,
            0,
            "a getter takes only `self`; remove the arguments",
        ),
        (None, Some(setter)) => (
            setter,
            1,
            "a setter takes `self` and the value; give it one argument",
        ),
        (None, None) => return,
    };
    if method.options.has("constructor") {
        return;
    }
    if sig.args.len() != args {
        match sig.original.inputs.is_empty() {
            true => diag.error(&sig.original.ident, rule),
            false => diag.error(&sig.original.inputs, rule),
        }
    }
    if sig.receiver == Some(Receiver::Owned) {
        diag.error(
            sig.original.inputs.first(),
            "an accessor borrows the object; take `&self` or `&mut self`",
        );
    }
    let name = sig.original.ident.unraw().to_string();
    if option.key() == "setter"
        && option.value.is_none()
        && !method.options.has("js_name")
        && !name.starts_with("set_")
    {
        diag.error(&sig.original.ident, "a setter is named after its property; call it `set_…`, or write `setter = \"property\"`");
    }
    if option.key() == "getter" && sig.returns.is_none() {
        diag.error(
            sig.original.ident.to_token_stream(),
            "a getter returns the property; give it a return type",
        );
    }
}
