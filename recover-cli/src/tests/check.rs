//! Each rule on source that breaks it, and on source that only looks as if it did.

use std::collections::BTreeMap;
use std::str::FromStr;

use cargo_platform::Cfg;

use super::*;

/// The findings of a crate, as `file:line:column rule name…`.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<_, _> = files.iter().copied().collect();
    let text = |path: &str| files.get(path).map(|text| (*text).to_owned());
    let cfgs = [
        "target_family=\"wasm\"",
        "feature=\"on\"",
        "panic=\"unwind\"",
    ];
    let cfgs = cfgs.map(|cfg| Cfg::from_str(cfg).unwrap());
    let read = Read {
        text: &text,
        cfgs: &cfgs,
    };
    let (findings, _) = crate_of("src/lib.rs", &read).unwrap();
    let short = findings.iter().map(|finding| {
        format!(
            "{}:{}:{} {}",
            finding.file, finding.line, finding.column, finding.rule
        )
    });
    short.collect()
}

fn in_lib(text: &str) -> Vec<String> {
    let found = found(&[("src/lib.rs", text)]);
    let short = found.iter().map(|line| line.replace("src/lib.rs:", ""));
    short.collect()
}

#[test]
fn plain_exports_are_named_under_every_name_of_the_attribute() {
    let text = "use wasm_bindgen::prelude::*;
#[wasm_bindgen]
pub fn a() {}
#[wasm_bindgen::prelude::wasm_bindgen(js_name = \"x\")]
pub struct B;
#[wasm_bindgen]
impl B {
    pub fn c(&self) {}
}
";
    assert_eq!(
        in_lib(text),
        ["3:8 plain-export", "5:12 plain-export", "7:6 plain-export"]
    );
    let renamed = "use wasm_bindgen::prelude::wasm_bindgen as bind;\n#[bind] pub fn a() {}\n";
    assert_eq!(in_lib(renamed), ["2:16 plain-export"]);
}

#[test]
fn what_is_recoverable_or_no_call_is_not_named() {
    let text = "use recover_runtime::recoverable;
use wasm_bindgen::prelude::*;
#[recoverable]
pub fn a() {}
#[recoverable]
impl B {
    #[wasm_bindgen(getter)]
    pub fn c(&self) -> u32 { 0 }
}
#[wasm_bindgen]
pub enum E { A }
#[wasm_bindgen(typescript_custom_section)]
const TEXT: &str = \"#[wasm_bindgen] pub fn f() {}\";
// #[wasm_bindgen] pub fn g() {}
/* #[wasm_bindgen] pub fn h() {} */
/// #[wasm_bindgen]
pub fn i() {}
";
    assert_eq!(in_lib(text), [] as [&str; 0]);
}

#[test]
fn a_recoverable_that_is_imported_under_another_name_is_known() {
    let text = "use recover_runtime::recoverable as guarded;
#[guarded(persist = \"journal\")]
struct S { #[serde(flatten)] a: u32 }
";
    assert_eq!(in_lib(text), ["3:20 unreadable-state"]);
}

#[test]
fn imports_are_named_unless_they_catch_or_are_marked() {
    let text = "use wasm_bindgen::prelude::*;
#[wasm_bindgen(module = \"/a.js\")]
extern \"C\" {
    pub type T;
    fn a();
    #[wasm_bindgen(catch)]
    fn b() -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = catch)]
    fn c();
    #[wasm_bindgen(method, catch)]
    fn d(this: &T) -> Result<(), JsValue>;
}
#[recover_runtime::recoverable]
extern \"C\" {
    fn e();
}
extern \"C\" {
    fn f();
}
";
    assert_eq!(in_lib(text), ["5:8 unmarked-import", "9:8 unmarked-import"]);
}

