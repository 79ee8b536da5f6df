//! What a name of the source means in the schema: what stands for a parameter, which of several types it
//! is, the value of a constant, and how a stored journal knows a method.

use super::tests::{SAME, migrated, now, since};
use super::*;

/// What is said of `text` where `from` became `to`.
fn after(text: &str, from: &str, to: &str) -> Vec<String> {
    assert!(text.contains(from), "{from}");
    since(text, &text.replace(from, to))
}

/// The one finding has the words.
fn says(found: &[String], words: &str) {
    assert!(found.len() == 1 && found[0].contains(words), "{found:#?}");
}

const LEDGER: &str = "use recover_runtime::recoverable;
#[recoverable(persist = \"journal\", instantiate(T = Line, f64 as Number))]
pub struct Ledger<T> { entries: Vec<T>, next: Option<Box<Ledger<T>>> }
pub struct Line { number: u32 }
#[recoverable(instantiate(U = Line, f64 as Number))]
impl<U: Clone> Ledger<U> {
    pub fn add(&mut self, entry: U, more: &[U]) {}
}
#[recoverable]
impl Ledger<f64> {
    pub fn scale(&mut self, by: f64) {}
    #[recoverable(instantiate(V = u8, Line))]
    pub fn note<V>(&mut self, of: V) {}
}
pub struct Cell<T>(T);
#[recoverable(instantiate(T = Line, f64 as Number))]
impl<T> Cell<T> {
    pub fn tear(&mut self, of: T) {}
}
";

#[test]
fn a_generic_class_is_one_for_each_instantiation() {
    let schema = now(LEDGER).accept(None);
    assert_eq!(
        schema.classes.keys().collect::<Vec<_>>(),
        ["LedgerLine", "LedgerNumber"]
    );
    let [lines, numbers] = ["LedgerLine", "LedgerNumber"].map(|name| &schema.classes[name]);
    assert_eq!(
        lines.state["Ledger"],
        ["entries: Vec<Line>", "next: Option<Box<Ledger<Line>>>"]
    );
    assert_eq!(lines.state["Line"], ["number: u32"]);
    assert_eq!(lines.calls["LedgerLine::add"], ["Line", "&[Line]"]);
    assert_eq!(lines.calls.len(), 1);
    assert_eq!(
        numbers.calls.keys().collect::<Vec<_>>(),
        [
            "LedgerNumber::add",
            "LedgerNumber::note_line",
            "LedgerNumber::note_u8",
            "LedgerNumber::scale"
        ]
    );
    assert_eq!(numbers.calls["LedgerNumber::note_u8"], ["u8"]);
    assert!(!numbers.state.contains_key("Line"));

    assert_eq!(since(LEDGER, LEDGER), SAME);
    // In the state of one, and in what both take.
    let found = after(LEDGER, "number: u32", "number: u64");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found.iter().any(|it| it.contains(
        "schema-changed: `number: u64` of `Line` was `number: u32` in the state of `LedgerLine`"
    )));
    // The label is the same, and so is the name of the class.
    let found = after(LEDGER, "f64 as Number", "u64 as Number");
    assert!(
        found.iter().any(|it| it.contains(
            "schema-changed: `entries: Vec<u64>` of `Ledger` was `entries: Vec<f64>` in the state of `LedgerNumber`"
        )),
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .any(|it| it.contains("`LedgerNumber::add` took (f64, &[f64])")),
        "{found:#?}"
    );
}

#[test]
fn an_instantiation_has_the_name_that_it_has_in_javascript() {
    let names = |option: &str, generics: &str| {
        let text = format!(
            "#[recoverable(persist = \"snapshot\", {option})] pub struct Ring{generics} {{ n: u8 }}"
        );
        let schema = now(&text).accept(None);
        schema.classes.keys().cloned().collect::<Vec<_>>()
    };
    for (option, generics, expected) in [
        (
            "instantiate((T, N) = (u32, 4), (String, 2))",
            "<T, const N: usize>",
            "RingString2 RingU32_4",
        ),
        (
            "js_name = \"{T}Ring\", instantiate(T = Vec<u8>)",
            "<T>",
            "VecU8Ring",
        ),
        (
            "instantiate(T = model::Op, u8 as \"Byte\")",
            "<'a, T>",
            "RingByte RingOp",
        ),
        ("js_name = Other, instantiate(T = u8)", "<T>", "OtherU8"),
        ("version = 1", "", "Ring"),
    ] {
        assert_eq!(names(option, generics).join(" "), expected);
    }
    let text = "const FEW: usize = 2;
#[recoverable(persist = \"snapshot\", instantiate((N, T) = (FEW as Few, u8)))]
pub struct Ring<T, const N: usize> { all: [T; N], of: Other<N> }
struct Other<const N: usize> { all: [u8; N] }
";
    let schema = now(text).accept(None);
    assert_eq!(
        schema.classes["RingU8Few"].state["Ring"],
        ["all: [u8; 2]", "of: Other<2>"]
    );
}

