//! The rules of what a component exports: a resource's struct and its methods, and the functions of a
//! `Guest` trait. WIT has the names and the types; a caller is of any language.

use super::method::{check_memory_limit, check_on_panic, check_one_constructor, check_policy};
use crate::attr::{Opt, Options};
use crate::diag::Diag;
use crate::ir::guest::{Guest, resource_name};
use crate::ir::{Impl, Method, Struct};
use crate::options::{
    GUEST_BLOCK, GUEST_FUNCTION, OF_JAVASCRIPT, RESOURCE, RESOURCE_BLOCK, RESOURCE_METHOD,
};
use crate::sig::{Carrier, Receiver, Signature, part};
use crate::types::unwrapped;
use syn::{FnArg, Generics, ImplItem, ReceiverKind, Type};

/// A resource is one concrete struct, and has no option that JavaScript alone understands.
pub(super) fn structure(diag: &mut Diag, structure: &Struct) {
    refuse(diag, &structure.options, RESOURCE);
    for field in &structure.fields {
        refuse(diag, &field.options, &[]);
    }
    concrete(diag, &structure.item.generics);
    check_on_panic(diag, &structure.options);
    super::persist::structure(diag, structure);
}

/// The block of a resource is that of one concrete struct, and names the trait of the resource.
pub(super) fn block(diag: &mut Diag, block: &Impl) {
    let item = &block.item;
    refuse(diag, &block.options, RESOURCE_BLOCK);
    concrete(diag, &item.generics);
    if let Some((path, _)) = &item.trait_ {
        diag.error(
            path,
            "the methods of a resource stand in an impl block without a trait; remove the trait, `resource` names it",
        );
    }
    if block.type_name().is_none() {
        diag.error(
            &item.self_ty,
            "a resource is a struct of this crate; name the struct",
        );
    }
    if let Some(path) = block.resource()
        && path
            .segments
            .last()
            .is_none_or(|last| resource_name(&last.ident.to_string()).is_none())
    {
        diag.error(
            path,
            "`resource` names the trait that wit-bindgen made for the resource; write `resource = exports::package::interface::GuestResource`",
        );
    }
    macros(diag, &item.items);
    check_one_constructor(diag, block);
    super::guarded::methods(diag, block);
    for method in &block.methods {
        refuse(diag, &method.options, RESOURCE_METHOD);
        signature(diag, &method.sig);
        receiver(diag, method, &item.self_ty);
        constructor(diag, method);
        check_on_panic(diag, &method.options);
        check_policy(diag, method);
        super::persist::method(diag, method);
        check_memory_limit(diag, &method.options);
    }
}

/// A `Guest` trait has functions alone.
pub(super) fn guest(diag: &mut Diag, guest: &Guest) {
    refuse(diag, &guest.options, GUEST_BLOCK);
    concrete(diag, &guest.item.generics);
    macros(diag, &guest.kept);
    for (_, function) in &guest.functions {
        refuse(diag, &function.options, GUEST_FUNCTION);
        signature(diag, &function.sig);
        if let Some(FnArg::Receiver(this)) = function.sig.original.inputs.first() {
            diag.error(
                this,
                "a function of a `Guest` trait has no object; move the method to the impl block of its resource",
            );
        }
        check_memory_limit(diag, &function.options);
    }
}

/// Options that a component has no use for, each with why.
fn refuse(diag: &mut Diag, options: &Options, known: &[&str]) {
    for Opt { name, .. } in options.others(known) {
        let key = name.to_string();
        match OF_JAVASCRIPT.iter().find(|(names, _)| names.contains(&&*key)) {
            Some((_, why)) => diag.error(name, why),
            None => diag.error(
                name,
                format!("`{key}` means nothing in a component, which has what its WIT says; remove the option"),
            ),
        }
    }
}

/// WIT has no generic types.
fn concrete(diag: &mut Diag, generics: &Generics) {
    if !generics.params.is_empty() {
        diag.error(
            generics,
            "WIT has no type parameters; export a struct that holds the types",
        );
    }
}

/// Generated code stands beside what the macro sees.
fn macros(diag: &mut Diag, items: &[ImplItem]) {
    for item in items {
        if let ImplItem::Macro(call) = item {
            diag.error(
                &call.mac.path,
                "a macro call can't be expanded here; write the functions out",
            );
        }
    }
}

/// Calls are synchronous, types concrete, results owned, and what a caller passes is a copy.
fn signature(diag: &mut Diag, sig: &Signature) {
    let original = &sig.original;
    if let Some(asyncness) = &original.asyncness {
        diag.error(
            asyncness,
            "a guarded call of a component is synchronous; remove `async`, or leave the function unguarded by `skip`",
        );
    }
    if let syn::Safety::Unsafe(unsafety) = &original.safety {
        diag.error(
            unsafety,
            "a caller of another language can't uphold the contract of an `unsafe fn`; check it in a safe function and export that",
        );
    }
    if !original.generics.params.is_empty() {
        diag.error(
            &original.generics,
            "WIT has no type parameters; name the types, and elide the lifetimes of arguments",
        );
    }
    let opaque = |ty: &Type| matches!(ty, Type::ImplTrait(_));
    for arg in &sig.args {
        for option in arg.options.others(&[]) {
            diag.error(
                &option.name,
                "an option of a parameter is about JavaScript; remove it, WIT has the parameters",
            );
        }
        if let Some(ty) = part(&arg.ty, opaque) {
            diag.error(ty, "WIT needs a concrete type; name it");
        }
        if arg.carrier == Carrier::MutRef {
            diag.error(
                &arg.ty,
                "a caller lends what is read, and sees no change of a copy; take it by `&`, or own it",
            );
        }
    }
    let Some(returns) = &sig.returns else { return };
    if let Some(ty) = part(returns, opaque) {
        diag.error(
            ty,
            "WIT needs a concrete type; name the type that is returned",
        );
    }
    if let Some(borrow) = part(returns, |ty| matches!(ty, Type::Reference(_))) {
        diag.error(
            borrow,
            "a borrow can't outlive the call; return an owned value",
        );
    }
}

/// A method of WIT's borrows the resource.
fn receiver(diag: &mut Diag, method: &Method, self_ty: &Type) {
    let Some(FnArg::Receiver(this)) = method.sig.original.inputs.first() else {
        return;
    };
    let other = match &this.kind {
        ReceiverKind::Typed(_, ty) => match unwrapped(ty) {
            Type::Reference(reference) => {
                let ty = unwrapped(&reference.elem);
                let is_self = matches!(ty, Type::Path(path) if path.path.is_ident("Self"));
                !is_self && !crate::types::is_same(ty, self_ty)
            }
            _ => true,
        },
        _ => method.sig.receiver == Some(Receiver::Owned),
    };
    if other {
        diag.error(
            this,
            "a method of WIT's borrows its resource; take `&self` or `&mut self`, or make it a function that takes the resource",
        );
    }
}

/// A constructor makes the object.
fn constructor(diag: &mut Diag, method: &Method) {
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
}
