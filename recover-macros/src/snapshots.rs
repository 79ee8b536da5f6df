//! Expansions, formatted, against the blessed files in `snapshots/`;
//! `RECOVER_BLESS=1` writes those. An expansion stays short: code that needs no
//! generating belongs in the runtime.

use crate::js_error::For;
use crate::{expand_recoverable, js_error};
use proc_macro2::{TokenStream, TokenTree};
use std::path::Path;
use std::{env, fs};

/// What one item may add to a crate, formatted; the user's item not counted.
const LINES: usize = 67;
/// What each field or variant may add to that: a getter and a setter, or an arm.
const LINES_PER_MEMBER: usize = 35;

#[test]
fn function() {
    recoverable(
        "function",
        "js_name = \"parseText\"",
        "/// Parses.
        #[must_use]
        pub fn parse(input: &str, #[recoverable(js_name = \"maxSize\")] max_size: u32, into: &mut Document) -> Option<Document> {
            None
        }",
        0,
    );
}

#[test]
fn function_with_result() {
    recoverable(
        "function_with_result",
        "",
        "pub fn load(name: String) -> Result<Document, LoadError> {
            Err(LoadError)
        }",
        0,
    );
}

#[test]
fn instantiated() {
    recoverable(
        "instantiated",
        "instantiate(T = u32, f64 as Number)",
        "/// Says it twice.
        pub fn twice<T: Copy>(value: T) -> Vec<T> {
            vec![value; 2]
        }",
        0,
    );
}

#[test]
fn guarded() {
    recoverable(
        "guarded",
        "stack_guard, max_depth = 500",
        "fn walk<'a, T>(list: &'a [T]) -> Option<&'a T> {
            #![allow(clippy::all)]
            list.first()
        }",
        0,
    );
}

#[test]
fn guarded_block() {
    recoverable(
        "guarded_block",
        "",
        "impl Document {
            #[recoverable(stack_guard, max_depth = 30)]
            pub fn depth(&self) -> u32 {
                self.inner()
            }
            #[recoverable(stack_guard)]
            fn inner(&self) -> u32 {
                0
            }
        }",
        0,
    );
}

#[test]
fn function_with_limit() {
    recoverable(
        "function_with_limit",
        "memory_limit = \"8MiB\"",
        "pub fn measure(text: String) -> u32 {
            0
        }",
        0,
    );
}

#[test]
fn structure() {
    recoverable(
        "structure",
        "on_panic = \"keep\"",
        "/// Holds pages.
        pub struct Document {
            pages: Vec<Page>,
        }",
        0,
    );
}

#[test]
fn structure_that_extends() {
    recoverable(
        "structure_that_extends",
        "extends = Animal, extends_js_class = \"Creature\", persist = \"journal\"",
        "pub struct Dog;",
        3,
    );
}

#[test]
fn structure_with_fields() {
    recoverable(
        "structure_with_fields",
        "",
        "pub struct Size {
            /// In pixels.
            pub width: u32,
            #[recoverable(readonly, getter_with_clone)]
            pub name: String,
        }",
        2,
    );
}

#[test]
fn block() {
    recoverable(
        "block",
        "js_class = \"Doc\"",
        "impl Document {
            #[recoverable(constructor)]
            pub fn new() -> Self {
                Document { pages: Vec::new() }
            }
            /// Adds a page.
            #[recoverable(on_panic = \"keep\")]
            pub fn add(&mut self, page: Page, after: &Page) -> u32 {
                0
            }
            #[recoverable(getter)]
            pub fn length(&self) -> Result<u32, JsValue> {
                Ok(0)
            }
            pub fn into_pages(self) -> Vec<Page> {
                self.pages
            }
            fn not_exported(&self) {}
        }",
        0,
    );
}

#[test]
fn imports() {
    recoverable(
        "imports",
        "module = \"./store.js\"",
        "unsafe extern \"C\" {
            /// A store.
            #[recoverable(js_name = \"Store\")]
            pub type JsStore;
            #[recoverable(constructor)]
            pub fn new(size: u32) -> JsStore;
            /// Reads a page.
            #[recoverable(method)]
            pub fn read(this: &JsStore, name: &str) -> Page;
            #[recoverable(method)]
            pub async fn flush(this: &JsStore) -> u32;
            #[recoverable(catch)]
            fn open(name: &str) -> Result<JsStore, JsValue>;
        }",
        1,
    );
}

/// In one test, because they are numbered.
#[test]
fn tests() {
    let tokens = |text: &str| text.parse().expect("tokens");
    use crate::test::Kind;
    for (name, kind, attr, item) in [
        (
            "test",
            Kind::Test,
            "host",
            "#[should_panic(expected = \"a\\tb\")] fn fills() { panic!() }",
        ),
        (
            "test_async",
            Kind::Test,
            "",
            "#[cfg(feature = \"net\")] #[ignore = \"slow\"] async fn loads() -> Result<(), Error> { Ok(()) }",
        ),
        (
            "torture",
            Kind::Torture,
            "",
            "#[ignore = \"slow\"] fn merges() { assert!(merged()) }",
        ),
    ] {
        let out = crate::test::expand(kind, tokens(attr), tokens(item)).to_string();
        compare(name, &out, item, 0);
    }
}

