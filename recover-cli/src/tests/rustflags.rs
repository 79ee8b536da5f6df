//! cargo's order of sources, and what is added to or refused in them.

use std::collections::BTreeMap;
use std::str::FromStr;

use cargo_platform::Cfg;
use serde_json::{Value, json};

use super::*;
use crate::pins::TRIPLE;

fn vars(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn found(pairs: &[(&str, &str)], config: Value) -> (Source, Vec<String>) {
    let cfgs = ["target_arch=\"wasm32\"", "target_family=\"wasm\""];
    let cfgs = cfgs.map(|cfg| Cfg::from_str(cfg).unwrap());
    effective(&vars(pairs), &config, &cfgs, TRIPLE)
}

fn everywhere() -> Value {
    json!({
        "build": { "rustflags": ["build"] },
        "target": {
            TRIPLE: { "rustflags": ["triple"] },
            "cfg(target_arch = \"wasm32\")": { "rustflags": "cfg two" },
            "cfg(all(target_family = \"wasm\", not(target_arch = \"x86\")))": { "runner": "x" },
            "cfg(unix)": { "rustflags": ["unix"] },
            "x86_64-unknown-linux-gnu": { "rustflags": ["host"] },
        },
    })
}

const TARGET_VARIABLE: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

#[test]
fn the_sources_have_cargos_precedence() {
    let encoded = ("CARGO_ENCODED_RUSTFLAGS", "a b\x1fc");
    let plain = ("RUSTFLAGS", " d   e ");
    let (source, flags) = found(&[encoded, plain], everywhere());
    assert_eq!(source, Source::Environment("CARGO_ENCODED_RUSTFLAGS"));
    assert_eq!(flags, ["a b", "c"]);

    let (source, flags) = found(&[plain], everywhere());
    assert_eq!(source, Source::Environment("RUSTFLAGS"));
    assert_eq!(flags, ["d", "e"]);

    let (source, flags) = found(&[], everywhere());
    assert_eq!(source, Source::Target);
    assert_eq!(flags, ["triple", "cfg", "two"]);

    let build = json!({ "build": { "rustflags": ["build"] } });
    let (source, flags) = found(&[], build);
    assert_eq!(source, Source::Build);
    assert_eq!(flags, ["build"]);

    assert_eq!(found(&[], json!({})), (Source::Nothing, vec![]));
}

#[test]
fn an_empty_variable_hides_what_is_configured() {
    for name in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        let (source, flags) = found(&[(name, "")], everywhere());
        assert_eq!(source, Source::Environment(name));
        assert!(flags.is_empty());
    }
}

#[test]
fn configuration_variables_add_to_their_table() {
    let (source, flags) = found(&[(TARGET_VARIABLE, "env")], everywhere());
    assert_eq!(source, Source::Target);
    assert_eq!(flags, ["triple", "env", "cfg", "two"]);

    let config = json!({ "build": { "rustflags": "build" } });
    let (_, flags) = found(&[("CARGO_BUILD_RUSTFLAGS", "env")], config.clone());
    assert_eq!(flags, ["build", "env"]);
    let (source, flags) = found(&[(TARGET_VARIABLE, "env")], config);
    assert_eq!((source, flags), (Source::Target, vec!["env".to_owned()]));
}

#[test]
fn a_cfg_table_that_does_not_match_does_not_hide_the_build_table() {
    let config = json!({
        "build": { "rustflags": ["build"] },
        "target": { "cfg(windows)": { "rustflags": ["windows"] } },
    });
    assert_eq!(found(&[], config).1, ["build"]);
}

fn merge(flags: &[&str], strategy: Strategy, eh: Eh) -> Result<Option<Vec<String>>, Error> {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    merged((Source::Build, flags), strategy, eh, Caller::Glue)
}

const PANIC: &str = "-Cpanic=unwind";
const LEGACY: &str = "-Cllvm-args=-wasm-use-legacy-eh";

#[test]
fn ours_come_after_the_users() {
    let flags = merge(&["--cfg", "x"], Strategy::Unwind, Eh::Exnref).unwrap();
    assert_eq!(flags.unwrap(), ["--cfg", "x", PANIC]);
    let flags = merge(&[], Strategy::Unwind, Eh::Legacy).unwrap();
    assert_eq!(flags.unwrap(), [PANIC, LEGACY]);
}

#[test]
fn abort_builds_leave_cargo_its_sources() {
    for eh in [Eh::Exnref, Eh::Legacy] {
        assert_eq!(merge(&["--cfg", "x"], Strategy::Abort, eh).unwrap(), None);
    }
}

#[test]
fn what_has_the_gate_is_told_so() {
    for (strategy, expected) in [
        (Strategy::Unwind, &["-g", GATE, PANIC][..]),
        (Strategy::Abort, &["-g", GATE]),
    ] {
        let user = (Source::Build, vec!["-g".to_owned()]);
        let flags = merged(user, strategy, Eh::Exnref, Caller::Gate).unwrap();
        assert_eq!(flags.unwrap(), expected);
    }
}

#[test]
fn options_that_the_user_passes_to_llvm_are_not_added_twice() {
    for spelling in [
        &[LEGACY][..],
        &["-C", "llvm-args=-wasm-use-legacy-eh"],
        &["-C", "llvm_args=--wasm-use-legacy-eh=true"],
        &["--codegen=llvm-args=-x -wasm-use-legacy-eh"],
    ] {
        let flags = merge(spelling, Strategy::Unwind, Eh::Legacy)
            .unwrap()
            .unwrap();
        let expected = [spelling, &[PANIC]].concat();
        assert_eq!(flags, expected);
    }
}

#[test]
fn contradictions_are_refused() {
    let refused = |flags: &[&str], strategy, eh| match merge(flags, strategy, eh) {
        Err(error @ Error::Contradiction { .. }) => {
            let text = error.to_string();
            assert!(text.contains("`build.rustflags`"), "{text}");
            assert!(!text.contains('\n'), "{text}");
            true
        }
        _ => false,
    };
    for flags in [
        &["-Cpanic=abort"][..],
        &["-C", "panic=abort"],
        &["--codegen", "panic=abort"],
        &["--codegen=panic=immediate-abort"],
    ] {
        for eh in [Eh::Exnref, Eh::Legacy] {
            assert!(refused(flags, Strategy::Unwind, eh), "{flags:?}");
            assert!(!refused(flags, Strategy::Abort, eh), "{flags:?}");
        }
    }
    assert!(refused(&[PANIC], Strategy::Abort, Eh::Exnref));
    assert!(!refused(&[PANIC], Strategy::Unwind, Eh::Exnref));
    assert!(refused(&[LEGACY], Strategy::Unwind, Eh::Exnref));
    let off = "-Cllvm-args=-wasm-use-legacy-eh=false";
    assert!(refused(&[off], Strategy::Unwind, Eh::Legacy));
    for lto in ["-Clto", "-Clto=fat"] {
        assert!(refused(&[lto], Strategy::Unwind, Eh::Exnref));
        assert!(!refused(&[lto], Strategy::Unwind, Eh::Legacy));
    }
    assert!(!refused(&["-Clto=thin"], Strategy::Unwind, Eh::Exnref));
}
