//! Proves the gauntlet's inputs on the host, before any wasm is built: every
//! hostile one panics, at the site in the guilty crate that it names, and every
//! valid one gives the answer its file states. Where a repaired version of the
//! crate can be had, it must agree.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Mutex;

use gauntlet_core::{
    DecodeError, HpackDecoder, bcder_integers, bcder_is_rsa, bcder_octets, bcder_oid, bcder_skip,
    blurhash_decode, hpack_decode,
};
use serde::Deserialize;

/// The faulty blurhash rounds up to one step higher than the format says.
const TOLERANCE: u8 = 1;

#[derive(Deserialize)]
struct File {
    target: String,
    version: String,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    kind: Kind,
    call: String,
    #[serde(default)]
    args: Option<(String, u32, u32)>,
    #[serde(default)]
    on: String,
    #[serde(default)]
    table: usize,
    #[serde(default)]
    hex: String,
    #[serde(default)]
    site: Option<Sites>,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    refused: Option<String>,
    #[serde(default)]
    pixels: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Hostile,
    Valid,
    Later,
}

/// Where a hostile input panics: the line differs only where checked arithmetic
/// gets there first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sites {
    One(String),
    Any(Vec<String>),
}

impl Sites {
    fn allow(&self, site: &str) -> bool {
        match self {
            Self::One(one) => one == site,
            Self::Any(any) => any.iter().any(|one| one == site),
        }
    }
}

fn load(target: &str) -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../inputs/{target}.json"));
    let text = fs::read_to_string(path).expect("the inputs are checked in");
    serde_json::from_str(&text).expect("the inputs are well-formed")
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).expect("a hex digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

type Sessions = BTreeMap<String, HpackDecoder>;

/// Makes the call an input stands for; octets come back as they are.
fn call(input: &Input, sessions: &mut Sessions) -> Result<Vec<u8>, DecodeError> {
    let octets = unhex(&input.hex);
    let text = match input.call.as_str() {
        "blurhash_decode" => {
            let (hash, width, height) = input.args.as_ref().expect("a hash and dimensions");
            return blurhash_decode(hash, *width, *height);
        }
        "hpack_decode" => hpack_decode(&octets),
        "session" => sessions
            .entry(input.on.clone())
            .or_insert_with(|| HpackDecoder::new(input.table))
            .decode(&octets),
        "bcder_oid" => bcder_oid(&octets),
        "bcder_integers" => bcder_integers(&octets),
        "bcder_octets" => bcder_octets(&octets),
        "bcder_skip" => bcder_skip(&octets).map(|taken| taken.to_string()),
        "bcder_is_rsa" => bcder_is_rsa(&octets).map(|yes| yes.to_string()),
        other => panic!("no call named {other}"),
    };
    text.map(String::into_bytes)
}

static LAST_SITE: Mutex<String> = Mutex::new(String::new());
static ONE_HOOK_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `f`; says where it panicked, as `crate-version/path:line`.
fn site_of<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    let outcome: Result<T, Box<dyn Any + Send>> = panic::catch_unwind(AssertUnwindSafe(f));
    outcome.map_err(|_| LAST_SITE.lock().unwrap().clone())
}

fn is_near(got: &[u8], want: &[u8]) -> bool {
    let near = |(got, want): (&u8, &u8)| got.abs_diff(*want) <= TOLERANCE;
    got.len() == want.len() && got.iter().zip(want).all(near)
}

