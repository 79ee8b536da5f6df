//! What the schema file has of a crate, and what is said when the crate is another.

use std::str::FromStr;

use cargo_platform::Cfg;

use super::*;
use crate::check::{Read, in_order, states_of};

const PAGE: &str = "use recover_runtime::recoverable;
#[recoverable(persist = \"journal\", version = 2)]
#[derive(Serialize, Deserialize)]
pub struct Page {
    title: String,
    lines: Vec<Line>,
    #[serde(skip)]
    cache: Option<Cache>,
}
#[derive(Serialize, Deserialize)]
pub struct Line { number: u32, kind: Kind }
#[derive(Serialize, Deserialize)]
enum Kind { Text(String), Rule, Image { width: u32, height: u32 } }
struct Cache { size: u32 }
#[recoverable]
impl Page {
    pub fn write(&mut self, line: Line, after: &str) {}
    pub fn shown(&self) -> String { String::new() }
    #[recoverable(no_journal)]
    pub fn load(&mut self, bytes: Vec<u8>) {}
    pub async fn fetch(&mut self, url: String) {}
    fn inner(&mut self, n: u8) {}
}
";

pub(super) fn now(text: &str) -> Now {
    let files = |path: &str| (path == "src/lib.rs").then(|| text.to_owned());
    let cfgs = [Cfg::from_str("feature=\"on\"").unwrap()];
    let read = Read {
        text: &files,
        cfgs: &cfgs,
    };
    states_of("src/lib.rs", &read).unwrap()
}

/// The findings in `text` after `accepted` was accepted, without their fixes.
pub(super) fn since(accepted: &str, text: &str) -> Vec<String> {
    let schema = now(accepted).accept(None);
    // As it comes from the file.
    let schema = Schema::parse(&schema.text()).unwrap();
    let found = in_order(now(text).compare(&schema, FILE));
    let found = found.iter();
    found
        .map(|it| {
            format!(
                "{}:{}:{} {}: {}",
                it.file, it.line, it.column, it.rule, it.message
            )
        })
        .collect()
}

/// Those of `PAGE` where `from` became `to`.
fn after(from: &str, to: &str) -> Vec<String> {
    assert!(PAGE.contains(from), "{from}");
    since(PAGE, &PAGE.replace(from, to))
}

pub(super) const SAME: [&str; 0] = [];

#[test]
fn the_file_has_the_state_what_it_holds_and_the_journaled_calls() {
    let text = now(PAGE).accept(None).text();
    let expected = r#"{
      "version": 2,
      "state": {
        "Kind": [
          "Text { 0: String }",
          "Rule",
          "Image { width: u32, height: u32 }"
        ],
        "Line": [
          "number: u32",
          "kind: Kind"
        ],
        "Page": [
          "title: String",
          "lines: Vec<Line>"
        ]
      },
      "calls": {
        "Page::write": [
          "Line",
          "&str"
        ]
      },
      "written": {
        "Page::write": [
          "line: Line",
          "after: &str"
        ]
      },
      "arguments": {
        "Kind": [
          "Text { 0: String }",
          "Rule",
          "Image { width: u32, height: u32 }"
        ],
        "Line": [
          "number: u32",
          "kind: Kind"
        ]
      }
    }
"#;
    assert!(text.contains(expected), "{text}");
    assert!(text.starts_with("{\n  \"about\": "), "{text}");
}

#[test]
fn how_the_source_is_written_makes_no_difference() {
    assert_eq!(since(PAGE, PAGE), SAME);
    assert_eq!(
        after(
            "title: String,",
            "pub(crate)\n  title: std::string::String,"
        ),
        SAME
    );
    assert_eq!(after("Vec<Line>", "std::vec::Vec< crate::Line, >"), SAME);
    assert_eq!(after("cache: Option<Cache>", "other: Vec<Cache>"), SAME);
    assert_eq!(after("size: u32", "size: u64"), SAME);
    assert_eq!(
        after(
            "title: String,",
            "#[serde(default, rename = \"t\")] title: String,"
        ),
        SAME
    );
    assert_eq!(
        after(
            "lines: Vec<Line>,",
            "lines: Vec<Line>, #[cfg(feature = \"off\")] more: u8,"
        ),
        SAME
    );
    assert_eq!(after("persist = \"journal\"", "persist = journal"), SAME);
}

