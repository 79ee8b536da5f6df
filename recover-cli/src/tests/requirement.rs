//! What cargo says of versions that don't fit, and what the user is told.

use super::*;
use crate::error::Error;
use crate::pins::pins;

/// As cargo says it of `wasm-bindgen = "=0.2.100"` beside recover-runtime, on one line.
const CLASH: &str = "Updating crates.io index; error: failed to select a version for `wasm-bindgen`.; \
    ... required by package `recover-runtime v0.1.0 (/runtime)`; ... which satisfies path dependency \
    `recover-runtime` of package `pinned v0.1.0 (/pinned)`; versions that meet the requirements \
    `>=7.8.9, <=7.8.10` are: 7.8.10, 7.8.9; all possible versions conflict with \
    previously selected packages; previously selected package `wasm-bindgen v0.2.100`; ... which \
    satisfies dependency `wasm-bindgen = \"=0.2.100\"` of package `pinned v0.1.0 (/pinned)`; failed to \
    select a version for `wasm-bindgen` which could resolve this conflict";

#[test]
fn a_pinned_wasm_bindgen_is_named_with_the_package_that_pins_it() {
    let pinned = r#"`pinned` requires `wasm-bindgen = "=0.2.100"`"#;
    assert_eq!(ruled_out_by(CLASH), pinned);
    let direct = "failed to select a version for the requirement `wasm-bindgen = \"^0.2.200\"`; candidate \
                  versions found which didn't match: 7.8.10; required by package `pinned v0.1.0 (/pinned)`";
    assert_eq!(
        ruled_out_by(direct),
        r#"`pinned` requires `wasm-bindgen = "^0.2.200"`"#
    );
    assert!(ruled_out_by("no idea").ends_with(": no idea"));
    let error = Error::RequirementClash {
        oldest: "7.8.9".to_owned(),
        pinned: "7.8.10".to_owned(),
        command: loosen(CLASH, pins()),
        reason: ruled_out_by(CLASH),
    };
    assert_eq!(error.exit_code(), 2);
    assert_eq!(
        error.to_string(),
        format!(
            "recover-runtime needs wasm-bindgen 7.8.9 to 7.8.10; run `cargo add wasm-bindgen@={}`, since {pinned}",
            pins().wasm_bindgen
        )
    );
}

#[test]
fn the_requirement_that_rules_a_version_out_is_the_one_to_loosen() {
    let pins = Pins {
        wasm_bindgen: "7.8.10".to_owned(),
        ..pins().clone()
    };
    let reason = |last: &str| {
        format!(
            "failed to select a version for `wasm-bindgen`.; ... which satisfies path dependency \
             `recover-runtime` of package `user v0.1.0`; previously selected package `wasm-bindgen v7.8.1`; \
             ... which satisfies dependency `wasm-bindgen = \"=7.8.1\"` of package {last}"
        )
    };
    assert_eq!(
        loosen(&reason("`user v0.1.0`"), &pins),
        "cargo add wasm-bindgen@=7.8.10"
    );
    for (name, command) in [
        ("js-sys", "cargo add js-sys@0.3"),
        ("web-sys", "cargo add web-sys@0.3"),
        ("wasm-bindgen-futures", "cargo add wasm-bindgen-futures@0.4"),
    ] {
        let last = format!(
            "`{name} v0.3.1`; ... which satisfies dependency `{name} = \"=0.3.1\"` of package `user v0.1.0`"
        );
        assert_eq!(loosen(&reason(&last), &pins), command);
    }
}
