//! Real builds, loaded in Node (`RECOVER_NODE`, or the one on the PATH).

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{
    Run, clean, eh, fixture, light, manifest, pin, real_wasm_bindgen, recover, refused, run,
    script, succeed,
};

const LIBRARY: &str = r#"
use wasm_bindgen::prelude::*;

#[cfg(not(fixture_backend = "custom words"))]
compile_error!("the flags of .cargo/config.toml were lost");

/// Panics for zero.
#[wasm_bindgen]
pub fn half(n: u32) -> u32 {
    if n == 0 {
        panic!("zero");
    }
    n / 2
}

#[wasm_bindgen(inline_js = "export function answer() { return 42; }")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn answer() -> Result<u32, JsValue>;
}

/// Asks the snippet.
#[wasm_bindgen]
pub fn ask() -> u32 {
    answer().unwrap_or(0)
}

#[cfg(feature = "classes")]
mod classes {
    #[used]
    #[unsafe(link_section = "recover_error_classes")]
    static ONE: [u8; 12] = *b"Lost\tone::A\n";
    #[used]
    #[unsafe(link_section = "recover_error_classes")]
    static AGAIN: [u8; 12] = *b"Lost\tone::A\n";
}

#[cfg(feature = "clash")]
mod clash {
    #[used]
    #[unsafe(link_section = "recover_error_classes")]
    static TWO: [u8; 12] = *b"Lost\ttwo::B\n";
}
"#;

const FEATURES: &str = "[features]\nclasses = []\nclash = [\"classes\"]\n";

/// A flag with a space, as getrandom's users have them, in the given table.
fn config(table: &str) -> String {
    format!("[{table}]\nrustflags = [\"--cfg\", 'fixture_backend=\"custom words\"']\n")
}

fn real(name: &str, table: &str, end: &str) -> PathBuf {
    // The library keeps its name; cargo tells the crates apart by their path.
    let library = "[lib]\nname = \"fixture\"\n";
    let manifest = manifest(name, &(real_wasm_bindgen() + FEATURES + end));
    let manifest = manifest.replace("[lib]\n", library);
    let files = [
        ("Cargo.toml", &*manifest),
        ("src/lib.rs", LIBRARY),
        (".cargo/config.toml", &config(table)),
    ];
    fixture(name, &files)
}

/// Loads a package for the web and prints what its functions answer.
fn load(package: &Path) -> String {
    let package = package.display();
    script(&format!(
        "import {{ readFileSync }} from 'node:fs';
         const wasm = await import('file://{package}/fixture.js');
         wasm.initSync({{ module: readFileSync('{package}/fixture_bg.wasm') }});
         const attempt = (f) => {{ try {{ return f(); }} catch (e) {{ return e.constructor.name; }} }};
         console.log(wasm.half(8), wasm.ask(), attempt(() => wasm.half(0)), attempt(() => wasm.half(6)));"
    ))
}

fn abort(root: &Path, more: &[&str]) -> Run {
    let arguments = [&["build", "--strategy", "abort", "--eh", eh()], more].concat();
    succeed(recover(root, &arguments))
}

#[test]
fn an_abort_build_runs_and_keeps_files_that_are_not_ours() {
    let root = real("abort", "build", "");
    let said = abort(&root, &[]).stderr;
    assert!(said.contains(&pin("stable")), "{said}");
    for file in [
        "fixture_bg.wasm",
        "fixture.js",
        "fixture.d.ts",
        "package.json",
    ] {
        assert!(said.contains(file), "{file} in: {said}");
        assert!(root.join("pkg").join(file).is_file(), "{file}");
    }
    // The panic is a trap here, of which plain glue knows nothing.
    assert_eq!(load(&root.join("pkg")), "4 42 RuntimeError 3");

    // Ours is written again, another's is kept.
    let json = root.join("pkg/package.json");
    assert!(
        fs::read_to_string(&json)
            .unwrap()
            .contains("\"version\": \"1.2.3\"")
    );
    fs::write(&json, "{\"name\": \"theirs\"}").unwrap();
    let said = abort(&root, &[]).stderr;
    assert!(said.contains("kept package.json"), "{said}");
    assert!(said.contains("must be \"module\""), "{said}");
    assert_eq!(fs::read_to_string(&json).unwrap(), "{\"name\": \"theirs\"}");
}

