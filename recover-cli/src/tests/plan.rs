//! Every combination of options and facts that changes the plan.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::json;

use super::*;
use crate::command_line::{Cli, Command};
use crate::options::Product;
use crate::pins::pins;

fn options(arguments: &[&str]) -> BuildOptions {
    let all = ["cargo recover", "build"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Build(options) => *options,
        _ => unreachable!("the arguments say build"),
    }
}

/// A workspace at /ws with the libraries `app` (the one asked for) and `other`,
/// and with `tool`, which makes no wasm.
fn metadata(runtime: &str, wasm_bindgen: &str) -> Metadata {
    let package = |name: &str, version: &str, kind: &str| {
        json!({
            "name": name, "version": version, "id": name,
            "manifest_path": format!("/ws/{name}/Cargo.toml"),
            "license": "MIT", "description": null, "repository": null,
            "targets": [{ "name": format!("{name}-lib"), "kind": [kind, "rlib"] }],
        })
    };
    let node = |id: &str, dependencies: &[&str]| json!({ "id": id, "dependencies": dependencies });
    let json = json!({
        "packages": [
            package("app", "1.2.3", "cdylib"),
            package("other", "0.1.0", "cdylib"),
            package("tool", "0.1.0", "bin"),
            package(runtime, "0.1.0", "lib"),
            package("wasm-bindgen", wasm_bindgen, "lib"),
        ],
        "workspace_members": ["app", "other", "tool"],
        "workspace_root": "/ws",
        "target_directory": "/ws/target",
        "resolve": {
            "root": "app",
            "nodes": [
                node("app", &[runtime]),
                node(runtime, &["wasm-bindgen"]),
                node("wasm-bindgen", &[]),
                node("other", &[]),
                node("tool", &[]),
            ],
        },
    });
    Metadata::parse(&json.to_string()).unwrap()
}

fn facts() -> Facts {
    Facts {
        directory: "/ws/app".into(),
        user_directory: "/home".into(),
        vars: BTreeMap::new(),
        cfgs: vec![],
        config: json!({}),
        manifest: json!({}),
        metadata: metadata("recover-runtime", &pins().wasm_bindgen),
        program: "/bin/cargo-recover".into(),
    }
}

fn planned(arguments: &[&str], facts: &Facts) -> Result<Plan, Error> {
    let options = options(arguments);
    match options.target {
        Product::Package(target) => plan(&options, target, pins(), facts),
        Product::Component => unreachable!("these are tests of packages"),
    }
}

fn line(arguments: &[&str], facts: &Facts) -> String {
    planned(arguments, facts).unwrap().cargo.to_string()
}

#[test]
fn strategy_and_eh_choose_toolchain_flags_and_std() {
    let (nightly, stable) = (&pins().nightly, &pins().stable);
    for (strategy, eh, toolchain, flags, std) in [
        ("unwind", "exnref", nightly, 2, true),
        ("unwind", "legacy", nightly, 3, true),
        ("abort", "exnref", stable, 1, false),
        ("abort", "legacy", stable, 1, false),
    ] {
        let plan = planned(&["--strategy", strategy, "--eh", eh], &facts()).unwrap();
        let case = format!("{strategy} {eh}");
        assert_eq!(plan.cargo.arguments[..2], ["run", &**toolchain], "{case}");
        let build_std = "-Zbuild-std=std,panic_unwind".to_owned();
        assert_eq!(plan.cargo.arguments.contains(&build_std), std, "{case}");
        let set = plan.cargo.environment.first();
        let count = set.map_or(0, |(_, value)| value.as_ref().unwrap().split(' ').count());
        assert_eq!(count, flags, "{case}");
        let bindgen = &plan.bindgen;
        assert_eq!(bindgen.abort_handler, strategy == "abort", "{case}");
        assert_eq!(bindgen.old_handler, case == "abort legacy", "{case}");
        assert!(plan.notes.is_empty(), "{case}");
    }
    let mut plain = facts();
    plain.metadata = metadata("other-runtime", &pins().wasm_bindgen);
    let plan = planned(&["--strategy", "abort"], &plain).unwrap();
    assert!(!plan.bindgen.abort_handler, "nobody would act on a trap");
    assert!(plan.cargo.environment.is_empty(), "nobody has a gate");
    let line = line(&["--toolchain", "mine"], &facts());
    assert!(line.contains("rustup run mine cargo rustc"), "{line}");
}

