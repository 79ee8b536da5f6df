//! From a trap in a shipped module to the line of Rust: real builds, a real Node.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Run, eh, fixture, manifest, recover, refused, script, succeed};

const LIBRARY: &str = r#"use recover_runtime::recoverable;

#[inline(always)]
fn inner(list: &[u32], at: usize) -> u32 {
    if at > 7 {
        core::arch::wasm32::unreachable() // here
    }
    list[at]
}

#[inline(never)]
fn middle(list: &[u32], at: usize) -> u32 {
    let first = std::hint::black_box(at);
    inner(list, first) + 1 // through here
}

#[recoverable]
pub fn fails(at: usize) -> u32 {
    let list: Vec<u32> = (0..at as u32).collect();
    std::hint::black_box(middle(&list, at))
}

#[recoverable]
pub fn recurses(depth: u32) -> u32 {
    let page = std::hint::black_box([depth; 64]);
    if depth == 0 {
        return page[1];
    }
    recurses(depth - 1) + page[0]
}
"#;

/// The line that ends with a mark.
fn line(mark: &str) -> u64 {
    let at = LIBRARY.lines().position(|line| line.ends_with(mark));
    at.unwrap() as u64 + 1
}

fn crate_of(name: &str) -> PathBuf {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.canonicalize().unwrap();
    let manifest = manifest(
        name,
        &format!("[dependencies]\nrecover-runtime = {{ path = {runtime:?} }}\n"),
    );
    let manifest = manifest.replace("[lib]\n", "[lib]\nname = \"app\"\n");
    fixture(name, &[("Cargo.toml", &*manifest), ("src/lib.rs", LIBRARY)])
}

