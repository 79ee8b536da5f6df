//! Where imports are declared, and what is none.

use super::*;

const MACROS: &str = "wasm-bindgen-macro-support";

/// Five declarations and the function, as they stand in the macros, beside what looks alike.
fn macros(declared: usize) -> String {
    let declaration = r#"quote! { #[link(wasm_import_module = "x")] extern "C" { fn #name(); } };"#;
    format!(
        r##"
        //! extern "C" {{ }} in a comment; a text in quotes: 'äöü'.
        fn expand() {{
            let text = "extern \"C\" {{";
            {}
            quote_spanned! {{ span => wrapped! {{ unsafe extern "C" fn breaks_if_inlined() {{}} }} }};
            quote! {{ pub unsafe extern "C-unwind" fn #free_fn() {{}} }};
            quote! {{ pub extern "C" fn #other() {{}} }};
        }}
        #[cfg(test)]
        mod tests {{
            fn parse() {{ quote! {{ extern "C" {{ fn f(); }} }}; }}
        }}
        "##,
        declaration.repeat(declared)
    )
}

fn changed_macros(declared: usize) -> Result<String, String> {
    known(MACROS, "0.2.128")
        .unwrap()
        .changed("src/codegen.rs", &macros(declared))
}

#[test]
fn every_declaration_of_an_import_and_nothing_else_is_changed() {
    let text = changed_macros(5).unwrap();
    assert_eq!(text.matches(r#"extern "C-unwind" {"#).count(), 5);
    assert!(text.contains(r#"unsafe extern "C-unwind" fn breaks_if_inlined"#));
    let back = text
        .replace(r#"extern "C-unwind" {"#, r#"extern "C" {"#)
        .replace(r#""C-unwind" fn breaks"#, r#""C" fn breaks"#);
    assert_eq!(back, macros(5));
}

#[test]
fn one_declaration_less_or_more_is_refused_with_both_numbers() {
    for declared in [0, 4, 6] {
        let reason = changed_macros(declared).unwrap_err();
        let said = format!("src/codegen.rs declares {} imports", declared + 1);
        assert!(
            reason.contains(&said) && reason.ends_with("expected 6"),
            "{reason}"
        );
    }
}

#[test]
fn what_is_no_rust_is_refused() {
    let refused = known(MACROS, "0.2.128")
        .unwrap()
        .changed("src/codegen.rs", "fn (");
    assert!(refused.unwrap_err().contains("can't be read"));
}

#[test]
fn a_conversion_and_what_it_calls_unwind_and_nothing_else_of_wasm_bindgen() {
    let bounds = "
        fn f<F: UnwindSafe>(f: F) { catch_unwind(f); }
        fn g<A: UnwindSafe, B: RefUnwindSafe>() {}
    ";
    let text = r#"
        macro_rules! externs { () => ( extern "C" { fn f(); } ) }
        #[wasm_bindgen(wasm_bindgen = crate)]
        extern "C" { fn g(); }
        pub extern "C" fn exported() {}
        pub fn cast() {
            unsafe extern "C" fn breaks_if_inlined() {
                core::ptr::read(super::__wbindgen_describe_cast(breaks_if_inlined as _, &() as _))
            }
        }
    "#;
    let old = known("wasm-bindgen", "0.2.127").unwrap();
    let changed = old.changed("src/rt/mod.rs", &[text, bounds].concat());
    let changed = changed.unwrap();
    assert_eq!(changed.matches("C-unwind").count(), 2);
    assert!(changed.contains(r#"unsafe extern "C-unwind" fn breaks_if_inlined"#));
    let call = "fn __wbindgen_describe_cast(func: *const (), prims: *const ()) -> *const (); } \
                __wbindgen_describe_cast })(breaks_if_inlined as _, &() as _)";
    assert!(changed.contains(call), "{changed}");
    syn::parse_file(&changed).unwrap();

    let now = known("wasm-bindgen", "0.2.128").unwrap();
    let file = "fn f() { super::__wbindgen_describe_generic_import(func, prims) }";
    let changed = now.changed("src/describe.rs", file).unwrap();
    assert!(changed.contains("__wbindgen_describe_generic_import })(func, prims)"));
    assert!(now.changed("src/describe.rs", "fn f() {}").is_err());
}

#[test]
fn one_bound_less_or_more_is_refused_with_both_numbers() {
    let known = known("wasm-bindgen", "0.2.129").unwrap();
    let changed = |bounds: usize| {
        let text = "impl<T: UnwindSafe + ?Sized> Maybe for T {}\n".repeat(bounds);
        known.changed("src/rt/marker.rs", &text)
    };
    assert_eq!(changed(1).unwrap(), "impl<T: ?Sized> Maybe for T {}\n");
    for bounds in [0, 2] {
        let reason =
            format!("src/rt/marker.rs has {bounds} places that ask for `UnwindSafe`, expected 1");
        assert_eq!(changed(bounds), Err(reason));
    }
}

#[test]
fn a_promise_of_a_future_asks_for_no_bound() {
    let text = "
        pub fn future_to_promise<F>(future: F) -> Promise where F: Future + 'static + std::panic::UnwindSafe {
            spawn_local(async move { future.catch_unwind().await; })
        }
    ";
    for version in ["0.3.104", "0.3.107"] {
        let known = known("js-sys", version).unwrap();
        let changed = known.changed("src/futures/mod.rs", text).unwrap();
        assert!(changed.contains("where F: Future + 'static {"), "{changed}");
        assert!(
            changed.contains("AssertUnwindSafe(future).catch_unwind()"),
            "{changed}"
        );
    }
}

#[test]
fn releases_that_nobody_looked_at_are_unknown() {
    assert!(known(MACROS, "0.2.127").is_some());
    for version in ["0.2.126", "0.2.999", "0.3.0", "1.2.127", "0.2.128-beta", ""] {
        assert!(known(MACROS, version).is_none(), "{version}");
    }
    assert!(known("js-sys", "0.2.128").is_none());
    assert!(known("js-sys", "0.3.103").is_none());
    assert!(known("js-sys", "0.3.108").is_none());
    assert_eq!(versions("js-sys"), "0.3.104 to 0.3.107");
    assert!(versions(MACROS).starts_with("0.2.127 to 0.2."));
    for package in [MACROS, "wasm-bindgen"] {
        let pinned = &crate::pins::pins().wasm_bindgen;
        assert!(
            known(package, pinned).is_some(),
            "look at {package} {pinned}"
        );
    }
}