#[test]
fn a_state_that_changed_with_the_same_version_is_named_at_the_field() {
    let changed = |what: &str| {
        format!(
            "schema-changed: {what} in the state of `Page`, which still has version 2: stored bytes are misread"
        )
    };
    let rows = [
        (
            "lines: Vec<Line>,",
            "lines: Vec<Line>,\n    words: u32,",
            "7:5",
            "`words: u32` of `Page` is new",
        ),
        (
            "title: String,",
            "",
            "6:5",
            "`title: String` of `Page` is gone",
        ),
        (
            "title: String",
            "title: Option<String>",
            "5:5",
            "`title: Option<String>` of `Page` was `title: String`",
        ),
        (
            "title: String",
            "name: String",
            "5:5",
            "`name: String` of `Page` was `title: String`",
        ),
        (
            "#[serde(skip)]\n    cache: Option<Cache>,",
            "cache: Option<Cache>,",
            "7:5",
            "`cache: Option<Cache>` of `Page` is new",
        ),
        (
            "title: String,\n    lines: Vec<Line>,",
            "lines: Vec<Line>,\n    title: String,",
            "5:5",
            "`lines: Vec<Line>` of `Page` stands where `title: String` stood",
        ),
        (
            "title: String",
            "#[serde(with = \"mine\")] title: String",
            "5:29",
            "`#[serde(with = \"mine\")] title: String` of `Page` was `title: String`",
        ),
        (
            "title: String",
            "title: other::String",
            "5:5",
            "`title: other::String` of `Page` was `title: String`",
        ),
    ];
    for (from, to, place, what) in rows {
        assert_eq!(
            after(from, to),
            [format!("src/lib.rs:{place} {}", changed(what))]
        );
    }
}

#[test]
fn a_type_that_the_state_holds_is_part_of_it() {
    let text = "use recover_runtime::recoverable as r;
#[r(persist = \"snapshot\")]
pub struct Store { all: std::collections::HashMap<u32, Box<[Entry; 2]>>, id: Id, of: (Wrapped, u8) }
struct Entry { at: u32 }
type Id = u32;
#[serde(from = \"Raw\")]
struct Wrapped { never: u8 }
struct Raw(u8);
";
    let rows = [
        (
            "at: u32",
            "at: u64",
            "4:16 schema-changed: `at: u64` of `Entry` was `at: u32`",
        ),
        (
            "type Id = u32",
            "type Id = u16",
            "5:11 schema-changed: `= u16` of `Id` was `= u32`",
        ),
        (
            "Raw(u8)",
            "Raw(i8)",
            "8:12 schema-changed: `0: i8` of `Raw` was `0: u8`",
        ),
        (
            "[Entry; 2]",
            "[Entry; 3]",
            "3:20 schema-changed: `all: HashMap<u32, Box<[Entry; 3]>>` of `Store` was",
        ),
    ];
    for (from, to, expected) in rows {
        let found = since(text, &text.replace(from, to));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("src/lib.rs:{expected}")),
            "{found:?}"
        );
    }
    assert_eq!(since(text, &text.replace("never: u8", "never: u16")), SAME);
}

#[test]
fn an_enum_is_known_by_the_order_of_its_variants() {
    let text = "#[recoverable(persist = \"snapshot\")]
pub struct Store { kind: Kind }
enum Kind { A, B(u8), C }
";
    for changed in [
        "A, C, B(u8)",
        "B(u8), A, C",
        "A, B(u16), C",
        "A, B(u8), X, C",
        "A, B(u8)",
    ] {
        let found = since(text, &text.replace("A, B(u8), C", changed));
        assert!(
            found.len() == 1 && found[0].contains(" of `Kind` "),
            "{changed}: {found:?}"
        );
    }
    // One more at the end is a change, too: an older build can't read it, and nobody says that it need not.
    assert_eq!(since(text, &text.replace("C }", "C, D }")).len(), 1);
}

