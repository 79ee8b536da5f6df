//! Proves the gauntlet's inputs on the host, before any wasm is built: every
//! hostile one panics, at the site in the guilty crate that it names, and every
//! valid one gives the answer its file states. Where a repaired version of the
//! crate can be had, it must agree.

mod common;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use quick_xml_fixed::events::Event;
use quick_xml_fixed::name::ResolveResult;

use common::{FILES, Kind, Sessions, call, is_near, is_right, load, unhex};

/// The place and the message of the last panic.
static LAST: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));
static ONE_HOOK_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `f`; says where it panicked, as `crate-version/path:line`, and with what message.
fn site_of<T>(f: impl FnOnce() -> T) -> Result<T, (String, String)> {
    let outcome: Result<T, Box<dyn Any + Send>> = panic::catch_unwind(AssertUnwindSafe(f));
    outcome.map_err(|_| LAST.lock().unwrap().clone())
}

/// Runs a whole file in order, sessions included; returns the distinct sites.
fn run(target: &str) -> BTreeSet<String> {
    let _alone = ONE_HOOK_AT_A_TIME
        .lock()
        .unwrap_or_else(|torn| torn.into_inner());
    panic::set_hook(Box::new(|info| {
        let place = info.location().expect("std always knows the place");
        let place = format!("{}:{}", place.file(), place.line());
        let message = info.payload_as_str().unwrap_or_default().to_owned();
        *LAST.lock().unwrap() = (place, message);
    }));
    let file = load(target);
    let root = format!("/{}-{}/", file.target, file.version);
    let mut sessions = Sessions::new();
    let mut sites = BTreeSet::new();
    let mut failures = Vec::new();
    for input in &file.inputs {
        let what = format!("{target}: {}", input.name);
        // What exhausts something ends the process: `exhaust` has those.
        if input.error.is_some() {
            continue;
        }
        let outcome = site_of(|| call(input, &mut sessions));
        match (input.kind, outcome) {
            (Kind::Hostile, Err((_, message))) if input.message.is_some() => {
                if input.message.as_ref() != Some(&message) {
                    failures.push(format!("{what}: panicked with {message:?}"));
                }
            }
            (Kind::Hostile, Err((place, _))) => {
                let place = place.replace('\\', "/");
                let site = place.rsplit(root.as_str()).next().unwrap_or_default();
                let named = input.site.allows(&site.to_owned());
                if !named || !place.contains(&root) {
                    failures.push(format!("{what}: panicked at {place}"));
                }
                sites.insert(site.to_owned());
            }
            (Kind::Hostile, Ok(answer)) => {
                failures.push(format!("{what}: answered {answer:?} instead of panicking"));
            }
            (_, Err((place, _))) => failures.push(format!("{what}: panicked at {place}")),
            (_, Ok(answer)) => {
                if !is_right(input, &answer) {
                    let answer = answer.map(|octets| String::from_utf8_lossy(&octets).into_owned());
                    failures.push(format!("{what}: {answer:?} is wrong"));
                }
            }
        }
    }
    drop(panic::take_hook());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    sites
}

#[test]
fn every_file_has_enough_inputs() {
    for name in FILES {
        let file = load(name);
        let count = |kind| file.inputs.iter().filter(|one| one.kind == kind).count();
        assert!(count(Kind::Hostile) >= 3, "{name}: too few hostile inputs");
        assert!(count(Kind::Valid) >= 8, "{name}: too few valid inputs");
        let last = file.inputs.last().expect("inputs");
        assert!(last.kind == Kind::Valid, "{name}: nothing follows the last");
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

// What these do when hostile is for `exhaust`; they panic nowhere.

#[test]
fn valid_yaml_rust_inputs_are_answered_right() {
    assert!(run("yaml-rust").is_empty());
}

/// The limit is our own, and so is the place where it panics.
#[test]
fn yaml_rust_inputs_meet_the_limit_of_a_call_back() {
    assert!(run("yaml-rust-guarded").is_empty());
}

#[test]
fn valid_inputs_pass_a_guard_of_serde_yaml() {
    assert!(run("serde_yaml-guarded").is_empty());
}

#[test]
fn valid_serde_yaml_inputs_are_answered_right() {
    assert!(run("serde_yaml").is_empty());
}

#[test]
fn valid_protobuf_3_inputs_are_answered_right() {
    assert!(run("protobuf-3").is_empty());
}

#[test]
fn valid_protobuf_2_inputs_are_answered_right() {
    assert!(run("protobuf-2").is_empty());
}

#[test]
fn valid_quick_xml_inputs_are_answered_right() {
    assert!(run("quick-xml").is_empty());
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
        let result = decoder.decode(&unhex(&input.hex.make()));
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
        assert_eq!(lines.join("\n"), answer.make(), "{}", input.name);
    }
}

/// A start tag with more declarations than anyone needs is what it refuses.
#[test]
fn repaired_quick_xml_agrees() {
    for input in &load("quick-xml").inputs {
        let document = input.utf8.make();
        let mut reader = quick_xml_fixed::reader::NsReader::from_str(&document);
        let mut names = Vec::new();
        let end = loop {
            match reader.read_resolved_event() {
                Ok((namespace, Event::Start(tag) | Event::Empty(tag))) => {
                    let local = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                    names.push(match namespace {
                        ResolveResult::Bound(name) => {
                            format!("{{{}}}{local}", String::from_utf8_lossy(name.as_ref()))
                        }
                        ResolveResult::Unbound => local,
                        ResolveResult::Unknown(prefix) => {
                            let prefix = String::from_utf8_lossy(&prefix);
                            break Err(format!("no namespace is named {prefix}"));
                        }
                    });
                }
                Ok((_, Event::Eof)) => break Ok(names.join(", ")),
                Ok(_) => {}
                Err(error) => break Err(error.to_string()),
            }
        };
        let what = format!("{}: {end:?}", input.name);
        match (&input.answer, &input.refused) {
            (Some(answer), _) => assert_eq!(end, Ok(answer.make()), "{what}"),
            (_, Some(refused)) => assert_eq!(end, Err(refused.clone()), "{what}"),
            _ => assert!(end.is_err_and(|why| why.contains("256")), "{what}"),
        }
    }
}