#[test]
fn a_type_that_takes_the_name_of_another_is_a_difference() {
    let std = "use std::ops::Range;
#[recoverable(persist = \"journal\")]
pub struct Room { span: Range<u32> }
#[recoverable]
impl Room { pub fn go(&mut self, over: Range<u32>) {} }
";
    let own = std.replace(
        "use std::ops::Range;",
        "pub struct Range<T> { from: T, to: T, step: T }",
    );
    for found in [since(std, &own), since(&own, std)] {
        let rules: Vec<_> = found
            .iter()
            .filter(|it| it.contains("`Range` is "))
            .collect();
        assert_eq!(rules.len(), 2, "{found:#?}");
    }
    // What a new method alone takes is in no stored journal.
    let more = std.replace(
        "impl Room {",
        "impl Room { pub fn at(&mut self, of: Place) {}",
    ) + "struct Place(u8);";
    says(&since(std, &more), "schema-behind");
}

/// Two types of one name, of which the room holds both.
const POINTS: &str = "mod v1 { pub struct Point { x: u32 } }
mod v2 { pub struct Point { x: u64 } }
mod again { pub use crate::v2::*; }
use v1::Point;
#[recoverable(persist = \"snapshot\")]
pub struct Room { at: Point, old: v1::Point, new: self::v2::Point }
";

#[test]
fn of_several_types_of_one_name_the_one_that_is_meant_counts() {
    let schema = now(POINTS).accept(None);
    assert_eq!(
        schema.classes["Room"].state["Room"],
        ["at: v1::Point", "old: v1::Point", "new: v2::Point"]
    );
    for to in [
        "use v2::Point;",
        "use v2::*;",
        "use crate::again::Point;",
        "use again::*;",
    ] {
        says(
            &after(POINTS, "use v1::Point;", to),
            "`at: v2::Point` of `Room` was `at: v1::Point`",
        );
    }
    assert_eq!(after(POINTS, "use v1::Point;", "use v1::*;"), SAME);
    // The name alone says which it is, where only one of them is held: the types are compared.
    let one = POINTS.replace(", old: v1::Point, new: self::v2::Point", "");
    let schema = now(&one).accept(None);
    assert_eq!(schema.classes["Room"].state["Room"], ["at: Point"]);
    says(
        &after(&one, "use v1::Point;", "use v2::Point;"),
        "`x: u64` of `Point` was `x: u32`",
    );
    assert_eq!(since(&one, &one.replace("v1", "first")), SAME);
    let same = one.replace("x: u64", "x: u32");
    assert_eq!(after(&same, "use v1::Point;", "use v2::Point;"), SAME);
}

#[test]
fn the_value_of_a_constant_is_part_of_a_type() {
    let text = "const KEY: usize = sizes::HALF * 2;
mod sizes { pub const HALF: usize = 2usize; }
struct Sum<const N: usize> { all: [u8; N] }
#[recoverable(persist = \"snapshot\")]
pub struct Room { key: [u8; KEY], sum: Sum<KEY>, own: [u8; Room::OWN] }
impl Room { const OWN: usize = 0x10; }
";
    let schema = now(text).accept(None);
    assert_eq!(
        schema.classes["Room"].state["Room"],
        ["key: [u8; 2 * 2]", "sum: Sum<2 * 2>", "own: [u8; 16]"]
    );
    assert_eq!(after(text, "2usize", "2"), SAME);
    let two = "mod a { pub const KEY: usize = 4; } mod b { pub const KEY: usize = 8; } use a::KEY;
#[recoverable(persist = \"snapshot\")]
pub struct Room { key: [u8; KEY] }
";
    says(
        &after(two, "use a::KEY", "use b::KEY"),
        "`key: [u8; 8]` of `Room` was `key: [u8; 4]`",
    );
    says(
        &after(text, "2usize", "4"),
        "`key: [u8; 4 * 2]` of `Room` was `key: [u8; 2 * 2]`",
    );
    says(
        &after(text, "0x10", "32"),
        "`own: [u8; 32]` of `Room` was `own: [u8; 16]`",
    );
}

#[test]
fn a_migration_is_not_refused_for_what_is_not_known_or_does_not_count() {
    for (was, takes) in [
        (
            "{ #[serde(with = \"secs\")] when: u64 }",
            "{ #[serde(with = \"secs\")] at: u64 }",
        ),
        ("{ key: [u8; size()] }", "{ key: [u8; 4] }"),
        ("{ key: [u8; 4] }", "{ key: [u8; other::SIZE] }"),
    ] {
        assert_eq!(migrated(was, takes), SAME, "{was} and {takes}");
    }
    for (was, takes, part) in [
        (
            "{ #[serde(with = \"secs\")] when: u64 }",
            "{ #[serde(with = \"millis\")] when: u64 }",
            "millis",
        ),
        (
            "{ #[serde(with = \"secs\")] when: u64 }",
            "{ #[serde(with = \"secs\")] when: u32 }",
            "u32",
        ),
        ("{ key: [u8; 4] }", "{ key: [u8; 8] }", "`[u8; 8]`"),
        (
            "{ key: [u8; size()], n: u8 }",
            "{ key: [u8; 4], n: u16 }",
            "`u16` where that had `u8`",
        ),
    ] {
        says(&migrated(was, takes), part);
    }
}

