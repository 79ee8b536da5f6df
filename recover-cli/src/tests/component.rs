//! Every combination of options and facts that changes the build of a component, and what is asked of its bytes.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use super::*;
use crate::build_id;
use crate::command_line::{Cli, Command};
use crate::pins::{self, pins};
use crate::sections::{custom, push};

fn options(arguments: &[&str]) -> BuildOptions {
    let all = ["cargo recover", "build", "--target", "component"];
    match Cli::try_parse_from(all.iter().chain(arguments))
        .unwrap()
        .command
    {
        Command::Build(options) => *options,
        _ => unreachable!("the arguments say build"),
    }
}

/// A crate `app` at /ws/app that depends on `dependencies`, which have these features.
fn metadata(dependencies: &[(&str, &[&str])]) -> Metadata {
    let package = |name: &str, kind: &str| {
        json!({
            "name": name, "version": "0.1.0", "id": name,
            "manifest_path": format!("/ws/{name}/Cargo.toml"),
            "license": null, "description": null, "repository": null,
            "targets": [{ "name": name, "kind": [kind] }],
        })
    };
    let names: Vec<_> = dependencies.iter().map(|(name, _)| *name).collect();
    let mut packages = vec![package("app", "cdylib")];
    packages.extend(names.iter().map(|name| package(name, "lib")));
    let mut nodes = vec![json!({ "id": "app", "dependencies": names })];
    nodes.extend(
        dependencies.iter().map(
            |(name, features)| json!({ "id": name, "dependencies": [], "features": features }),
        ),
    );
    let json = json!({
        "packages": packages,
        "workspace_members": ["app"],
        "workspace_root": "/ws",
        "target_directory": "/ws/target",
        "resolve": { "root": "app", "nodes": nodes },
    });
    Metadata::parse(&json.to_string()).unwrap()
}

const GUARDED: [(&str, &[&str]); 2] = [("wit-bindgen", &[]), ("recover-runtime", &["component"])];

fn facts(metadata: Metadata, manifest: Value) -> Facts {
    Facts {
        directory: "/ws/app".into(),
        user_directory: "/home".into(),
        vars: BTreeMap::new(),
        cfgs: vec![],
        config: json!({}),
        manifest,
        metadata,
        program: "/bin/cargo-recover".into(),
    }
}

fn planned(arguments: &[&str]) -> Result<Plan, Error> {
    plan(
        &options(arguments),
        pins(),
        &facts(metadata(&GUARDED), json!({})),
    )
}

fn line(arguments: &[&str]) -> String {
    planned(arguments).unwrap().cargo.to_string()
}

