//! The rules of methods and classes that hold in JavaScript and in components.

use crate::attr::Options;
use crate::diag::Diag;
use crate::ir::{Impl, Method};

/// A panic poisons an object, keeps it, or rolls it back.
pub(super) fn check_on_panic(diag: &mut Diag, options: &Options) {
    match options.text("on_panic") {
        Some(text) if !matches!(text.value().as_str(), "poison" | "keep" | "rollback") => diag
            .error(
                text,
                "unknown policy; `on_panic` takes \"poison\", \"keep\" or \"rollback\"",
            ),
        _ => {}
    }
}

/// A policy is about the object of a call.
pub(super) fn check_policy(diag: &mut Diag, method: &Method) {
    if let Some(policy) = method.options.get("on_panic")
        && method.sig.receiver.is_none()
    {
        diag.error(
            &policy.name,
            "a call without `self` leaves no object behind; remove `on_panic`",
        );
    }
}

/// A limit is a number of bytes that a module can have.
pub(super) fn check_memory_limit(diag: &mut Diag, options: &Options) {
    let Some(text) = options.text("memory_limit") else {
        return;
    };
    if let Err(why) = crate::size::bytes(&text.value()) {
        diag.error(text, why);
    }
}

/// A JavaScript class has one constructor.
pub(super) fn check_one_constructor(diag: &mut Diag, block: &Impl) {
    let constructors = block.methods.iter();
    for second in constructors
        .filter_map(|method| method.options.get("constructor"))
        .skip(1)
    {
        diag.error(
            &second.name,
            "a class has one constructor; export the others as static methods, without the option",
        );
    }
}
