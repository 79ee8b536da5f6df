//! The change of a crate, on texts.

use super::*;

const SOURCE: &str = "//! Of wasm_bindgen.\nuse wasm_bindgen::prelude::*;\n\n/// é\n#[wasm_bindgen]\npub struct A {\n    \
    #[wasm_bindgen(skip)]\n    pub wasm_bindgen: u32,   // kept\n}\n\n#[wasm_bindgen::prelude::wasm_bindgen(js_name = b)]\n\
    #[cfg_attr(feature = \"x\", wasm_bindgen(getter), doc = \"wasm_bindgen\")]\nfn b() {}\n\
    #[wasm_bindgen(typescript_custom_section)]\nconst C: &str = \"\";\n";

const EXPECTED: &str = "//! Of wasm_bindgen.\nuse wasm_bindgen::prelude::*;\n\n/// é\n#[recoverable]\npub struct A {\n    \
    #[recoverable(skip)]\n    pub wasm_bindgen: u32,   // kept\n}\n\n#[recoverable(js_name = b)]\n\
    #[cfg_attr(feature = \"x\", recoverable(getter), doc = \"wasm_bindgen\")]\nfn b() {}\n\
    #[wasm_bindgen(typescript_custom_section)]\nconst C: &str = \"\";\n";

#[test]
fn the_word_is_replaced_wherever_it_is_an_attribute_and_nowhere_else() {
    let changed = attributes(SOURCE).unwrap();
    assert_eq!(changed.text, EXPECTED);
    assert_eq!(changed.attributes, 4);
    assert!(!changed.in_macro);
    assert_eq!(attributes("fn a() {}").unwrap().attributes, 0);
    assert!(attributes("fn (").is_err());
}

#[test]
fn what_the_parser_leaves_out_and_the_ends_of_lines_stay() {
    for head in ["\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/x\n"] {
        let changed = attributes(&format!("{head}{SOURCE}")).unwrap();
        assert_eq!(changed.text, format!("{head}{EXPECTED}"));
        let rooted = root(&format!("{head}mod a;\n")).unwrap();
        assert_eq!(rooted, format!("{head}{ROOT}mod a;\n"));
    }
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(attributes(&crlf(SOURCE)).unwrap().text, crlf(EXPECTED));
    assert_eq!(
        root("mod a;\r\n").unwrap(),
        crlf(&format!("{ROOT}mod a;\n"))
    );
    // An attribute of the crate is none of these.
    let changed = attributes("#![allow(unused)]\n#[wasm_bindgen]\nfn a() {}\n").unwrap();
    assert_eq!(
        changed.text,
        "#![allow(unused)]\n#[recoverable]\nfn a() {}\n"
    );
}

#[test]
fn a_macro_that_writes_the_word_is_told() {
    let of = |body: &str| attributes(&format!("macro_rules! m {{ () => {{ {body} }} }}")).unwrap();
    assert!(of("#[wasm_bindgen] pub fn a() {}").in_macro);
    assert!(of("#[wasm_bindgen::prelude::wasm_bindgen] pub fn a() {}").in_macro);
    assert!(of("mod a { #[wasm_bindgen] pub fn a() {} }").in_macro);
    assert!(!of("wasm_bindgen::throw_str(\"\")").in_macro);
    assert!(!of("#[inline] pub fn a() { wasm_bindgen::throw_str(\"\") }").in_macro);
}

#[test]
fn the_root_gets_its_line_after_what_belongs_to_the_crate() {
    let text = "//! Docs.\n#![allow(unused)]\n\n/// Of a.\n#[cfg(all())]\nmod a {}\n";
    let expected =
        format!("//! Docs.\n#![allow(unused)]\n\n{ROOT}/// Of a.\n#[cfg(all())]\nmod a {{}}\n");
    assert_eq!(root(text).unwrap(), expected);
    assert_eq!(root("//! Docs.\n").unwrap(), format!("//! Docs.\n{ROOT}"));
}

const HEAD: &str = "[package]\nname = \"a\"   # mine\n\n[lib]\ncrate-type = [ \"cdylib\" ]\n";

fn added(rest: &str) -> String {
    let changed = manifest(&format!("{HEAD}{rest}"), "\"1\"").unwrap();
    assert_eq!(changed.root, Path::new("src/lib.rs"));
    changed.text.strip_prefix(HEAD).unwrap().to_owned()
}

#[test]
fn the_dependency_stands_in_its_order_and_all_else_stays() {
    assert_eq!(
        added("[dependencies]\njs-sys = \"0.3\" # x\n# y\nwasm-bindgen='0.2'\n"),
        "[dependencies]\njs-sys = \"0.3\" # x\nrecover-runtime = \"1\"\n# y\nwasm-bindgen='0.2'\n"
    );
    // No order to keep.
    assert_eq!(
        added(
            "[dependencies]\nwasm-bindgen = \"0.2\"\njs-sys = \"0.3\"\n\n[profile.dev]\nlto = true\n"
        ),
        "[dependencies]\nwasm-bindgen = \"0.2\"\njs-sys = \"0.3\"\nrecover-runtime = \"1\"\n\n[profile.dev]\nlto = true\n"
    );
    // For a target alone.
    let target = "[target.'cfg(target_arch = \"wasm32\")'.dependencies]\n";
    assert_eq!(
        added(&format!(
            "[dependencies]\nlibc = \"0.2\"\n{target}wasm-bindgen.workspace = true\n"
        )),
        format!(
            "[dependencies]\nlibc = \"0.2\"\n{target}recover-runtime = \"1\"\nwasm-bindgen.workspace = true\n"
        )
    );
    let table = "[dependencies.wasm-bindgen]\nversion = \"0.2\"\n";
    let changed = added(table);
    let parsed: toml::Table = changed.parse().unwrap();
    assert_eq!(
        parsed["dependencies"]["recover-runtime"].as_str(),
        Some("1")
    );
    assert!(changed.contains(table), "{changed}");
}

#[test]
fn a_crate_that_is_none_of_wasm_bindgens_is_refused() {
    let refusal = |text: &str| manifest(text, "\"1\"").unwrap_err().to_string();
    let wasm = "[dependencies]\nwasm-bindgen = \"0.2\"\n";
    assert!(refusal("[workspace]\n").contains("is no package"));
    assert!(refusal("[package\n").contains("cannot read"));
    let rlib = HEAD.replace("cdylib", "rlib");
    assert!(refusal(&format!("{rlib}{wasm}")).contains("crate-type"));
    assert!(refusal(HEAD).contains("cargo recover new"));
    let twice = format!("{HEAD}{wasm}recover-runtime = \"1\"\n");
    assert!(refusal(&twice).contains("already"));
}

#[test]
fn the_root_is_where_the_manifest_says() {
    let text = "[package]\nname = \"a\"\n[lib]\npath = \"lib/x.rs\"\ncrate-type = [\"cdylib\"]\n[dependencies]\nwasm-bindgen = \"0.2\"\n";
    assert_eq!(manifest(text, "\"1\"").unwrap().root, Path::new("lib/x.rs"));
}