#[test]
fn a_migration_of_a_generic_class_takes_what_each_instantiation_was() {
    let first = "#[recoverable(persist = \"snapshot\", version = 1, instantiate(T = u32, u8))]
pub struct Ledger<T> { entries: Vec<T> }
";
    let next = |takes: &str, before: &str| {
        let next = format!(
            "#[recoverable(persist = \"snapshot\", version = 2, instantiate(T = u32, u8), migrate = from_v1)]
pub struct Ledger<T> {{ entries: Vec<T>, more: u8 }}
pub struct LedgerV1<U> {before}
fn from_v1<V>(before: {takes}) -> Ledger<V> {{ todo!() }}
"
        );
        let found = since(first, &next);
        found
            .into_iter()
            .filter(|it| it.contains("schema-migration"))
            .collect::<Vec<_>>()
    };
    assert_eq!(next("LedgerV1<V>", "{ all: Vec<U> }"), SAME);
    // One function for all is that of one of them alone.
    says(
        &next("LedgerV1<u8>", "{ all: Vec<U> }"),
        "version 1 of `LedgerU32` was: it has `[u8]` where that had `[u32]`",
    );
    let found = next("LedgerV1<V>", "{ all: U }");
    assert_eq!(found.len(), 2, "{found:#?}");
    // Nothing is known of those.
    assert_eq!(next("LedgerV1<Vec<V>>", "{ all: U }"), SAME);
}

const ROOM: &str = "pub mod model { pub struct Op { n: u8 } }
use model::Op;
#[recoverable(persist = \"journal\", js_name = \"Hall\")]
pub struct Room { n: u8 }
#[recoverable]
impl Room {
    pub fn all(&mut self, ops: Vec<model::Op>) {}
    pub fn go(&mut self, from: u32, to: u32, by: &str) {}
}
";

#[test]
fn how_a_journaled_argument_is_written_counts() {
    says(
        &after(ROOM, "Vec<model::Op>", "Vec<Op>"),
        "schema-call: the journaled `Hall::all` takes `Vec<Op>`, which was written `Vec<model::Op>`, and how it is written is part of what stored journals know the method by: a stored journal of `Hall` with such a call is refused",
    );
    // Spaces are nothing that the macro sees.
    assert_eq!(after(ROOM, "Vec<model::Op>", "Vec< model :: Op >"), SAME);
    says(
        &after(ROOM, "Vec<model::Op>", "Vec<model::Op,>"),
        "takes `Vec<model::Op,>`, which was written `Vec<model::Op>`",
    );
    let schema = now(ROOM).accept(None);
    let found = now(&ROOM.replace("Vec<model::Op>", "Vec<Op>")).compare(&schema, FILE);
    assert!(
        found[0].fix.starts_with("write it as it was, or, "),
        "{}",
        found[0].fix
    );
}

#[test]
fn arguments_of_one_type_that_change_places_are_named() {
    says(
        &after(ROOM, "from: u32, to: u32", "to: u32, from: u32"),
        "schema-call: `to` of the journaled `Hall::go` stands where `from` stood: a stored journal of `Hall` gives one for the other",
    );
    assert_eq!(after(ROOM, "from: u32, to", "begin: u32, to"), SAME);
    // That they take something else is said once.
    says(
        &after(ROOM, "to: u32, by: &str", "by: &str, to: u32"),
        "`Hall::go` took (u32, u32, &str)",
    );
}

#[test]
fn a_file_without_what_was_written_is_read_and_its_calls_have_no_modules() {
    let mut schema = now(ROOM).accept(None);
    let class = schema.classes.get_mut("Hall").unwrap();
    class.written.clear();
    let calls = std::mem::take(&mut class.calls).into_iter();
    class.calls = calls
        .map(|(call, lines)| (call.replace("Hall", "rooms::Room"), lines))
        .collect();
    let old = Schema::parse(&schema.text()).unwrap();
    for text in [
        ROOM.to_owned(),
        ROOM.replace("Vec<model::Op>", "Vec<Op>"),
        ROOM.replace("from: u32, to: u32", "to: u32, from: u32"),
    ] {
        assert_eq!(now(&text).compare(&old, FILE), []);
    }
    // What it has is compared.
    let found = now(&ROOM.replace("by: &str", "by: u8")).compare(&old, FILE);
    assert_eq!(found.len(), 1, "{found:#?}");
}