#[test]
fn a_raised_version_is_accepted_by_the_option_alone() {
    let raised = PAGE
        .replace("version = 2", "version = 3")
        .replace("title: String", "title: u8");
    assert_eq!(
        since(PAGE, &raised),
        ["src/lib.rs:4:12 schema-behind: `Page` has version 3, and 2 in recover.schema.json"]
    );
    assert!(!BREAKING.contains(&"schema-behind"));
    let first = now(PAGE).accept(None);
    let second = now(&raised).accept(Some(&first));
    assert_eq!(now(&raised).compare(&second, FILE), []);
    let class = &second.classes["Page"];
    assert_eq!(
        (class.version, class.before.keys().collect::<Vec<_>>()),
        (3, vec![&2])
    );
    assert_eq!(
        class.before[&2]["Page"],
        first.classes["Page"].state["Page"]
    );
    // Accepted again, it is the same.
    assert_eq!(now(&raised).accept(Some(&second)), second);
    assert_eq!(
        since(PAGE, &PAGE.replace("version = 2", "version = 1")),
        ["src/lib.rs:4:12 schema-version: `Page` has version 1, and had 2: bytes of 2 are refused"]
    );
}

#[test]
fn a_class_that_the_file_does_not_have_or_has_alone_is_named() {
    let more = format!(
        "{PAGE}#[recoverable(persist = \"snapshot\", js_name = \"Book\")] pub struct B {{ n: u8 }}\n"
    );
    let found = since(PAGE, &more);
    assert_eq!(
        found,
        [
            "src/lib.rs:24:67 schema-behind: `Book` persists, and recover.schema.json does not have it"
        ]
    );
    assert_eq!(
        since(&more, PAGE),
        [
            "recover.schema.json:1:1 schema-behind: `Book` is here, and no class of that name persists"
        ]
    );
}

#[test]
fn journaled_calls_that_can_not_be_made_again_are_named_whatever_the_version() {
    let refused = "a stored journal of `Page` with such a call is refused";
    let took = format!(
        "src/lib.rs:17:12 schema-call: the journaled `Page::write` took (Line, &str): {refused}"
    );
    assert_eq!(after("after: &str", "after: String"), [&*took]);
    assert_eq!(after(", after: &str", ""), [&*took]);
    let gone =
        format!("src/lib.rs:4:12 schema-call: the journaled `Page::write` is gone: {refused}");
    assert_eq!(after("fn write", "fn add"), [&*gone]);
    assert_eq!(after("pub fn write(&mut", "pub fn write(&"), [&*gone]);
    let raised = PAGE.replace("version = 2", "version = 3");
    assert_eq!(since(PAGE, &raised.replace("fn write", "fn add")), [&*gone]);
    // Entries of older journals have such a `Line`, and its name is the same.
    assert_eq!(
        since(PAGE, &raised.replace("number: u32", "number: u64")),
        [
            "src/lib.rs:11:19 schema-call: `number: u64` of `Line` was `number: u32` in what journaled calls of `Page` take: stored journals are misread"
        ]
    );
    // More of them only have to be in the file.
    assert_eq!(
        after("async fn fetch", "fn fetch"),
        [
            "src/lib.rs:4:12 schema-behind: `Page` has journaled methods that recover.schema.json does not have"
        ]
    );
}

#[test]
fn a_class_may_move_to_another_module_with_the_calls_of_its_journal() {
    let within = |module: &str| {
        format!(
            "mod {module} {{ {} }}",
            PAGE.replace("use recover_runtime::recoverable;", "")
        )
    };
    assert_eq!(since(&within("a"), &within("a")), SAME);
    assert_eq!(since(&within("a"), &within("b")), SAME);
    assert_eq!(since(PAGE, &within("b")), SAME);
}

#[test]
fn a_class_holds_the_state_of_the_one_that_it_extends() {
    let text = "#[recoverable(persist = \"journal\")]
pub struct Animal { name: String }
#[recoverable(persist = \"journal\", extends = Animal)]
pub struct Dog { tricks: u32 }
";
    let found = since(text, &text.replace("name: String", "name: u8"));
    let of = ["Animal", "Dog"].map(|class| format!("in the state of `{class}`"));
    assert!(
        found.len() == 2 && of.iter().zip(&found).all(|(of, it)| it.contains(of)),
        "{found:?}"
    );
    let gone = since(text, &text.replace(", extends = Animal", ""));
    assert!(
        gone.len() == 1 && gone[0].contains("`extends Animal` of `Dog` is gone"),
        "{gone:?}"
    );
}