#[test]
fn modules_are_followed_to_their_files_and_left_out_by_their_cfg() {
    let plain = "#[wasm_bindgen] pub fn f() {}\n";
    let files = [
        (
            "src/lib.rs",
            "mod a;
mod b;
#[cfg(test)] mod c;
#[cfg(not(target_family = \"wasm\"))] mod d;
#[cfg(all(feature = \"on\", target_family = \"wasm\"))] mod e;
#[cfg(feature = \"off\")] mod g;
#[path = \"other/h.rs\"] mod h;
mod i { mod j; #[cfg(test)] mod k; }
#[cfg_attr(feature = \"on\", path = \"l_on.rs\")] mod l;
include!(\"m.rs\");
#[cfg(any(test, feature = \"off\"))] #[wasm_bindgen] pub fn n() {}
#[cfg_attr(feature = \"off\", wasm_bindgen)] pub fn o() {}
#[cfg_attr(target_family = \"wasm\", wasm_bindgen)] pub fn p() {}
",
        ),
        ("src/a.rs", "mod deep;"),
        ("src/a/deep.rs", plain),
        ("src/b/mod.rs", plain),
        ("src/c.rs", plain),
        ("src/d.rs", plain),
        ("src/e.rs", plain),
        ("src/g.rs", plain),
        ("src/other/h.rs", "mod beside;"),
        ("src/other/beside.rs", plain),
        ("src/i/j.rs", plain),
        ("src/l_on.rs", plain),
        ("src/m.rs", plain),
    ];
    let expected = [
        "src/a/deep.rs:1:24 plain-export",
        "src/b/mod.rs:1:24 plain-export",
        "src/e.rs:1:24 plain-export",
        "src/i/j.rs:1:24 plain-export",
        "src/l_on.rs:1:24 plain-export",
        "src/lib.rs:13:58 plain-export",
        "src/m.rs:1:24 plain-export",
        "src/other/beside.rs:1:24 plain-export",
    ];
    assert_eq!(found(&files), expected);
}

#[test]
fn states_that_serde_reads_by_name_or_by_looking_ahead_are_named() {
    let text = "use recover_runtime::recoverable;
use serde_json::Value as Json;
#[recoverable(persist = \"journal\")]
#[derive(Serialize, Deserialize)]
pub struct State {
    #[serde(skip_serializing_if = \"Option::is_none\")]
    a: Option<u32>,
    #[serde(default, flatten)]
    b: Inner,
    c: Vec<Json>,
    d: HashMap<String, Either>,
    #[serde(skip)]
    e: serde_json::Value,
    #[serde(with = \"mine\")]
    f: serde_json::Value,
    g: Value,
    #[serde(skip_serializing, skip_deserializing)]
    k: serde_json::Value,
}
#[derive(Serialize, Deserialize)]
struct Inner { h: serde_json::Value }
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Either { A(u32), B(String) }
#[serde(tag = \"kind\")]
enum Elsewhere { A }
struct Value { i: u32 }
#[recoverable(persist = \"none\")]
struct Transient { #[serde(flatten)] j: Inner }
";
    assert_eq!(
        in_lib(text),
        [
            "6:13 unreadable-state",
            "8:22 unreadable-state",
            "10:12 unreadable-state",
            "21:19 unreadable-state",
            "23:9 unreadable-state"
        ]
    );
}

#[test]
fn methods_that_wait_with_their_object_are_named_unless_they_say_that_it_is_meant() {
    let text = "use recover_runtime::recoverable;
#[recoverable]
impl S {
    pub async fn a(&mut self) { f().await }
    pub async fn b(&self) { let x = || async { f().await }; f() }
    #[recoverable(concurrency = \"queue\")]
    pub async fn c(&mut self) { f().await }
    #[wasm_bindgen(js_name = \"d\", concurrency = \"reject\")]
    pub async fn d(&mut self) { f().await }
    async fn e(&mut self) { f().await }
    pub async fn g(self) { f().await }
    pub async fn h(n: u32) { f().await }
    pub async fn i(&self) { join!(f().await, 1) }
    #[recoverable(skip)]
    pub async fn k(&mut self) { f().await }
}
impl S {
    pub async fn j(&mut self) { f().await }
}
";
    assert_eq!(
        in_lib(text),
        ["4:18 borrow-across-await", "13:18 borrow-across-await"]
    );
}

#[test]
fn a_file_that_is_no_rust_or_is_missing_is_one_line_with_its_place() {
    let refused = |files: &[(&str, &str)]| {
        let files: BTreeMap<_, _> = files.iter().copied().collect();
        let text = |path: &str| files.get(path).map(|text| (*text).to_owned());
        let read = Read {
            text: &text,
            cfgs: &[],
        };
        let error = crate_of("src/lib.rs", &read).map(drop).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    let text = refused(&[("src/lib.rs", "mod a;"), ("src/a.rs", "\npub fn (")]);
    assert!(text.contains("src/a.rs:2:8"), "{text}");
    let text = refused(&[("src/lib.rs", "mod a;")]);
    assert!(
        text.contains("src/lib.rs:1:5") && text.contains("src/a/mod.rs"),
        "{text}"
    );
}

#[test]
fn a_finding_is_a_line_with_its_fix_and_a_part_of_the_document() {
    let text = |_: &str| Some("#[wasm_bindgen] pub fn f() {}".to_owned());
    let read = Read {
        text: &text,
        cfgs: &[],
    };
    let (findings, _) = crate_of("src/lib.rs", &read).unwrap();
    let line = findings[0].line();
    assert!(
        line.starts_with("src/lib.rs:1:24: plain-export: `f` is exported by"),
        "{line}"
    );
    assert!(
        line.ends_with("; write `#[recoverable]` in its place"),
        "{line}"
    );
    let document = document(&findings);
    assert_eq!(document["ok"], false);
    assert_eq!(document["findings"][0]["column"], 24);
    assert_eq!(super::document(&[])["ok"], true);
}
