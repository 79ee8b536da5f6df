//! Which bounds are taken out, and what is left.

use super::*;

/// The text afterwards, and how many places were changed.
fn without(text: &str) -> (String, usize) {
    let mut places = places(&syn::parse_file(text).unwrap());
    let found = places.len();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut changed = text.to_owned();
    for (place, now) in places {
        changed.replace_range(place, &now);
    }
    syn::parse_file(&changed).unwrap();
    (changed, found)
}

#[test]
fn a_bound_is_taken_out_wherever_it_stands_with_one_plus() {
    for (before, after) in [
        (
            "impl<T: UnwindSafe + ?Sized> Maybe for T {}",
            "impl<T: ?Sized> Maybe for T {}",
        ),
        (
            "fn f<F: FnOnce() -> R + std::panic::UnwindSafe, R>(f: F) {}",
            "fn f<F: FnOnce() -> R, R>(f: F) {}",
        ),
        (
            "fn f<T: ?Sized + core::panic::RefUnwindSafe>() {}",
            "fn f<T: ?Sized>() {}",
        ),
        (
            "fn f<F>(f: F) where F: Future + 'static + UnwindSafe, {}",
            "fn f<F>(f: F) where F: Future + 'static, {}",
        ),
        ("fn f<T: UnwindSafe>() {}", "fn f<T: >() {}"),
        (
            "m! { [T: core::panic::UnwindSafe,] (A) }",
            "m! { [T: ,] (A) }",
        ),
        (
            "const _: () = { m!(@a (&A) [T: core::panic::UnwindSafe,] x(&*A) => A); };",
            "const _: () = { m!(@a (&A) [T: ,] x(&*A) => A); };",
        ),
    ] {
        assert_eq!(without(before), (after.to_owned(), 1));
    }
}

#[test]
fn a_catch_behind_a_bound_gets_an_assertion() {
    for (before, after) in [
        (
            "fn f() { let r = std::panic::catch_unwind(f); }",
            "fn f() { let r = std::panic::catch_unwind(core::panic::AssertUnwindSafe(f)); }",
        ),
        (
            "fn f() { g(async move { let r = future.catch_unwind().await; }) }",
            "fn f() { g(async move { let r = core::panic::AssertUnwindSafe(future).catch_unwind().await; }) }",
        ),
    ] {
        assert_eq!(without(before), (after.to_owned(), 1));
    }
}

#[test]
fn what_is_no_bound_is_left() {
    let text = "
        use core::panic::{AssertUnwindSafe, UnwindSafe};
        //! T: UnwindSafe
        impl<T: UnwindSafe, E: UnwindSafe> UnwindSafe for JsFuture<T, E> {}
        impl<T: ?Sized> RefUnwindSafe for Cell<T> {}
        impl<T: MaybeUnwindSafe> A for AssertUnwindSafe<T> {}
        fn f() { maybe_catch_unwind(AssertUnwindSafe(|| f())); catch_unwind(AssertUnwindSafe(f)); }
        macro_rules! m { ([$($unwind_safe:tt)*]) => { use core::panic::UnwindSafe; } }
    ";
    let text = text.replace("//! T", "// T");
    assert_eq!(without(&text), (text.clone(), 0));
}