/// The names of the custom sections of a module.
fn custom_sections(wasm: &Path) -> Vec<String> {
    let wasm = fs::read(wasm).unwrap();
    let payloads = wasmparser::Parser::new(0).parse_all(&wasm);
    let sections = payloads.filter_map(|payload| match payload.unwrap() {
        wasmparser::Payload::CustomSection(section) => Some(section.name().to_owned()),
        _ => None,
    });
    sections.collect()
}

#[test]
fn symbols_that_are_to_be_stripped_are_there_while_wasm_bindgen_reads_them() {
    let root = real(
        "stripped",
        "build",
        "[profile.stripped]\ninherits = \"release\"\nstrip = true\n",
    );
    let package = root.join("pkg");
    let set = |variable: &str, value: &str, more: &[&str]| {
        let arguments = ["build", "--strategy", "abort", "--eh", eh()];
        let mut command = recover(&root, &[&arguments[..], more].concat());
        command.env(variable, value);
        command
    };
    let words = "--cfg\x1ffixture_backend=\"custom words\"";
    let flags = "CARGO_ENCODED_RUSTFLAGS";
    for (variable, value, more) in [
        // That of the profile alone.
        ("UNUSED", String::new(), &["--profile", "stripped"][..]),
        ("CARGO_PROFILE_RELEASE_STRIP", "symbols".to_owned(), &[]),
        (flags, format!("{words}\x1f-Cstrip=symbols"), &[]),
    ] {
        succeed(set(variable, &value, more));
        assert_eq!(load(&package), "4 42 RuntimeError 3", "{variable}");
        let sections = custom_sections(&package.join("fixture_bg.wasm"));
        assert!(
            !sections.contains(&"name".to_owned()),
            "{variable}: {sections:?}"
        );
    }
    abort(&root, &[]);
    let sections = custom_sections(&package.join("fixture_bg.wasm"));
    assert!(sections.contains(&"name".to_owned()), "{sections:?}");

    // What the linker is told past rustc can't be taken back.
    let linker = format!("{words}\x1f-Clink-arg=-s");
    let run = run(set(flags, &linker, &[]));
    assert_eq!(run.code, 2, "{}", run.stderr);
    let line = run.stderr.lines().last().unwrap();
    assert!(line.contains("strip = true"), "{line}");
}

#[test]
fn a_node_package_is_required_below_a_commonjs_package() {
    let root = real("nodejs", "target.wasm32-unknown-unknown", "");
    fs::write(root.join("package.json"), "{\"type\": \"commonjs\"}").unwrap();
    let sizes = ["--stack-size", "65536", "--max-memory", "2097152"];
    let target = ["--target", "nodejs", "--dev", "--out-dir", "out"];
    abort(&root, &[&sizes[..], &target].concat());
    let package = root.join("out");
    let package = package.display();
    let answer = || {
        script(&format!(
            "import {{ createRequire }} from 'node:module';
             const wasm = createRequire('{package}/')('{package}');
             console.log(wasm.half(8), wasm.ask());"
        ))
    };
    assert_eq!(answer(), "4 42");
    // The limit is in the memory section, which the engine reports nowhere.
    let wasm = fs::read(root.join("out/fixture_bg.wasm")).unwrap();
    let mut limit = None;
    for payload in wasmparser::Parser::new(0).parse_all(&wasm) {
        if let wasmparser::Payload::MemorySection(section) = payload.unwrap() {
            limit = section.into_iter().next().unwrap().unwrap().maximum;
        }
    }
    assert_eq!(limit, Some(32));
    // Snippets for this target may be CommonJS, too.
    let commonjs = "module.exports.answer = () => require('node:path').sep.length + 42;";
    let library = LIBRARY.replace("export function answer() { return 42; }", commonjs);
    fs::write(root.join("src/lib.rs"), library).unwrap();
    abort(&root, &[&sizes[..], &target].concat());
    assert_eq!(answer(), "4 43");
}

