//! Which calls of rustc are changed, and how.

use super::*;

const REGISTRY: &str = "/home/u/.cargo/registry/src/index";

fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        directory: format!("{REGISTRY}/{name}-{version}").into(),
    }
}

fn words(text: &str) -> Vec<OsString> {
    text.split(' ').map(OsString::from).collect()
}

/// A call as cargo makes it, of the crate `name`.
fn call(name: &str, source: &str, more: &str) -> Vec<OsString> {
    words(&format!(
        "--crate-name {name} --edition=2021 {source} --crate-type lib --emit=dep-info,metadata,link \
         -C opt-level=3 -C extra-filename=-1234 --out-dir /ws/target/release/deps{more}"
    ))
}

fn support(more: &str) -> (Vec<OsString>, Package) {
    let package = package("wasm-bindgen-macro-support", "0.2.128");
    let source = format!("{}/src/lib.rs", package.directory.display());
    (call("wasm_bindgen_macro_support", &source, more), package)
}

fn text(arguments: &[OsString]) -> String {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    words.join(" ")
}

#[test]
fn the_macros_are_compiled_from_a_copy_and_name_the_package() {
    let (arguments, package) = support("");
    let kind = kind(&arguments, &package.directory, &package);
    let Kind::Changed(copied) = &kind else {
        panic!("{kind:?}");
    };
    let copy = "/ws/target/release/deps/wasm_bindgen_macro_support-1234.unwind";
    assert_eq!(copied.copy, Path::new(copy));
    let file = "/ws/target/release/deps/wasm_bindgen_macro_support-1234.d";
    assert_eq!(copied.dependencies.as_deref(), Some(Path::new(file)));
    let original = package.directory.to_string_lossy().into_owned();
    let now = text(&changed(&kind, arguments.clone()));
    assert!(now.contains(&format!("{copy}/src/lib.rs")), "{now}");
    assert!(
        now.ends_with(&format!(" --remap-path-prefix {copy}={original}")),
        "{now}"
    );
    let list = format!("{file}: {copy}/src/lib.rs\n");
    assert_eq!(
        watched(&list, copied),
        format!("{file}: {original}/src/lib.rs\n")
    );
}

#[test]
fn what_is_no_crate_of_wasm_bindgen_is_left_alone() {
    let (arguments, mut of_other) = support("");
    of_other.name = "other".to_owned();
    assert_eq!(kind(&arguments, Path::new("/ws"), &of_other), Kind::Other);
    let bindgen = package("wasm-bindgen", "0.2.128");
    let source = format!("{}/build.rs", bindgen.directory.display());
    let script = call("build_script_build", &source, "");
    assert_eq!(kind(&script, Path::new("/ws"), &bindgen), Kind::Other);
    assert_eq!(changed(&Kind::Other, script.clone()), script);
}

#[test]
fn wasm_bindgen_itself_is_changed_for_wasm_only() {
    let package = package("wasm-bindgen", "0.2.128");
    let source = format!("{}/src/lib.rs", package.directory.display());
    let of = |more: &str| {
        kind(
            &call("wasm_bindgen", &source, more),
            Path::new("/ws"),
            &package,
        )
    };
    assert_eq!(of(""), Kind::Other);
    for target in ["x86_64-unknown-linux-gnu", "wasm32-wasip2"] {
        assert_eq!(of(&format!(" --target {target}")), Kind::Other);
    }
    assert!(matches!(
        of(" --target wasm32-unknown-unknown"),
        Kind::Changed(_)
    ));
}

#[test]
fn a_package_of_the_workspace_is_found_from_where_cargo_runs() {
    let package = Package {
        name: "wasm-bindgen-macro-support".to_owned(),
        version: "0.2.128".to_owned(),
        directory: "/ws/vendor/support".into(),
    };
    let arguments = call(
        "wasm_bindgen_macro_support",
        "vendor/support/src/lib.rs",
        "",
    );
    let Kind::Changed(copied) = kind(&arguments, Path::new("/ws"), &package) else {
        panic!("it was not recognised");
    };
    assert_eq!(copied.root, Path::new("src/lib.rs"));
}

#[test]
fn the_names_that_the_users_flags_give_to_folders_are_kept() {
    let more = " --remap-path-prefix /home/u=/other --remap-path-prefix=/home/u/.cargo=/cargo";
    let (arguments, package) = support(more);
    let kind = kind(&arguments, &package.directory, &package);
    let now = text(&changed(&kind, arguments));
    let shown = "=/cargo/registry/src/index/wasm-bindgen-macro-support-0.2.128";
    assert!(now.ends_with(shown), "{now}");
}

#[test]
fn the_question_for_the_version_is_recognised_behind_a_wrapper_for_the_workspace() {
    let of = |text: &str| kind(&words(text), Path::new("/"), &Package::default());
    assert_eq!(of("-vV"), Kind::Version);
    assert_eq!(of("rustc -vV"), Kind::Version);
    assert_eq!(of("--crate-name ___ --print=cfg -vV"), Kind::Other);
    assert_eq!(of("-"), Kind::Other);
}

#[test]
fn the_runtime_is_told_that_imports_unwind() {
    let package = package("recover-runtime", "0.1.0");
    let source = format!("{}/src/lib.rs", package.directory.display());
    let arguments = call("recover_runtime", &source, "");
    let kind = kind(&arguments, Path::new("/ws"), &package);
    assert_eq!(kind, Kind::Runtime);
    assert!(text(&changed(&kind, arguments)).ends_with(&format!(" --cfg {CFG}")));
}

#[test]
fn the_identity_is_one_line() {
    let line = identity();
    assert!(
        line.starts_with("cargo-recover: ") && !line.contains('\n'),
        "{line}"
    );
}
