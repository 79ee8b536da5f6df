//! The stack of an error, as far as it is about the user's own code.

/// How what is not theirs begins, behind the signs of a type.
const OTHERS: [&str; 5] = [
    "alloc::",
    "core::",
    "std::",
    "recover_runtime::",
    "wasm_bindgen::",
];

/// What is in the frames that the macros, the glue and the driver have.
const MACHINERY: [&str; 12] = [
    "__recover_",
    "__Recover",
    "__wasm_bindgen",
    "sp wrapper",
    "/recover/staging-",
    "/recover-torture/",
    "/recover-runtime-",
    "driver/torture/",
    "driver/torturing.mjs",
    "/worker.mjs:",
    "eval at evaluate",
    "at async <anonymous>",
];

/// Whether a line is no frame, or one of the user's.
fn is_own(line: &str) -> bool {
    let Some(frame) = line.trim_start().strip_prefix("at ") else {
        return true;
    };
    let name = frame.trim_start_matches(['<', '&', '(', '*']);
    let name = name.trim_start_matches("const ").trim_start_matches("mut ");
    let theirs = OTHERS.iter().any(|begin| name.starts_with(begin));
    !theirs && !MACHINERY.iter().any(|part| line.contains(part))
}

/// The stack without the frames of std, the runtime and the driver; all of it, if there is no other.
pub(crate) fn own_frames(text: &str) -> String {
    let is_frame = |line: &&str| line.trim_start().starts_with("at ");
    let kept: Vec<&str> = text.lines().filter(|line| is_own(line)).collect();
    match kept.iter().any(is_frame) {
        true => kept.join("\n"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "OutOfMemoryError: an allocation failed
    at <alloc::raw_vec::RawVec<u32>>::grow_one (alloc/src/raw_vec/mod.rs:198:29)
    at <app::Ledger>::post (src/lib.rs:43:21) [inlined]
    at <app::_::__RecoverReceiver>::__recover_post::{closure#1} (src/lib.rs:34:1) [inlined]
    at recover_runtime::call::guard::call::<app::Ledger> (recover-runtime/src/call/guard.rs:286:22)
    at Object.ledger_post (file:///t/recover/staging-1/torture/injector.mjs:326:16)
    at Ledger.post (file:///t/recover-torture/app-unwind-exnref/pkg/app.js:307:18)
    at <*const core::mem::maybe_uninit::MaybeUninit<app::Ledger>>::read (core/src/ptr/const_ptr.rs:1152:18) [inlined]
    at ke (http://127.0.0.1:1/0/snippets/recover-runtime-82ce/js/recover.js:4:735)
    at Player.call (http://127.0.0.1:1/driver/torture/play.mjs:242:26)
    at Object.steps [as run] (file:///c/torture/ledger.mjs:4:26)
    at async <anonymous>:381:23";

    #[test]
    fn what_is_not_the_users_is_left_out() {
        assert_eq!(
            own_frames(STACK),
            "OutOfMemoryError: an allocation failed
    at <app::Ledger>::post (src/lib.rs:43:21) [inlined]
    at Object.steps [as run] (file:///c/torture/ledger.mjs:4:26)"
        );
    }

    #[test]
    fn a_stack_of_others_alone_is_whole() {
        let text = "Error: x\n    at core::f (a.rs:1:1)";
        assert_eq!(own_frames(text), text);
    }
}