fn build(root: &Path, more: &[&str]) -> Value {
    let arguments = [&["build", "--json", "--eh", eh()], more].concat();
    let run: Run = succeed(recover(root, &arguments));
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

/// The stack of the trap in a package, and the id that the program tells.
fn trapped(root: &Path, package: &str) -> (String, String) {
    let package = root.join(package).display().to_string();
    let told = script(&format!(
        "const wasm = await import('file://{package}/app.js'); await wasm.default();
         let stack; try {{ wasm.fails(9); }} catch (error) {{ stack = (error.cause ?? error).stack; }}
         console.log(JSON.stringify([stack, wasm.recovery.health().build]));"
    ));
    let told: Value = serde_json::from_str(&told).unwrap();
    let text = |at: usize| told[at].as_str().unwrap_or_default().to_owned();
    (text(0), text(1))
}

fn symbolicated(root: &Path, file: &str, more: &[&str]) -> Run {
    let arguments = [&["symbolicate", file, "--debug", "app.debug.wasm"], more].concat();
    succeed(recover(root, &arguments))
}

/// The calls at the frames of a module, the innermost first.
fn calls(root: &Path, file: &str) -> Vec<(String, String, u64, bool)> {
    let run = symbolicated(root, file, &["--format", "json"]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let frames = answer["frames"].as_array().unwrap().iter();
    let calls = frames.flat_map(|frame| frame["calls"].as_array().into_iter().flatten());
    let told = |call: &Value| {
        (
            call["function"].as_str().unwrap().to_owned(),
            call["file"].as_str().unwrap_or_default().to_owned(),
            call["line"].as_u64().unwrap_or(0),
            call["inlined"].as_bool().unwrap(),
        )
    };
    calls.map(told).collect()
}

fn leads_to_the_line(name: &str, strategy: &str) {
    let root = crate_of(name);
    let size = |package: &str| {
        let wasm = root.join(package).join("app_bg.wasm");
        fs::metadata(wasm).unwrap().len()
    };
    let split = build(&root, &["--strategy", strategy, "--debug-info=split"]);
    let id = split["build"].as_str().unwrap();
    assert_eq!(id.len(), 40, "{split}");
    assert!(
        split["debug_file"]
            .as_str()
            .unwrap()
            .ends_with("/app.debug.wasm")
    );
    let json = fs::read_to_string(root.join("pkg/package.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["recover"]["build"], id);
    assert!(
        !root.join("pkg/app.debug.wasm").exists(),
        "it is not of the package"
    );

    // What is shipped has neither lines nor names, and is as large as without debug info.
    let shipped = fs::read(root.join("pkg/app_bg.wasm")).unwrap();
    let debug = fs::read(root.join("app.debug.wasm")).unwrap();
    let has = |wasm: &[u8], name: &str| wasm.windows(name.len()).any(|it| it == name.as_bytes());
    assert!(!has(&shipped, ".debug_info") && !has(&shipped, "\x04name"));
    assert!(
        has(&debug, ".debug_info") && debug.starts_with(&shipped),
        "an offset is the same in both"
    );
    let none = build(
        &root,
        &["--strategy", strategy, "--no-names", "--out-dir", "none"],
    );
    let (with, without) = (size("pkg"), size("none"));
    assert!(with.abs_diff(without) <= 100, "{with} and {without} bytes");
    println!(
        "{strategy}: shipped {with} B, without debug info {without} B, debug file {} B",
        debug.len()
    );
    assert!(none["debug_file"].is_null());

    let (stack, build_of_program) = trapped(&root, "pkg");
    assert_eq!(build_of_program, id, "health() tells it");
    fs::write(root.join("stack.txt"), &stack).unwrap();
    let found = calls(&root, "stack.txt");
    let expected = [
        ("app::inner", line("// here"), true),
        ("app::middle", line("// through here"), false),
    ];
    // In front may stand the instruction that traps, of core.
    let at = found.iter().position(|call| call.0 == "app::inner");
    let at = at.unwrap_or_else(|| panic!("{found:?}\n{stack}"));
    for ((function, line, inlined), call) in expected.iter().zip(&found[at..]) {
        let expected = (
            function.to_string(),
            "src/lib.rs".to_owned(),
            *line,
            *inlined,
        );
        assert_eq!(*call, expected, "{found:?}\n{stack}");
    }
    // Frames of JavaScript stay.
    let text = symbolicated(&root, "stack.txt", &[]).stdout;
    let of_glue = stack.lines().find(|line| line.contains("app.js")).unwrap();
    assert!(text.lines().any(|line| line == of_glue), "{text}");
    let inner = format!("    at app::inner (src/lib.rs:{}:", line("// here"));
    assert!(text.contains(&inner), "{text}");

    // A report says the same, and one of another build is refused by name.
    let frames: Vec<_> = stack
        .split("wasm-function[")
        .skip(1)
        .map(|frame| {
            let (index, rest) = frame.split_once("]:0x").unwrap();
            let digits = rest.trim_end_matches(|it: char| !it.is_ascii_hexdigit());
            let digits = digits
                .split(|it: char| !it.is_ascii_hexdigit())
                .next()
                .unwrap();
            format!("[{index},{}]", u32::from_str_radix(digits, 16).unwrap())
        })
        .collect();
    let report = |build: &str| {
        let frames = frames.join(",");
        format!("{{\"version\":1,\"build\":\"{build}\",\"name\":\"E\",\"frames\":[{frames}]}}")
    };
    fs::write(root.join("report.json"), report(id)).unwrap();
    assert_eq!(calls(&root, "report.json"), found);
    let github = symbolicated(&root, "report.json", &["--format", "github"]).stdout;
    let place = format!("::error file=src/lib.rs,line={},col=", line("// here"));
    assert!(
        github.starts_with(&place) && github.lines().count() == 1,
        "{github}"
    );
    let other = "ab".repeat(20);
    fs::write(root.join("other.json"), report(&other)).unwrap();
    refused(
        recover(
            &root,
            &["symbolicate", "other.json", "--debug", "app.debug.wasm"],
        ),
        &["other.json", &other, id],
    );
    // Where the engine tells no offset, it is the function's own line.
    fs::write(root.join("jsc.txt"), of_javascript_core(&stack)).unwrap();
    let own = LIBRARY
        .lines()
        .position(|line| line.starts_with("fn middle"))
        .unwrap() as u64
        + 1;
    let found = calls(&root, "jsc.txt");
    assert!(
        found
            .iter()
            .any(|call| call.0 == "app::middle" && call.2 == own),
        "{found:?}"
    );

    // Many of them: no time is asserted, it is printed.
    fs::write(
        root.join("many.ndjson"),
        format!("{}\n", report(id)).repeat(2000),
    )
    .unwrap();
    let many = symbolicated(&root, "many.ndjson", &["--format", "json"]);
    assert_eq!(many.stdout.lines().count(), 2000);
    println!("{}", many.stderr.trim());

    refused(
        recover(
            &root,
            &["symbolicate", "stack.txt", "--debug", "pkg/app_bg.wasm"],
        ),
        &["has no debug information", "--debug-info=split"],
    );
    refused(
        recover(
            &root,
            &["symbolicate", "stack.txt", "--debug", "src/lib.rs"],
        ),
        &["is no WebAssembly module"],
    );
    refused(
        recover(&root, &["symbolicate", "stack.txt", "--debug", "no.wasm"]),
        &["cannot read", "no.wasm"],
    );
    // The same again has the same id.
    let again = build(&root, &["--strategy", strategy, "--debug-info=split"]);
    assert_eq!(again["build"], id);
}

/// The same stack, as JavaScriptCore writes one.
fn of_javascript_core(stack: &str) -> String {
    let frames = stack.split("wasm-function[").skip(1);
    let index = |frame: &str| frame.split(']').next().unwrap_or_default().to_owned();
    let lines = frames.map(|frame| format!("<?>.wasm-function[{}]@[wasm code]\n", index(frame)));
    lines.collect()
}

#[test]
fn a_trap_of_an_abort_build_leads_to_the_line_and_what_was_inlined_there() {
    leads_to_the_line("symbols-abort", "abort");
}

#[test]
#[ignore = "the stage `testing`"]
fn a_trap_of_an_unwind_build_leads_to_the_line_and_what_was_inlined_there() {
    leads_to_the_line("symbols-unwind", "unwind");
}
