//! The rules, one function each; each is headed by the rule in prose and reports
//! at the user's tokens. Nothing is expanded here.

use crate::attr::Options;
use crate::diag::{Diag, msg};
use crate::ir::{Function, Impl, Item, Method, Struct};
use crate::sig::{Receiver, Signature, unwrapped};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Type, Visibility};

/// Applies every rule that concerns the item.
pub(crate) fn item(diag: &mut Diag, item: &Item) {
    match item {
        Item::Function(function) => check_function(diag, function),
        Item::Struct(structure) => check_struct(diag, structure),
        Item::Impl(block) => check_impl(diag, block),
    }
}

fn check_function(diag: &mut Diag, function: &Function) {
    check_signature(diag, &function.sig);
    check_visibility(diag, function);
    check_free(diag, function);
    check_start(diag, function);
    check_class_name(diag, &function.options, false);
}

fn check_struct(diag: &mut Diag, structure: &Struct) {
    if !structure.item.generics.params.is_empty() {
        diag.error(&structure.item.generics, msg::GENERIC);
    }
    check_on_panic(diag, &structure.options);
    check_class_name(diag, &structure.options, true);
}

fn check_impl(diag: &mut Diag, block: &Impl) {
    check_block(diag, block);
    for method in &block.methods {
        check_signature(diag, &method.sig);
        check_on_panic(diag, &method.options);
        check_constructor(diag, method);
        check_accessor(diag, method);
    }
}

/// JavaScript passes one concrete type an argument, waits for no future that the
/// runtime does not drive, and cannot promise what `unsafe` asks for.
fn check_signature(diag: &mut Diag, sig: &Signature) {
    let original = &sig.original;
    if !original.generics.params.is_empty() {
        diag.error(&original.generics, msg::GENERIC);
    }
    if let Some(asyncness) = &original.asyncness {
        diag.error(asyncness, "this version of recover-runtime exports no async functions; export this one with `#[wasm_bindgen]`, or make it sync");
    }
    if let syn::Safety::Unsafe(unsafety) = &original.safety {
        diag.error(unsafety, "JavaScript can't uphold the contract of an `unsafe fn`; check it in a safe function and export that");
    }
    if let Some(variadic) = &original.variadic {
        diag.error(variadic, "C variadics can't be exported; take a `Vec` as the last argument and mark the function `variadic`");
    }
    for arg in &sig.args {
        if matches!(unwrapped(&arg.ty), Type::ImplTrait(_)) {
            diag.error(&arg.ty, msg::GENERIC);
        }
    }
    match sig.returns.as_ref().map(unwrapped) {
        Some(Type::Reference(reference)) => diag.error(
            reference,
            "a borrow can't outlive the call that JavaScript made; return an owned value",
        ),
        Some(ty @ Type::ImplTrait(_)) => diag.error(
            ty,
            "JavaScript needs a concrete type; name the type that is returned",
        ),
        _ => {}
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
    if let Some(syn::FnArg::Receiver(this)) = function.sig.original.inputs.first() {
        diag.error(
            this,
            "a method is exported by its impl block; put `#[recoverable]` on the block",
        );
    }
}

/// `start` runs without a caller: it takes nothing and gives nothing back.
fn check_start(diag: &mut Diag, function: &Function) {
    if function.options.has("start") && !function.sig.args.is_empty() {
        diag.error(
            &function.sig.original.inputs,
            "a `start` function is called by the loader, which has no arguments; remove them",
        );
    }
}

/// A panic either fences an object off or leaves it.
fn check_on_panic(diag: &mut Diag, options: &Options) {
    match options.text("on_panic") {
        Some(text) if text.value() == "rollback" => diag.error(
            text,
            "this version of recover-runtime has no rollback; use \"poison\" or \"keep\"",
        ),
        Some(text) if !matches!(text.value().as_str(), "poison" | "keep") => diag.error(
            text,
            "unknown policy; `on_panic` takes \"poison\" or \"keep\"",
        ),
        _ => {}
    }
}

/// The names that the runtime itself exports stay its own.
fn check_class_name(diag: &mut Diag, options: &Options, class: bool) {
    const OURS: &[&str] = &[
        "RecoverError",
        "PanicError",
        "OutOfMemoryError",
        "StackOverflowError",
        "PoisonedError",
        "BusyError",
        "InstanceAbortedError",
        "StaleHandleError",
        "recovery",
    ];
    if let Some(name) = options.text("js_name")
        && OURS.contains(&name.value().as_str())
        && !options.has("js_namespace")
    {
        let what = if class { "class" } else { "function" };
        diag.error(
            name,
            format!(
                "`{}` is exported by recover-runtime; give the {what} another `js_name`",
                name.value()
            ),
        );
    }
}

/// An exported impl block is that of one concrete struct of this crate, and holds
/// only what the macro can see.
fn check_block(diag: &mut Diag, block: &Impl) {
    let item = &block.item;
    if !item.generics.params.is_empty() {
        diag.error(&item.generics, msg::GENERIC);
    }
    if let Some((path, _)) = &item.trait_ {
        diag.error(
            path,
            "JavaScript has no traits; put the methods into an impl block without a trait",
        );
    }
    if let Some(unsafety) = &item.unsafety {
        diag.error(unsafety, "an exported impl block is safe; remove `unsafe`");
    }
    if block.type_name().is_none() {
        diag.error(
            &item.self_ty,
            "an exported impl block is that of a struct; name the struct",
        );
    }
    for member in &item.items {
        if let syn::ImplItem::Macro(call) = member {
            diag.error(&call.mac.path, "what a macro expands to can't be exported from here; write the methods out, or move the call to an impl block without `#[recoverable]`");
        }
    }
}

/// A constructor makes the object: it has no receiver, and it is done when it returns.
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

/// A getter takes nothing and gives a value; a setter takes the value; neither
/// consumes the object that is looked at.
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
    if sig.args.len() != args {
        diag.error(&sig.original.inputs, rule);
    }
    if sig.receiver == Some(Receiver::Owned) {
        diag.error(
            sig.original.inputs.first(),
            "an accessor looks at the object; take `&self` or `&mut self`",
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