/// Runs a whole file in order, sessions included; returns the distinct sites.
fn run(target: &str) -> BTreeSet<String> {
    let _alone = ONE_HOOK_AT_A_TIME
        .lock()
        .unwrap_or_else(|torn| torn.into_inner());
    panic::set_hook(Box::new(|info| {
        let place = info.location().expect("std always knows the place");
        *LAST_SITE.lock().unwrap() = format!("{}:{}", place.file(), place.line());
    }));
    let file = load(target);
    let root = format!("/{}-{}/", file.target, file.version);
    let mut sessions = Sessions::new();
    let mut sites = BTreeSet::new();
    let mut failures = Vec::new();
    for input in &file.inputs {
        let what = format!("{target}: {}", input.name);
        if input.kind == Kind::Later {
            continue;
        }
        let outcome = site_of(|| call(input, &mut sessions));
        match (input.kind, outcome) {
            (Kind::Hostile, Err(place)) => {
                let place = place.replace('\\', "/");
                let site = place.rsplit(root.as_str()).next().unwrap_or_default();
                let named = input.site.as_ref().is_some_and(|sites| sites.allow(site));
                if !named || !place.contains(&root) {
                    failures.push(format!("{what}: panicked at {place}"));
                }
                sites.insert(site.to_owned());
            }
            (Kind::Hostile, Ok(answer)) => {
                failures.push(format!("{what}: answered {answer:?} instead of panicking"));
            }
            (_, Err(place)) => failures.push(format!("{what}: panicked at {place}")),
            (_, Ok(answer)) => {
                if !is_right(input, &answer) {
                    failures.push(format!("{what}: {answer:?} is wrong"));
                }
            }
        }
    }
    drop(panic::take_hook());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let count = |kind| file.inputs.iter().filter(|one| one.kind == kind).count();
    assert!(
        count(Kind::Hostile) >= 6,
        "{target}: too few hostile inputs"
    );
    assert!(count(Kind::Valid) >= 20, "{target}: too few valid inputs");
    sites
}

/// Whether the answer, or the refusal, is the one the input's file states.
fn is_right(input: &Input, got: &Result<Vec<u8>, DecodeError>) -> bool {
    match (got, &input.refused, &input.pixels, &input.answer) {
        (Err(error), Some(refused), ..) => error.to_string() == *refused,
        (Ok(octets), None, Some(pixels), _) => is_near(octets, &unhex(pixels)),
        (Ok(octets), None, None, Some(answer)) => octets == answer.as_bytes(),
        _ => false,
    }
}

#[test]
fn blurhash_inputs_are_what_they_claim() {
    assert!(run("blurhash").len() >= 6);
}

/// The fault of this advisory has one site, reached in many states.
#[test]
fn hpack_inputs_are_what_they_claim() {
    assert_eq!(run("hpack").len(), 1);
}

#[test]
fn bcder_inputs_are_what_they_claim() {
    assert_eq!(run("bcder").len(), 9);
}

#[test]
fn repaired_blurhash_agrees() {
    for input in &load("blurhash").inputs {
        let (hash, width, height) = input.args.as_ref().expect("a hash and dimensions");
        let Some(pixels) = &input.pixels else {
            continue;
        };
        let drawn = blurhash_fixed::decode(hash, *width, *height, 1.0).expect("a valid hash");
        assert!(is_near(&drawn, &unhex(pixels)), "{}", input.name);
    }
}

#[test]
fn repaired_hpack_agrees() {
    let mut sessions = BTreeMap::new();
    for input in &load("hpack").inputs {
        let mut alone = hpack_fixed::Decoder::new();
        let decoder = if input.on.is_empty() {
            &mut alone
        } else {
            sessions.entry(input.on.clone()).or_insert_with(|| {
                let mut decoder = hpack_fixed::Decoder::new();
                decoder.set_max_table_size(input.table);
                decoder
            })
        };
        let result = decoder.decode(&unhex(&input.hex));
        let Some(answer) = &input.answer else {
            assert!(result.is_err(), "{}", input.name);
            continue;
        };
        let lines: Vec<String> = result
            .expect("a valid block")
            .into_iter()
            .map(|(name, value)| {
                let text = |octets| String::from_utf8(octets).expect("ASCII");
                format!("{}: {}", text(name), text(value))
            })
            .collect();
        assert_eq!(lines.join("\n"), *answer, "{}", input.name);
    }
}