#[test]
fn a_component_is_built_for_wasi_with_a_std_that_unwinds() {
    let line = line(&[]);
    for part in [
        &*pins().nightly,
        "--target wasm32-wasip2",
        "-Zbuild-std=std,panic_unwind",
        "-Cpanic=unwind -Cllvm-args=-disable-nounwind-inference=true",
        "--profile release",
        " -- -Cstrip=debuginfo",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for part in ["RUSTC_WRAPPER", "recover_gate", "stack_pointer"] {
        assert!(!line.contains(part), "{part}: {line}");
    }
    let abort = self::line(&["--strategy", "abort"]);
    assert!(
        abort.contains(&format!("run {} cargo rustc", pins().stable)),
        "{abort}"
    );
    for part in ["build-std", "RUSTFLAGS", "stack_pointer"] {
        assert!(!abort.contains(part), "{part}: {abort}");
    }
}

#[test]
fn flags_of_the_user_stay_and_an_option_of_llvms_is_not_given_twice() {
    let mut facts = facts(metadata(&GUARDED), json!({}));
    let of_target = "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS";
    let own = "-Cllvm-args=-disable-nounwind-inference=true --cfg=mine";
    facts.vars = BTreeMap::from([(of_target.to_owned(), own.to_owned())]);
    let line = plan(&options(&[]), pins(), &facts)
        .unwrap()
        .cargo
        .to_string();
    assert!(line.contains("--cfg=mine -Cpanic=unwind"), "{line}");
    assert_eq!(line.matches("nounwind").count(), 1, "{line}");
    facts.vars = BTreeMap::from([("RUSTFLAGS".to_owned(), "-Clto=fat".to_owned())]);
    let error = plan(&options(&[]), pins(), &facts).unwrap_err().to_string();
    assert!(
        error.contains("--strategy abort") && !error.contains("--eh"),
        "{error}"
    );
}

#[test]
fn fat_lto_becomes_thin_and_says_how_to_keep_it() {
    let manifest = json!({ "profile": { "release": { "lto": true } } });
    let facts = facts(metadata(&GUARDED), manifest);
    let plan = plan(&options(&[]), pins(), &facts).unwrap();
    assert!(
        plan.notes[0].contains("--strategy abort"),
        "{:?}",
        plan.notes
    );
    assert!(
        plan.cargo
            .to_string()
            .contains("profile.release.lto=\"thin\"")
    );
}

#[test]
fn names_stay_and_debug_information_goes_unless_it_is_asked_for() {
    assert!(!line(&["--dev"]).contains("strip"));
    assert!(line(&["--dev", "--no-debug-info"]).contains("-Cstrip=debuginfo"));
    assert!(!line(&["--debug-info"]).contains("strip"));
    assert!(line(&["--no-names"]).contains("-Cstrip=symbols"));
    let manifest = json!({ "profile": { "release": { "strip": true } } });
    let facts = facts(metadata(&GUARDED), manifest);
    let line = plan(&options(&[]), pins(), &facts)
        .unwrap()
        .cargo
        .to_string();
    assert!(!line.contains("-Cstrip"), "the profile's own stays: {line}");
}

#[test]
fn memory_and_names_of_files_are_as_elsewhere() {
    let sizes = ["--stack-size", "32768", "--max-memory", "67108864"];
    let line = line(&sizes);
    assert!(line.contains("stack-size=32768") && line.contains("--max-memory=67108864"));
    let plan = planned(&["--out-name", "ledgers", "--out-dir", "here"]).unwrap();
    assert_eq!(
        (&*plan.stem, plan.out_dir),
        ("ledgers", "/home/here".into())
    );
    let plan = planned(&[]).unwrap();
    assert_eq!((&*plan.stem, plan.out_dir), ("app", "/ws/app/pkg".into()));
}

#[test]
fn options_of_packages_for_javascript_are_refused_with_the_fix() {
    for (arguments, fix) in [
        (&["--eh", "legacy"][..], "exnref"),
        (&["--no-typescript"], "WIT"),
        (&["--split-linked-modules"], "one file"),
        (&["--debug-info=split"], "--debug-info=full"),
    ] {
        let error = planned(arguments).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(text.contains(arguments[0]) && text.contains(fix), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}

#[test]
fn crates_that_make_no_component_are_refused_with_the_fix() {
    let refused = |dependencies: &[(&str, &[&str])]| {
        let facts = facts(metadata(dependencies), json!({}));
        let error = plan(&options(&[]), pins(), &facts).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    let text = refused(&[("wasm-bindgen", &[]), ("recover-runtime", &[])]);
    assert!(text.contains("leave out `--target component`"), "{text}");
    let text = refused(&[("wit-bindgen", &[]), ("recover-runtime", &["persist"])]);
    assert!(text.contains("--features component"), "{text}");
    let facts = facts(metadata(&[("wit-bindgen", &[])]), json!({}));
    assert!(!plan(&options(&[]), pins(), &facts).unwrap().guards);
}

#[test]
fn a_component_is_told_from_a_package_for_javascript() {
    let is = |dependencies: &[(&str, &[&str])]| {
        let metadata = metadata(dependencies);
        metadata.is_component(metadata.select(None).unwrap())
    };
    assert!(is(&GUARDED));
    assert!(is(&[("wit-bindgen", &[])]));
    assert!(!is(&[("recover-runtime", &["component"])]));
    assert!(!is(&[("wit-bindgen", &[]), ("wasm-bindgen", &[])]));
    assert!(!is(&[
        ("wit-bindgen", &[]),
        ("recover-runtime", &["persist"])
    ]));
}

/// A component of a world, whose functions all trap.
fn component(world: &str) -> Vec<u8> {
    let text = format!(
        "package a:b;\n\n{world}\n\npackage recover:error@0.1.0 {{\n  interface types {{\n    record failure {{ code: string }}\n  }}\n}}\n\n\
         package other:error {{\n  interface types {{\n    record failure {{ code: string }}\n  }}\n}}\n"
    );
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", &text).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default().module(&module).unwrap();
    encoder.encode().unwrap()
}

const WORLD: &str = "
interface ledgers {
  use recover:error/types@0.1.0.{failure};
  resource ledger {
    constructor(owner: string);
    put: func(key: string) -> result<u32, failure>;
    size: func() -> u32;
    restore: static func(bytes: list<u8>) -> result<ledger, failure>;
  }
  live: func() -> result<u32, failure>;
}
interface foreign {
  use other:error/types.{failure};
  parse: func() -> result<u32, failure>;
}
world all {
  import ledgers;
  export ledgers;
  export foreign;
  export run: func() -> result;
}
";

#[test]
fn functions_that_can_tell_of_a_failure_are_told_from_those_that_can_not() {
    let found = interface::read(&component(WORLD)).unwrap();
    assert_eq!(found.guarded, 3);
    let mut unguarded = found.unguarded;
    unguarded.sort();
    assert_eq!(
        unguarded,
        ["a:b/foreign#parse", "a:b/ledgers#ledger.size", "run"]
    );
    for part in [
        "interface ledgers {",
        "package recover:error@0.1.0 {",
        "constructor(owner",
    ] {
        assert!(found.wit.contains(part), "{part}: {}", found.wit);
    }
    // What was printed is WIT.
    Resolve::default()
        .push_str("printed.wit", &found.wit)
        .unwrap();
}

#[test]
fn a_component_that_tells_nobody_of_its_failures_is_refused_and_a_part_of_it_is_named() {
    let plan = planned(&[]).unwrap();
    let done = finished(&plan, &component(WORLD)).unwrap();
    assert_eq!(done.unguarded.len(), 3);
    assert!(done.notes[0].contains("ledger.size"), "{:?}", done.notes);
    assert!(done.notes[1].contains("build id"), "{:?}", done.notes);
    let none = "world none {\n  export run: func() -> u32;\n}";
    let error = finished(&plan, &component(none)).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().contains("use recover:error/types"),
        "{error}"
    );
    let without = Plan {
        guards: false,
        ..plan.clone()
    };
    let done = finished(&without, &component(none)).unwrap();
    assert!(done.notes.is_empty() && done.unguarded.is_empty());
    let error = finished(&without, &component("world empty {}")).unwrap_err();
    assert!(error.to_string().contains("export!"), "{error}");
}

#[test]
fn what_is_no_component_is_refused() {
    let core = b"\0asm\x01\0\0\0";
    let error = interface::read(core).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(
        text.contains("core module") && text.contains(pins::COMPONENT),
        "{text}"
    );
    let whole = component(WORLD);
    for bytes in [&b"hello"[..], b"", &whole[..whole.len() / 2]] {
        let error = interface::read(bytes).unwrap_err();
        assert_eq!(error.exit_code(), 1, "{error}");
    }
}

/// A component with one module, whose data is a segment for each of `segments`.
fn with_data(segments: &[&[u8]]) -> Vec<u8> {
    let mut data = vec![];
    push(&mut data, segments.len() as u64);
    for segment in segments {
        // Passive: it needs no memory.
        data.push(1);
        push(&mut data, segment.len() as u64);
        data.extend_from_slice(segment);
    }
    let mut module = b"\0asm\x01\0\0\0\x0b".to_vec();
    push(&mut module, data.len() as u64);
    module.extend(data);
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    push(&mut component, module.len() as u64);
    component.extend(module);
    component
}

#[test]
fn the_code_and_the_section_have_the_same_id() {
    let place = [stamp::MARK, &[0; 20]].concat();
    let around = [b"before", &*place, b"\0\0\0\0after"].concat();
    let component = with_data(&[b"other", &around, &place]);
    let stamped = stamp::stamped(&component).unwrap();
    assert!(stamped.known);
    assert_eq!(stamped.build.len(), 40);
    assert_eq!(build_id::of(&stamped.wasm).as_ref(), Some(&stamped.build));
    let digest = sha1_smol::Sha1::from(&component).digest();
    assert_eq!(digest.to_string(), stamped.build);
    let written = [stamp::MARK, &digest.bytes()].concat();
    let found = stamped.wasm.windows(written.len());
    assert_eq!(found.filter(|bytes| *bytes == written).count(), 2);
    assert_eq!(
        stamped.wasm.len(),
        component.len() + build_id::section(&[0; 20]).len()
    );
    assert!(
        stamped
            .wasm
            .windows(9)
            .any(|bytes| bytes == b"\0\0\0\0after")
    );
}

#[test]
fn what_only_looks_like_the_place_is_left_alone() {
    let spoken = [stamp::MARK, b" is the mark of it, they say"].concat();
    let cut = [stamp::MARK, &[0; 19]].concat();
    let component = with_data(&[&spoken, &cut]);
    let outside = [
        &*component,
        &custom("note", &[stamp::MARK, &[0; 20]].concat()),
    ]
    .concat();
    let stamped = stamp::stamped(&outside).unwrap();
    assert!(!stamped.known);
    assert!(stamped.wasm.starts_with(&outside));
}