/// A crate whose `Page` had `was` in version 1, and whose migration takes `takes`.
pub(super) fn migrated(was: &str, takes: &str) -> Vec<String> {
    let first = format!(
        "#[recoverable(persist = \"snapshot\", version = 1)]\npub struct Page {was}\nstruct Id(u32); enum Kind {{ A, B(u8) }}\n"
    );
    let next = format!(
        "#[recoverable(persist = \"snapshot\", version = 2, migrate = from_v1)]
pub struct Page {{ new: u64 }}
struct PageV1 {takes}
struct Id(u32); enum Kind {{ A, B(u8) }} enum KindV1 {{ First, Second {{ n: u8 }} }}
fn from_v1(before: PageV1) -> Page {{ todo!() }}
"
    );
    let raised = since(&first, &next);
    // Before and after it was accepted.
    let first = now(&first).accept(None);
    let second = now(&next).accept(Some(&first));
    let accepted = now(&next).compare(&second, FILE);
    assert_eq!(
        raised.len(),
        accepted.len().max(1),
        "{raised:?} {accepted:?}"
    );
    accepted
        .iter()
        .map(|it| format!("{}:{} {}: {}", it.line, it.column, it.rule, it.message))
        .collect()
}

#[test]
fn a_migration_takes_what_its_version_was_under_whatever_names() {
    for (was, takes) in [
        (
            "{ id: Id, all: Vec<String> }",
            "{ number: u32, all: VecDeque<Box<str>> }",
        ),
        ("{ id: Id, kind: Kind }", "(u32, KindV1);"),
        (
            "{ id: (u8, u16), map: std::collections::HashMap<u8, Option<Id>> }",
            "{ a: u8, b: u16, map: BTreeMap<u8, Option<u32>> }",
        ),
        (
            "{ name: Box<String>, #[serde(skip)] other: u8 }",
            "{ name: String }",
        ),
    ] {
        assert_eq!(migrated(was, takes), SAME, "{was} and {takes}");
    }
    for (was, takes, part) in [
        ("{ id: Id }", "{ id: u16 }", "`u16` where that had `u32`"),
        (
            "{ id: Id }",
            "{ id: u32, more: bool }",
            "`bool` where that had nothing",
        ),
        (
            "{ id: Id, last: bool }",
            "{ id: u32 }",
            "nothing where that had `bool`",
        ),
        (
            "{ kind: Kind }",
            "{ kind: u8 }",
            "`u8` where that had `one of ( | u8)`",
        ),
        (
            "{ kind: Vec<Kind> }",
            "{ kind: Vec<Id> }",
            "`[u32]` where that had `[one of ( | u8)]`",
        ),
    ] {
        let expected = format!(
            "1:60 schema-migration: `from_v1` takes `PageV1`, which is not what version 1 of `Page` was: it has {part}"
        );
        assert_eq!(migrated(was, takes), [expected]);
    }
}

#[test]
fn a_finding_names_both_ways_out() {
    let schema = now(PAGE).accept(None);
    let text = PAGE.replace("title: String", "title: u8");
    let found = now(&text).compare(&schema, FILE);
    assert!(
        found[0].line().ends_with("; write `version = 3` and `migrate` with a function from version 2, or, where no stored bytes matter, run `cargo recover check --accept-schema`"),
        "{}",
        found[0].line()
    );
}

#[test]
fn a_file_that_is_no_schema_is_refused_by_its_reason() {
    let good = now(PAGE).accept(None).text();
    for (text, reason) in [
        ("", "EOF"),
        ("{}", "missing field"),
        (&*good.replace("\"format\": 1", "\"format\": 2"), "format 2"),
        (&*good.replace("\"calls\"", "\"cals\""), "unknown field"),
    ] {
        let error = Schema::parse(text).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(reason), "{error}");
    }
}