#[test]
fn what_a_crate_links_is_in_the_glue_or_a_file() {
    let root = real("linked", "build", "");
    let linked = "
/// Where the linked module is.
#[wasm_bindgen]
pub fn linked() -> String {
    wasm_bindgen::link_to!(inline_js = \"export const there = 43;\")
}
";
    fs::write(root.join("src/lib.rs"), LIBRARY.to_owned() + linked).unwrap();
    let build = |more: &[&str]| {
        abort(&root, &[&["--dev"], more].concat());
        let package = root.join("pkg");
        let package = package.display();
        script(&format!(
            "import {{ readFileSync }} from 'node:fs';
             const wasm = await import('file://{package}/fixture.js');
             wasm.initSync({{ module: readFileSync('{package}/fixture_bg.wasm') }});
             const url = new URL(wasm.linked());
             // Node imports no blob.
             const text = url.protocol === 'blob:' ? await (await fetch(url)).text() : `${{(await import(url)).there}}`;
             console.log(url.protocol, text.includes('43'));"
        ))
    };
    assert_eq!(build(&[]), "blob: true");
    assert_eq!(build(&["--split-linked-modules"]), "file: true");
}

#[test]
fn two_types_with_one_class_fail_and_the_section_is_removed() {
    let root = real("classes", "target.'cfg(target_arch = \"wasm32\")'", "");
    abort(&root, &["--features", "classes"]);
    let wasm = fs::read(root.join("pkg/fixture_bg.wasm")).unwrap();
    let name = b"recover_error_classes";
    assert!(!wasm.windows(name.len()).any(|window| window == name));

    let arguments = ["build", "--strategy", "abort", "--features", "clash"];
    let run = run(recover(&root, &arguments));
    assert_eq!(run.code, 2, "{}", run.stderr);
    let line = run.stderr.lines().last().unwrap();
    for part in [
        "error: ",
        "`Lost`",
        "`one::A`",
        "`two::B`",
        "#[js_error(name",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

/// The manifest of a crate of ours.
fn ours(name: &str) -> String {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let dependency = format!("[dependencies]\nrecover-runtime.path = {runtime:?}\n");
    manifest(name, &dependency)
}

#[test]
fn a_copy_before_each_call_needs_a_build_that_unwinds() {
    let library = "#[recover_runtime::recoverable(on_panic = \"rollback\", rollback = \"clone\")]
        #[derive(Clone)] pub struct Copied { values: Vec<u32> }";
    let root = fixture(
        "copied",
        &[("Cargo.toml", &ours("copied")), ("src/lib.rs", library)],
    );
    let run = run(recover(&root, &["build", "--strategy", "abort"]));
    assert_ne!(run.code, 0);
    let said = "use `persist`, or build with panic=unwind";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains("src/lib.rs:1:"), "{}", run.stderr);
}

#[test]
fn two_derived_errors_with_one_class_fail() {
    let manifest = ours("derived");
    let error = |name: &str| {
        format!(
            "use recover_runtime::JsErrorClass;
             #[derive(Debug, JsErrorClass)] pub enum {name} {{ Gone }}
             impl std::fmt::Display for {name} {{
                 fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ f.write_str(\"gone\") }}
             }}
             #[recover_runtime::recoverable]
             pub fn fail_{}() -> Result<u32, {name}> {{ Err({name}::Gone) }}",
            name.to_lowercase()
        )
    };
    let root = fixture(
        "derived",
        &[
            ("Cargo.toml", &manifest),
            ("src/lib.rs", "pub mod shelf; pub mod till;"),
            ("src/shelf.rs", &error("Shelf")),
            ("src/till.rs", &error("Till")),
        ],
    );
    let run = run(recover(&root, &["build", "--strategy", "abort"]));
    assert_eq!(run.code, 2, "{}", run.stderr);
    let line = run.stderr.lines().last().unwrap();
    for part in [
        "`GoneError`",
        "derived::shelf::Shelf",
        "derived::till::Till",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn an_unwind_build_works_after_a_panic() {
    let root = real(
        "unwind",
        "build",
        "[profile.release]\nlto = true\npanic = \"abort\"\n",
    );
    let arguments = ["build", "--eh", eh(), "--out-dir", "out"];
    let said = succeed(recover(&root, &arguments)).stderr;
    assert!(said.contains(&pin("nightly")), "{said}");
    assert!(said.contains("panic = \"unwind\""), "{said}");
    let thin = said.contains("profile.release.lto=\"thin\"");
    assert_eq!(thin, eh() == "exnref", "{said}");
    assert_eq!(load(&root.join("out")), "4 42 PanicError 3");
}

/// The marks among the flags of a command line, in order, each once.
fn marks(line: &str) -> Vec<String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut marks: Vec<String> = vec![];
    for word in words.filter(|word| word.starts_with("mark_")) {
        if !marks.iter().any(|mark| mark == word) {
            marks.push(word.to_owned());
        }
    }
    marks
}

/// What we think cargo does with its sources, against what cargo does.
#[test]
fn the_flags_are_those_that_cargo_would_use() {
    const BUILD: &str = "[build]\nrustflags = [\"--cfg\", \"mark_build\"]\n";
    const TRIPLE: &str = "[target.wasm32-unknown-unknown]\nrustflags = \"--cfg mark_triple\"\n";
    const CFGS: &str = "[target.'cfg(target_family = \"wasm\")']\n\
                        rustflags = [\"--cfg\", \"mark_family\"]\n\
                        [target.'cfg(all(target_arch = \"wasm32\", not(unix)))']\n\
                        rustflags = [\"--cfg\", \"mark_arch\"]\n\
                        [target.'cfg(unix)']\nrustflags = [\"--cfg\", \"mark_unix\"]\n";
    let outer = ("RUSTFLAGS", "--cfg mark_plain");
    let encoded = ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fmark_encoded");
    let of_build = ("CARGO_BUILD_RUSTFLAGS", "--cfg mark_env_build");
    let of_target = (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "--cfg mark_env_target",
    );
    let empty = ("RUSTFLAGS", "");
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
    let cases: &[Case] = &[
        (&[], &[]),
        (&[BUILD], &[]),
        (&[BUILD], &[of_build]),
        (&[BUILD, TRIPLE], &[]),
        (&[BUILD, CFGS], &[]),
        (&[BUILD, TRIPLE, CFGS], &[of_build, of_target]),
        (&[BUILD], &[of_target]),
        (&[BUILD, TRIPLE, CFGS], &[outer]),
        (&[BUILD, TRIPLE, CFGS], &[outer, encoded]),
        (&[BUILD, TRIPLE, CFGS], &[empty]),
    ];
    let parent = fixture(
        "parent-of-sources",
        &[(
            ".cargo/config.toml",
            "[build]\nrustflags = [\"--cfg\", \"mark_parent\"]\n",
        )],
    );
    for (number, (tables, variables)) in cases.iter().enumerate() {
        let config = tables.concat();
        let name = format!("parent-of-sources/sources-{number}");
        let version = pin("wasm-bindgen");
        let more = [(".cargo/config.toml", &*config)];
        let root = light_in(&name, &version, &more);
        assert!(root.starts_with(&parent));

        let mut ours = recover(&root, &["build", "--dry-run"]);
        let mut cargos = clean("rustup");
        cargos.args(["run", &pin("nightly"), "cargo", "rustc", "-v", "--lib"]);
        cargos
            .args(["--target", "wasm32-unknown-unknown"])
            .current_dir(&root);
        for command in [&mut ours, &mut cargos] {
            command.envs(variables.iter().copied());
        }
        let said = succeed(cargos).stderr;
        let line = said
            .lines()
            .find(|line| line.contains("--crate-name source"))
            .unwrap_or_else(|| panic!("cargo ran no rustc: {said}"));
        assert_eq!(
            marks(&succeed(ours).stdout),
            marks(line),
            "case {number}: {config} {variables:?}"
        );
    }
}

/// A light crate whose directory is not its name.
fn light_in(directory: &str, version: &str, more: &[(&str, &str)]) -> PathBuf {
    let root = light(directory, version, "", more);
    let manifest = manifest(
        "source",
        "[dependencies]\nwasm-bindgen.path = \"wasm-bindgen\"\n",
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    root
}

#[test]
fn contradicting_flags_in_a_config_argument_are_refused() {
    let root = light("config-argument", &pin("wasm-bindgen"), "", &[]);
    let setting = "build.rustflags=[\"-Cpanic=abort\"]";
    let arguments = ["build", "--", "--config", setting];
    refused(
        recover(&root, &arguments),
        &["`-Cpanic=abort`", "build.rustflags"],
    );
}

/// Copies a text in, which is all that is asked of it.
const COPIES: &str =
    "#[recover_runtime::recoverable]\npub fn length(text: String) -> usize { text.len() }\n";

/// How each kind of package is loaded; Node can't load Deno's.
const LOADED: [(&str, Option<&str>); 5] = [
    (
        "web",
        Some(
            "const wasm = await import('file://PKG/copies.js'); wasm.initSync({ module: readFileSync('PKG/copies_bg.wasm') });",
        ),
    ),
    ("nodejs", Some("const wasm = createRequire('PKG/')('PKG');")),
    (
        "bundler",
        Some("const wasm = await import('file://PKG/copies.js');"),
    ),
    ("module", None),
    ("deno", None),
];

/// The files of the runtime that a package has.
fn host_directory(package: &Path) -> PathBuf {
    let snippets = fs::read_dir(package.join("snippets")).unwrap();
    let mut directories = snippets.map(|entry| entry.unwrap().path());
    let ours = directories.find(|path| path.to_string_lossy().contains("recover-runtime-"));
    ours.unwrap().join("js")
}

fn host_modules(package: &Path) -> Vec<String> {
    let files = fs::read_dir(host_directory(package)).unwrap();
    let mut names: Vec<_> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn arguments_are_copied_in_through_the_host_for_every_target() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let end = format!(
        "[dependencies]\nrecover-runtime.path = {:?}\n",
        runtime.canonicalize().unwrap()
    );
    let manifest = manifest("copies", &end);
    let root = fixture(
        "copies",
        &[("Cargo.toml", &manifest), ("src/lib.rs", COPIES)],
    );
    // Files of the runtime that another release has shipped do not stay.
    abort(&root, &["--debug-info", "--out-dir", "web"]);
    assert_eq!(
        host_modules(&root.join("web")),
        ["recover.js", "recover.js.map"]
    );
    fs::write(host_directory(&root.join("web")).join("errors.js"), "").unwrap();
    for (target, load) in LOADED {
        let sizes = ["--stack-size", "65536", "--max-memory", "2097152"];
        abort(
            &root,
            &[&sizes[..], &["--target", target, "--out-dir", target]].concat(),
        );
        let package = root.join(target);
        let file = if target == "bundler" {
            "copies_bg.js"
        } else {
            "copies.js"
        };
        let glue = fs::read_to_string(package.join(file)).unwrap();
        for part in ["maximum: 2097152,", "__recover_gate.copying();"] {
            assert!(glue.contains(part), "{target}: {part}");
        }
        assert!(!glue.contains("__wbindgen_malloc"), "{target}");
        if target == "web" {
            assert_eq!(host_modules(&package), ["recover.js", "recover.js.map"]);
        }
        let Some(load) = load else { continue };
        let load = load.replace("PKG", &package.display().to_string());
        let answer = script(&format!(
            "import {{ createRequire }} from 'node:module';
             import {{ readFileSync }} from 'node:fs';
             {load}
             for (const text of ['x'.repeat(2 ** 22), 'é'.repeat(2 ** 20), 'fine']) {{
                 try {{ console.log(wasm.length(text)); }}
                 catch (e) {{ console.log(e instanceof wasm.OutOfMemoryError, e.requested, e.limit); }}
             }}"
        ));
        assert_eq!(
            answer, "true 4194304 2097152\ntrue 3145728 2097152\n4",
            "{target}"
        );
    }
}
