//! Unit tests of what can be seen without a compiler: the naming rules, the
//! generated code, and that mistakes accumulate. What a program does with the
//! classes is tested end to end (tests/e2e/errors.test.mjs).

use super::{ir, js, names, ts, types};
use crate::diag::Diag;
use quote::quote;

/// The derive in a package for JavaScript.
fn derive(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    super::derive(input, super::For::JavaScript)
}

/// The snippet and the declarations for an input without mistakes.
fn texts(input: proc_macro2::TokenStream) -> (String, String) {
    let input = syn::parse2(input).expect("an item");
    let mut diag = Diag::new();
    let error_type = ir::ErrorType::parse(&input, &mut diag);
    super::check::check(&error_type, &mut diag);
    diag.finish().expect("no mistakes");
    (js::snippet(&error_type), ts::declarations(&error_type))
}

#[test]
fn a_variant_names_its_class_and_code() {
    for (variant, class, code) in [
        ("NoKey", "NoKeyError", "E_NO_KEY"),
        ("ParseError", "ParseError", "E_PARSE"),
        ("Error", "ErrorError", "E_ERROR"),
        ("HTTPStatus", "HTTPStatusError", "E_HTTP_STATUS"),
        ("Utf8", "Utf8Error", "E_UTF8"),
        ("Sha256Sum", "Sha256SumError", "E_SHA256_SUM"),
        ("Snake_Case", "Snake_CaseError", "E_SNAKE_CASE"),
        ("Ärger", "ÄrgerError", "E_ÄRGER"),
    ] {
        assert_eq!(names::class_of_variant(variant), class);
        assert_eq!(names::code(variant), code);
    }
}

#[test]
fn strings_are_quoted_for_both_languages() {
    assert_eq!(
        types::quoted("a\"\\\n\u{2028}é"),
        "\"a\\\"\\\\\\u000a\\u2028é\""
    );
}

#[test]
fn a_struct_is_one_class_and_an_enum_a_family() {
    let (snippet, types) = texts(quote!(
        struct Gone;
    ));
    assert!(snippet.contains("export class Gone extends own(Error) { code = \"E_GONE\"; }"));
    assert!(types.contains("export class Gone extends Error {"));
    let (snippet, types) = texts(quote! {
        #[js_error(extends = "TypeError")]
        enum Bad { One, #[js_error(extends = "RangeError")] Two(u8) }
    });
    assert!(snippet.contains("export class Bad extends own(TypeError) {}"));
    assert!(snippet.contains("export class OneError extends Bad { code = \"E_ONE\"; }"));
    assert!(snippet.contains("export class TwoError extends own(RangeError) { code"));
    assert!(snippet.contains("const table = [[OneError], [TwoError, \"0\"]];"));
    assert!(
        types.contains(
            "export abstract class Bad extends TypeError {\n  readonly name: \"OneError\";"
        )
    );
}

#[test]
fn a_type_that_the_tokens_do_not_show_is_unknown() {
    let (_, types) = texts(quote! {
        struct All { a: Vec<Vec<u8>>, b: Option<Vec<Option<u8>>>, c: Alias, d: (), e: Box<[i16]>, f: std::rc::Rc<str> }
    });
    for line in [
        "a: Uint8Array[]",
        "b: unknown",
        "c: unknown",
        "d: unknown",
        "e: Int16Array",
        "f: string",
    ] {
        assert!(
            types.contains(&format!("  readonly {line};\n")),
            "{line} in {types}"
        );
    }
}

#[test]
fn a_source_is_no_property_unless_it_is_data() {
    let (snippet, _) = texts(quote! {
        enum E {
            A { source: Inner }, B { source: String }, C { r#source: Inner }, D(#[from] Inner),
            F { #[source] inner: Inner }, G { #[js_error(js_name = "origin")] source: Inner },
        }
    });
    assert!(snippet.contains(
        "[[AError], [BError, \"source\"], [CError, \"source\"], [DError], [FError], [GError, \"origin\"]]"
    ));
}

#[test]
fn an_error_without_classes_of_its_own_has_no_snippet() {
    let out = derive(quote!(
        #[js_error(transparent)]
        struct Through(Inner);
    ))
    .to_string();
    assert!(!out.contains("inline_js") && !out.contains("typescript_custom_section"));
}

#[test]
fn mistakes_accumulate_beside_a_stub() {
    let out = derive(quote! {
        #[js_error(colour = "red")]
        enum E<T> { Panic, #[js_error(code = "")] B { message: T } }
    })
    .to_string();
    assert_eq!(out.matches("compile_error").count(), 5, "{out}");
    assert!(
        out.contains("impl < T > :: core :: convert :: From < E < T"),
        "{out}"
    );
}

#[test]
fn a_variant_expands_to_few_lines() {
    let lines = |variants: usize| {
        let names = (0..variants).map(|i| quote::format_ident!("V{i}"));
        let out = derive(quote!(enum E { #(#names { key: String, limit: u32 }),* })).to_string();
        // A formatter would put each statement, field and block on a line.
        out.matches([';', ',', '{']).count()
    };
    assert!((lines(11) - lines(1)) / 10 < 60);
}

/// A user's class with one of these names would be a second declaration.
#[test]
fn a_class_may_not_take_a_name_of_the_package() {
    let types = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../recover-runtime/js/types.d.ts"
    );
    // The runtime is not beside this crate when the crate is built from its package.
    let Ok(types) = std::fs::read_to_string(types) else {
        return;
    };
    let exported: Vec<_> = types
        .lines()
        .filter_map(|line| line.strip_prefix("export "))
        .filter_map(|line| {
            let mut words = line
                .split([' ', ':', ';'])
                .filter(|word| *word != "abstract");
            words.nth(1)
        })
        .collect();
    assert!(exported.contains(&"PanicError"), "{exported:?}");
    for name in exported {
        assert!(names::is_recovers(name), "`{name}` is not in the list");
    }
}