#[test]
fn the_crate_is_built_as_a_library_for_wasm() {
    let line = line(&[], &facts());
    for part in [
        "cargo rustc --lib --crate-type cdylib --target wasm32-unknown-unknown",
        "--manifest-path /ws/app/Cargo.toml",
        "--profile release",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn profiles_and_features_are_handed_on() {
    let line = line(
        &[
            "--dev",
            "-F",
            "a,b",
            "-F",
            "c",
            "--no-default-features",
            "-vv",
            "--",
            "-j",
            "1",
        ],
        &facts(),
    );
    let end = "--features a,b --features c --no-default-features -vv -j 1 -- ";
    assert!(
        line.contains("--profile dev ") && line.contains(end),
        "{line}"
    );
    let mut facts = facts();
    facts.manifest = json!({ "profile": { "small": { "inherits": "release" } } });
    assert!(planned(&["--profile", "small", "--all-features"], &facts).is_ok());
    let error = planned(&["--profile", "tiny"], &facts).unwrap_err();
    assert!(matches!(error, Error::NoProfile(name) if name == "tiny"));
}

#[test]
fn memory_sizes_reach_the_linker_of_the_crate_alone() {
    let sizes = ["--stack-size", "32768", "--max-memory", "67108864"];
    for strategy in ["unwind", "abort"] {
        let line = line(&[&sizes[..], &["--strategy", strategy]].concat(), &facts());
        // The gate sets the pointer back where nothing unwinds.
        let pointer = match strategy {
            "abort" => "-Clink-arg=--export=__stack_pointer ",
            _ => "",
        };
        let sizes = "-Clink-arg=-z -Clink-arg=stack-size=32768 -Clink-arg=--max-memory=67108864";
        assert!(line.ends_with(&format!("-- {pointer}{sizes}")), "{line}");
        let line = self::line(&["--stack-size", "4MiB", "--strategy", strategy], &facts());
        assert!(
            line.ends_with(&format!(
                "-- {pointer}{HEAP} -Clink-arg=-z -Clink-arg=stack-size=4194304"
            )),
            "{line}"
        );
    }
    assert!(!line(&[], &facts()).contains("stack-size"));
}

/// What the first call of an instance takes.
const HEAP: &str = "-Clink-arg=--initial-heap=131072";

#[test]
fn instances_begin_with_the_heap_that_their_first_call_takes() {
    assert!(line(&[], &facts()).contains(HEAP));
    let mut plain = facts();
    plain.metadata = metadata("something-else", &pins().wasm_bindgen);
    assert!(!line(&[], &plain).contains(HEAP));
    for size in [
        "--initial-memory=2097152",
        "--initial-heap=65536",
        "--max-memory=2097152",
    ] {
        let mut facts = facts();
        let flags = format!("-Clink-arg={size}");
        facts.vars.insert("RUSTFLAGS".into(), flags);
        assert!(!line(&[], &facts).contains(HEAP), "{size}");
    }
}

#[test]
fn the_users_flags_are_kept_before_ours() {
    let mut facts = facts();
    facts
        .vars
        .insert("CARGO_ENCODED_RUSTFLAGS".into(), "--cfg\x1fx".into());
    let call = planned(&[], &facts).unwrap().cargo;
    let start = "env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS='--cfg x ";
    assert!(call.to_string().starts_with(start), "{call}");
    let environment = call.environment;
    let (name, value) = &environment[0];
    assert_eq!(name, "RUSTFLAGS");
    assert_eq!(
        value.as_deref(),
        Some("--cfg x --cfg=recover_gate -Cpanic=unwind")
    );
    assert_eq!(environment[1], ("CARGO_ENCODED_RUSTFLAGS".to_owned(), None));

    // A space in a flag only survives in the encoded variable.
    facts.vars.clear();
    facts.config = json!({ "build": { "rustflags": ["--cfg", "x=\"a b\""] } });
    let call = planned(&[], &facts).unwrap().cargo;
    let (name, value) = &call.environment[0];
    assert_eq!(name, "CARGO_ENCODED_RUSTFLAGS");
    let value = value.as_ref().unwrap();
    assert_eq!(
        value,
        "--cfg\x1fx=\"a b\"\x1f--cfg=recover_gate\x1f-Cpanic=unwind"
    );
    assert!(
        call.to_string()
            .starts_with("CARGO_ENCODED_RUSTFLAGS=$'--cfg\\x1fx")
    );

    let call = planned(&["--strategy", "abort"], &facts).unwrap().cargo;
    let (_, value) = &call.environment[0];
    let value = value.as_ref().unwrap();
    assert_eq!(value, "--cfg\x1fx=\"a b\"\x1f--cfg=recover_gate");
}

#[test]
fn fat_lto_is_made_thin_for_exnref_alone() {
    let mut facts = facts();
    facts.manifest = json!({ "profile": { "release": { "lto": true } } });
    let plan = planned(&[], &facts).unwrap();
    let text = plan.cargo.to_string();
    assert!(
        text.contains("--config 'profile.release.lto=\"thin\"'"),
        "{text}"
    );
    assert_eq!(plan.notes.len(), 1);
    for other in [
        &["--eh", "legacy"][..],
        &["--strategy", "abort"],
        &["--dev"],
    ] {
        let plan = planned(other, &facts).unwrap();
        assert!(!plan.cargo.to_string().contains("lto"), "{other:?}");
        assert!(plan.notes.is_empty(), "{other:?}");
    }
}

#[test]
fn symbols_are_stripped_after_wasm_bindgen() {
    let profile = json!({ "profile": { "release": { "strip": true } } });
    for strategy in ["unwind", "abort"] {
        let plan = |flag: &str, manifest: &serde_json::Value| {
            let mut facts = facts();
            facts.manifest = manifest.clone();
            facts.config = json!({ "build": { "rustflags": [flag] } });
            let plan = planned(&["--strategy", strategy], &facts).unwrap();
            (plan.bindgen.remove_names, plan.cargo.to_string())
        };
        let (removes, line) = plan("--cfg=x", &profile);
        assert!(removes && line.ends_with(" -Cstrip=debuginfo"), "{line}");
        // The flags win over the profile, for rustc and for us.
        let (removes, line) = plan("-Cstrip=symbols", &json!({}));
        assert!(removes && line.contains("-Cstrip=symbols"), "{line}");
        let (_, flags) = line.split_once("-Cstrip=symbols").unwrap();
        assert!(flags.starts_with(" -Cstrip=debuginfo"), "{line}");
        let (removes, line) = plan("-Cstrip=none", &profile);
        assert!(!removes && !line.contains("debuginfo"), "{line}");
    }
}

#[test]
fn a_profile_that_aborts_is_made_to_unwind() {
    let mut facts = facts();
    facts.manifest = json!({ "profile": { "release": { "panic": "abort" } } });
    let plan = planned(&[], &facts).unwrap();
    let text = plan.cargo.to_string();
    assert!(
        text.contains("'profile.release.panic=\"unwind\"'"),
        "{text}"
    );
    assert_eq!(plan.notes.len(), 1);
    assert!(
        planned(&["--strategy", "abort"], &facts)
            .unwrap()
            .notes
            .is_empty()
    );
}

#[test]
fn split_debug_info_goes_beside_the_package_by_flags_and_not_by_the_profile() {
    let plan = planned(
        &["--debug-info=split", "--out-dir", "/ws/out/pkg"],
        &facts(),
    )
    .unwrap();
    assert_eq!(
        plan.debug_file.as_deref(),
        Some(Path::new("/ws/out/app_lib.debug.wasm"))
    );
    assert!(plan.bindgen.follow && !plan.bindgen.keep_debug && plan.bindgen.remove_names);
    let flags = plan.cargo.to_string();
    assert!(
        flags.contains("-Cdebuginfo=limited") && flags.contains("-Cstrip=none"),
        "{flags}"
    );
    assert!(!flags.contains(".debug="), "{flags}");
    // A profile that has debug info keeps its own.
    let mut facts = facts();
    facts.manifest = serde_json::json!({ "profile": { "release": { "debug": 2, "strip": true } } });
    let flags = planned(&["--debug-info=split"], &facts)
        .unwrap()
        .cargo
        .to_string();
    assert!(
        !flags.contains("-Cdebuginfo") && flags.contains("-Cstrip=none"),
        "{flags}"
    );
    let plan = planned(&["--debug-info=none"], &facts).unwrap();
    assert!(plan.debug_file.is_none() && !plan.cargo.to_string().contains("-Cstrip=none"));
}

#[test]
fn outputs_default_to_pkg_beside_the_manifest() {
    let plan = planned(&[], &facts()).unwrap();
    assert_eq!(plan.out_dir, Path::new("/ws/app/pkg"));
    assert_eq!(plan.bindgen.stem, "app_lib");
    assert!(plan.bindgen.typescript && !plan.bindgen.keep_debug);
    let arguments = [
        "--out-dir",
        "x",
        "--out-name",
        "y",
        "--no-typescript",
        "--split-linked-modules",
        "--dev",
    ];
    let plan = planned(&arguments, &facts()).unwrap();
    assert_eq!(plan.out_dir, Path::new("/home/x"));
    assert_eq!(plan.bindgen.stem, "y");
    assert!(!plan.bindgen.typescript && plan.bindgen.keep_debug);
    assert!(plan.bindgen.split_linked);
    for (arguments, keeps) in [
        (&["--debug-info"][..], true),
        (&["--dev"], true),
        (&["--dev", "--no-debug-info"], false),
    ] {
        let plan = planned(arguments, &facts()).unwrap();
        assert_eq!(plan.bindgen.keep_debug, keeps, "{arguments:?}");
    }
}

#[test]
fn every_target_reaches_wasm_bindgen() {
    for target in ["web", "bundler", "nodejs", "deno", "module"] {
        let plan = planned(&["--target", target], &facts()).unwrap();
        let text = plan.bindgen.to_string();
        // What bundlers load waits for the web's glue.
        let awaited = target == "bundler";
        let glue = if awaited { "web" } else { target };
        assert!(text.contains(&format!("--target {glue} ")), "{text}");
        assert_eq!(plan.bindgen.awaited, awaited, "{target}");
    }
}

#[test]
fn a_package_is_chosen_or_asked_for() {
    let mut facts = facts();
    assert!(matches!(
        planned(&["-p", "nope"], &facts),
        Err(Error::NoPackage { .. })
    ));
    assert!(matches!(
        planned(&["-p", "tool"], &facts),
        Err(Error::NoCdylib(_))
    ));
    assert!(matches!(
        planned(&["-p", "recover-runtime"], &facts),
        Err(Error::NoPackage { .. })
    ));
    assert!(matches!(
        planned(&["-p", "other"], &facts),
        Err(Error::NoWasmBindgen(_))
    ));
    let text = serde_json::to_string(&json!({
        "packages": [
            { "name": "a", "version": "1.0.0", "id": "a", "manifest_path": "/a", "targets": [] },
            { "name": "b", "version": "1.0.0", "id": "b", "manifest_path": "/b", "targets": [] },
        ],
        "workspace_members": ["a", "b"], "workspace_root": "/", "target_directory": "/t",
        "resolve": { "root": null, "nodes": [] },
    }));
    facts.metadata = Metadata::parse(&text.unwrap()).unwrap();
    let error = planned(&[], &facts).unwrap_err();
    assert!(matches!(&error, Error::SeveralPackages(names) if names == "a, b"));
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_wasm_bindgen_outside_of_the_range_is_refused_with_the_command() {
    let pins = Pins {
        wasm_bindgen: "7.8.10".to_owned(),
        oldest_wasm_bindgen: "7.8.9".to_owned(),
        ..pins().clone()
    };
    let mut facts = facts();
    for version in [
        "7.8.8",
        "7.8.11",
        "7.7.9",
        "9.9.9",
        "7.8",
        "7.8.9-rc.1",
        "7.8.10+x",
    ] {
        facts.metadata = metadata("recover-runtime", version);
        let error = plan(&options(&[]), Target::Web, &pins, &facts).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        let command = "`cargo add wasm-bindgen@=7.8.10`";
        assert!(text.contains(version) && text.contains(command), "{text}");
        assert!(text.contains("7.8.9 to 7.8.10"), "{text}");
    }
}

#[test]
fn the_version_of_the_crate_says_whether_it_is_the_one_built_in() {
    let pins = Pins {
        wasm_bindgen: "7.8.10".to_owned(),
        oldest_wasm_bindgen: "7.8.9".to_owned(),
        ..pins().clone()
    };
    let mut facts = facts();
    for (version, built_in) in [("7.8.9", false), ("7.8.10", true)] {
        facts.metadata = metadata("recover-runtime", version);
        let bindgen = plan(&options(&[]), Target::Web, &pins, &facts)
            .unwrap()
            .bindgen;
        assert_eq!((&*bindgen.version, bindgen.built_in), (version, built_in));
        let line = bindgen.to_string();
        assert_eq!(line.contains("(built in)"), built_in, "{line}");
        assert!(line.contains(version), "{line}");
    }
}

#[test]
fn queries_get_the_options_that_change_their_answer() {
    let arguments = [
        "-F",
        "a",
        "--",
        "--config",
        "x=1",
        "--config=y=2",
        "--locked",
        "-j1",
    ];
    let (config, graph) = query_arguments(&options(&arguments));
    assert_eq!(config, ["--config", "x=1", "--config=y=2"]);
    let expected = [
        "--locked",
        "--config",
        "x=1",
        "--config=y=2",
        "--features",
        "a",
    ];
    assert_eq!(graph, expected);
    let (_, graph) = query_arguments(&options(&["-p", "app", "-F", "a"]));
    assert_eq!(graph, ["--all-features"]);
}

/// The variables that `cargo recover env` prints.
fn variables(arguments: &[&str], facts: &Facts) -> BTreeMap<String, Option<String>> {
    let set = super::variables(&options(arguments), pins(), facts, false, &mut vec![]);
    set.unwrap().into_iter().collect()
}

#[test]
fn an_unwind_build_calls_the_wrapper_of_the_user_through_ours() {
    let mut facts = facts();
    facts.config = json!({ "build": { "rustc-wrapper": "sccache" } });
    let line = line(&[], &facts);
    let part = " RUSTC_WRAPPER=/bin/cargo-recover CARGO_RECOVER_RUSTC_WRAPPER=sccache ";
    assert!(line.contains(part), "{line}");
}

#[test]
fn the_variables_are_those_of_the_build() {
    let mut facts = facts();
    facts.manifest = json!({ "profile": { "small-one": { "inherits": "release", "lto": true } } });
    let set = variables(&["--profile", "small-one"], &facts);
    for (name, value) in [
        ("RUSTC_WRAPPER", "/bin/cargo-recover"),
        ("CARGO_RECOVER_RUSTC_WRAPPER", ""),
        ("RUSTFLAGS", "-Cpanic=unwind"),
        ("RUSTUP_TOOLCHAIN", &*pins().nightly),
        ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind"),
        ("CARGO_PROFILE_SMALL_ONE_LTO", "thin"),
    ] {
        assert_eq!(set[name].as_deref(), Some(value), "{name}");
    }
    assert_eq!(set.len(), 7);
    let set = variables(&["--strategy", "abort"], &facts);
    let names: Vec<_> = set.keys().map(String::as_str).collect();
    assert_eq!(names, ["CARGO_BUILD_TARGET", "RUSTUP_TOOLCHAIN"]);
}

#[test]
fn a_tool_that_runs_our_wasm_bindgen_compiles_for_its_gate() {
    let set = |arguments: &[&str]| -> BTreeMap<String, Option<String>> {
        let set = super::variables(&options(arguments), pins(), &facts(), true, &mut vec![]);
        set.unwrap().into_iter().collect()
    };
    let unwind = set(&[]);
    assert_eq!(
        unwind["WASM_BINDGEN_BIN"].as_deref(),
        Some("/bin/cargo-recover")
    );
    let flags = unwind["RUSTFLAGS"].clone().unwrap();
    assert!(flags.contains("--cfg=recover_gate"), "{flags}");
    let flags = set(&["--strategy", "abort"])["RUSTFLAGS"].clone().unwrap();
    assert!(flags.contains("--cfg=recover_gate"), "{flags}");
    assert!(flags.contains("--export=__stack_pointer"), "{flags}");
}