#[test]
fn derive() {
    let input = "
        #[js_error(extends = \"RangeError\")]
        enum StoreError {
            /// No such key.
            NoKey { key: String },
            #[js_error(transparent)]
            Io(IoError),
        }";
    let out = js_error::derive(input.parse().expect("an item"), For::JavaScript);
    compare("derive", &out.to_string(), "", 2);
}

/// The same with what a component has of it, which stands behind.
#[test]
fn derive_for_components() {
    let input = "
        enum StoreError {
            NoKey { key: String, #[error_class(skip)] at: u32, source: IndexError },
            #[error_class(transparent)]
            Io(IoError),
        }";
    let input: TokenStream = input.parse().expect("an item");
    let all = js_error::derive(input.clone(), For::Both).to_string();
    let javascript = js_error::derive(input, For::JavaScript).to_string();
    let component = all
        .strip_prefix(&javascript)
        .expect("what JavaScript has, first");
    compare("derive_for_components", component, "", 0);
}

#[test]
fn component() {
    recoverable(
        "component_structure",
        "component, persist = \"journal\", on_panic = \"rollback\"",
        "/// Amounts by their keys.
        pub struct Ledger {
            entries: Vec<Entry>,
        }",
        0,
    );
    recoverable(
        "component_block",
        "resource = exports::bank::ledgers::GuestLedger, persist, clear_poison",
        "impl Ledger {
            #[recoverable(constructor)]
            pub fn new(owner: String) -> Self {
                Ledger { entries: Vec::new() }
            }
            /// Puts an amount.
            #[recoverable(on_panic = \"keep\")]
            pub fn put(&mut self, key: &str, amount: Amount) -> Result<u32, LedgerError> {
                Ok(0)
            }
            #[cfg(feature = \"merge\")]
            pub fn merge(&self, other: &Ledger, spent: Ledger) {}
            fn not_exported(&self) {}
        }",
        0,
    );
    recoverable(
        "component_guest",
        "",
        "impl exports::bank::ledgers::Guest for Component {
            type Ledger = Resource<Ledger>;
            fn parse(text: String) -> Result<i64, ParseError> {
                text.parse()
            }
            #[recoverable(skip)]
            fn version() -> u32 {
                1
            }
        }",
        0,
    );
}

/// Each instantiation adds as many tokens as the one before: what is expanded grows with the exports.
#[test]
fn expansion_is_linear_in_the_instantiations() {
    const TYPES: [&str; 8] = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"];
    const ITEMS: [&str; 3] = [
        "pub struct Stack<T> { pub top: T, items: Vec<T> }",
        "impl<T: Copy> Stack<T> {
            #[recoverable(constructor)]
            pub fn new(top: T) -> Self { loop {} }
            pub fn push(&mut self, item: T, times: u32) -> Result<usize, Error> { loop {} }
            pub async fn all(&self) -> Vec<T> { loop {} }
        }",
        "pub fn largest<T: Ord>(items: Vec<T>, or: Option<T>) -> T { loop {} }",
    ];
    for item in ITEMS {
        let size = |many: usize| {
            let attr = format!("instantiate(T = {})", TYPES[..many].join(", "));
            let tokens = |text: &str| text.parse().expect("tokens");
            let out = expand_recoverable(tokens(&attr), tokens(item));
            assert!(!out.to_string().contains("compile_error"), "{out}");
            count(out)
        };
        let each = size(2) - size(1);
        assert!(each > 50, "an instantiation is an export: {each}");
        for many in [4, 8] {
            assert_eq!(size(many), size(1) + (many - 1) * each, "{many} of {item}");
        }
    }
}

/// How many tokens there are, in groups too.
fn count(tokens: TokenStream) -> usize {
    let trees = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    });
    trees.sum()
}

fn recoverable(name: &str, attr: &str, item: &str, members: usize) {
    let tokens = |text: &str| text.parse().expect("tokens");
    let out = expand_recoverable(tokens(attr), tokens(item)).to_string();
    compare(name, &out, item, members);
}

/// Compares `expansion` with the blessed file, and its length with the limit.
fn compare(name: &str, expansion: &str, item: &str, members: usize) {
    assert!(!expansion.contains("compile_error"), "{expansion}");
    let formatted = formatted(expansion);
    let added = formatted.lines().count() - self::formatted(item).lines().count();
    let limit = LINES + LINES_PER_MEMBER * members;
    assert!(
        added <= limit,
        "{name} adds {added} lines of at most {limit}:\n{formatted}"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/{name}.rs"));
    if env::var_os("RECOVER_BLESS").is_some() {
        fs::write(&path, &formatted).expect("the snapshot is written");
    }
    let blessed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        formatted == blessed,
        "{} differs from what is generated; see it with RECOVER_BLESS=1 and git diff:\n{formatted}",
        path.display()
    );
}

fn formatted(tokens: &str) -> String {
    let file = syn::parse_file(tokens).unwrap_or_else(|error| panic!("{error}: {tokens}"));
    prettyplease::unparse(&file)
}
