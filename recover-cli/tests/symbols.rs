//! From a trap in a shipped module to the line of Rust: real builds, a real Node.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Run, eh, fixture, manifest, recover, refused, script, succeed};
use wasmparser::{BinaryReader, KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef};

const LIBRARY: &str = r#"use recover_runtime::recoverable;

#[inline(always)]
fn inner(list: &[u32], at: usize) -> u32 {
    if at > 7 {
        core::arch::wasm32::unreachable() // here
    }
    list.get(at).copied().unwrap_or(0)
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

#[recoverable(persist = "journal")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Shelf(u32);

#[recoverable]
impl Shelf {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Shelf(0)
    }

    pub fn put(&mut self, at: usize) -> u32 {
        self.0 += fails(at);
        self.0
    }
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
        &format!(
            "[dependencies]\nrecover-runtime = {{ path = {runtime:?}, features = [\"persist\"] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        ),
    );
    let manifest = manifest.replace(
        "[lib]\n",
        &format!("[lib]\nname = \"{}\"\n", name.replace('-', "_")),
    );
    fixture(name, &[("Cargo.toml", &*manifest), ("src/lib.rs", LIBRARY)])
}

fn build(root: &Path, more: &[&str]) -> Value {
    let arguments = [&["build", "--json", "--eh", eh()], more].concat();
    let run: Run = succeed(recover(root, &arguments));
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

/// The stack of the trap in a package, and the id that the program tells.
fn trapped(root: &Path, lib: &str, package: &str) -> (String, String) {
    let package = root.join(package).display().to_string();
    let told = script(&format!(
        "const wasm = await import('file://{package}/{lib}.js'); await wasm.default();
         let stack; try {{ wasm.fails(9); }} catch (error) {{ stack = (error.cause ?? error).stack; }}
         console.log(JSON.stringify([stack, wasm.recovery.health().build]));"
    ));
    let told: Value = serde_json::from_str(&told).unwrap();
    let text = |at: usize| told[at].as_str().unwrap_or_default().to_owned();
    (text(0), text(1))
}

fn symbolicated(root: &Path, debug: &str, file: &str, more: &[&str]) -> Run {
    let arguments = [&["symbolicate", file, "--debug", debug], more].concat();
    succeed(recover(root, &arguments))
}

/// The calls at the frames of a module, the innermost first.
fn calls(root: &Path, debug: &str, file: &str) -> Vec<(String, String, u64, bool)> {
    let run = symbolicated(root, debug, file, &["--format", "json"]);
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
    let lib = name.replace('-', "_");
    let debug_file = &*format!("{lib}.debug.wasm");
    let size = |package: &str| {
        let wasm = root.join(package).join(format!("{lib}_bg.wasm"));
        fs::metadata(wasm).unwrap().len()
    };
    let split = build(&root, &["--strategy", strategy, "--debug-info=split"]);
    let id = split["build"].as_str().unwrap();
    assert_eq!(id.len(), 40, "{split}");
    assert!(split["debug_file"].as_str().unwrap().ends_with(debug_file));
    let json = fs::read_to_string(root.join("pkg/package.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["recover"]["build"], id);
    assert!(
        !root.join("pkg").join(debug_file).exists(),
        "it is not of the package"
    );

    // What is shipped has neither lines nor names, and is as large as without debug info.
    let shipped = fs::read(root.join(format!("pkg/{lib}_bg.wasm"))).unwrap();
    let debug = fs::read(root.join(debug_file)).unwrap();
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

    let (stack, build_of_program) = trapped(&root, &lib, "pkg");
    assert_eq!(build_of_program, id, "health() tells it");
    fs::write(root.join("stack.txt"), &stack).unwrap();
    let found = calls(&root, debug_file, "stack.txt");
    let expected = [
        ("inner", line("// here"), true),
        ("middle", line("// through here"), false),
    ];
    // In front may stand the instruction that traps, of core.
    let at = found
        .iter()
        .position(|call| call.0 == format!("{lib}::inner"));
    let at = at.unwrap_or_else(|| panic!("{found:?}\n{stack}"));
    for ((function, line, inlined), call) in expected.iter().zip(&found[at..]) {
        let expected = (
            format!("{lib}::{function}"),
            "src/lib.rs".to_owned(),
            *line,
            *inlined,
        );
        assert_eq!(*call, expected, "{found:?}\n{stack}");
    }
    // Frames of JavaScript stay.
    let text = symbolicated(&root, debug_file, "stack.txt", &[]).stdout;
    let of_glue = stack
        .lines()
        .find(|line| line.contains(&format!("{lib}.js")))
        .unwrap();
    assert!(text.lines().any(|line| line == of_glue), "{text}");
    let inner = format!("    at {lib}::inner (src/lib.rs:{}:", line("// here"));
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
    assert_eq!(calls(&root, debug_file, "report.json"), found);
    let github = symbolicated(&root, debug_file, "report.json", &["--format", "github"]).stdout;
    let place = format!("::error file=src/lib.rs,line={},col=", line("// here"));
    assert!(
        github.starts_with(&place) && github.lines().count() == 1,
        "{github}"
    );
    let other = "ab".repeat(20);
    fs::write(root.join("other.json"), report(&other)).unwrap();
    refused(
        recover(&root, &["symbolicate", "other.json", "--debug", debug_file]),
        &["other.json", &other, id],
    );
    // Where the engine tells no offset, it is the function's own line.
    fs::write(root.join("jsc.txt"), of_javascript_core(&stack)).unwrap();
    let own = LIBRARY
        .lines()
        .position(|line| line.starts_with("fn middle"))
        .unwrap() as u64
        + 1;
    let found = calls(&root, debug_file, "jsc.txt");
    assert!(
        found
            .iter()
            .any(|call| call.0 == format!("{lib}::middle") && call.2 == own),
        "{found:?}"
    );

    // Many of them: no time is asserted, it is printed.
    fs::write(
        root.join("many.ndjson"),
        format!("{}\n", report(id)).repeat(2000),
    )
    .unwrap();
    let many = symbolicated(&root, debug_file, "many.ndjson", &["--format", "json"]);
    assert_eq!(many.stdout.lines().count(), 2000);
    println!("{}", many.stderr.trim());

    refused(
        recover(
            &root,
            &[
                "symbolicate",
                "stack.txt",
                "--debug",
                &format!("pkg/{lib}_bg.wasm"),
            ],
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
    a_coredump_is_read(&root, &lib, id);
    // The same again has the same id.
    let again = build(&root, &["--strategy", strategy, "--debug-info=split"]);
    assert_eq!(again["build"], id);
    every_instruction_is_where_it_was(&root, &lib);
}

/// What an instance left, written as a coredump by the program: by wasmparser, and by the command.
fn a_coredump_is_read(root: &Path, lib: &str, id: &str) {
    let writer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime/js/coredump.js");
    let (package, writer) = (
        root.join("pkg").display().to_string(),
        writer.canonicalize().unwrap(),
    );
    script(&format!(
        "import {{ readFileSync, writeFileSync }} from 'node:fs';
         import {{ coredump }} from 'file://{writer}';
         const wasm = await import('file://{package}/{lib}.js'); await wasm.default();
         const module = readFileSync('{package}/{lib}_bg.wasm');
         const build = wasm.recovery.health().build;
         wasm.recovery.onAbort((report) => {{
             writeFileSync('{root}/core.wasm', coredump(report, {{ build, module, name: '{lib}_bg.wasm' }}));
             writeFileSync('{root}/other.wasm', coredump(report, {{ build: 'ab' }}));
         }}, {{ memory: true }});
         const idle = new wasm.Shelf(), shelf = new wasm.Shelf();
         try {{ shelf.put(9); }} catch {{}}",
        writer = writer.display(),
        root = root.display(),
    ));
    let core = fs::read(root.join("core.wasm")).unwrap();
    let debug = fs::read(root.join(format!("{lib}.debug.wasm"))).unwrap();
    let (mut frames, mut name, mut bytes) = (vec![], String::new(), 0);
    for payload in Parser::new(0).parse_all(&core) {
        match payload.unwrap() {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::CoreDump(core) => name = core.name.to_owned(),
                KnownCustom::CoreDumpStack(stack) => frames.extend(stack.frames),
                _ => assert_ne!(section.name(), "corestack", "it is not read"),
            },
            Payload::DataSection(section) => {
                bytes = section
                    .into_iter()
                    .map(|data| data.unwrap().data.len())
                    .sum();
            }
            _ => {}
        }
    }
    assert_eq!(name, format!("{lib}_bg.wasm"));
    assert!(bytes > 1000, "{bytes} bytes of memory");
    // The offset is one of an instruction of that function.
    let all = instructions(&debug);
    let (own, at) = all
        .iter()
        .find(|(name, _)| name.starts_with(lib) && name.ends_with("::middle"))
        .unwrap()
        .1;
    let index = frames[0].funcidx;
    assert_eq!(index, *own);
    let start = bodies(&debug)[index as usize - imported(&debug)];
    assert!(
        at.contains(&(start + frames[0].codeoffset as usize)),
        "{frames:?}"
    );

    let debug_file = format!("{lib}.debug.wasm");
    let inspected = |more: &[&str]| {
        let arguments = [&["inspect", "core", "core.wasm"], more].concat();
        succeed(recover(root, &arguments)).stdout
    };
    let text = inspected(&["--debug", &debug_file]);
    let inner = format!("    at {lib}::inner (src/lib.rs:{}:", line("// here"));
    assert!(text.contains(&inner) && text.contains(id), "{text}");
    let json: Value =
        serde_json::from_str(&inspected(&["--debug", &debug_file, "--json"])).unwrap();
    assert_eq!(
        (&json["type"], &json["build"]),
        (&Value::from("core"), &Value::from(id))
    );
    assert!(
        json["stack"]["frames"].as_array().unwrap().len() >= 2,
        "{json}"
    );
    assert!(inspected(&[]).contains("    at wasm-function["));
    refused(
        recover(
            root,
            &["inspect", "core", "other.wasm", "--debug", &debug_file],
        ),
        &["other.wasm is of build ab", id],
    );
    refused(
        recover(root, &["inspect", "core", "src/lib.rs"]),
        &["src/lib.rs is no coredump"],
    );
}

/// Where the functions of a module begin.
fn bodies(wasm: &[u8]) -> Vec<usize> {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    let starts = payloads.filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => Some(body.range().start),
        _ => None,
    });
    starts.collect()
}

fn imported(wasm: &[u8]) -> usize {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section),
        _ => None,
    });
    let imports = sections.flat_map(|section| section.into_imports().map(Result::unwrap));
    imports
        .filter(|it| matches!(it.ty, TypeRef::Func(_)))
        .count()
}

/// The instructions of each function of a module that has a name.
fn instructions(wasm: &[u8]) -> BTreeMap<String, (u32, Vec<usize>)> {
    let (mut imported, mut bodies, mut names) = (0, vec![], BTreeMap::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                let imports = section.into_imports().map(Result::unwrap);
                imported = imports
                    .filter(|it| matches!(it.ty, TypeRef::Func(_)))
                    .count() as u32;
            }
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().unwrap();
                let all = operators.into_iter_with_offsets().map(|it| it.unwrap().1);
                bodies.push(all.collect::<Vec<_>>());
            }
            Payload::CustomSection(section) if section.name() == "name" => {
                let reader = BinaryReader::new(section.data(), section.data_offset());
                for part in NameSectionReader::new(reader).flatten() {
                    if let Name::Function(map) = part {
                        names.extend(
                            map.into_iter()
                                .flatten()
                                .map(|it| (it.index, it.name.to_owned())),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    let mut named = BTreeMap::new();
    for (body, index) in bodies.into_iter().zip(imported..) {
        if let Some(name) = names.get(&index) {
            let name = rustc_demangle::demangle(name).to_string();
            named
                .entry(name)
                .or_insert_with(Vec::new)
                .push((index, body));
        }
    }
    // wasm-bindgen numbers those that share a name.
    let alone = named.into_iter().filter(|(_, all)| all.len() == 1);
    alone.map(|(name, mut all)| (name, all.remove(0))).collect()
}

/// The debug file says of each instruction what the linker's output says, inlined calls included. What is
/// compared is found by names and by order, not by what the command knows.
fn every_instruction_is_where_it_was(root: &Path, lib: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures-target");
    let linked = target.join(format!("wasm32-unknown-unknown/release/{lib}.wasm"));
    let debug = root.join(format!("{lib}.debug.wasm"));
    let read = |path: &Path| instructions(&fs::read(path).unwrap());
    let (before, after) = (read(&linked), read(&debug));
    let (mut old, mut new) = (vec![], vec![]);
    for (name, (index, all)) in &before {
        // Dead code is gone where they differ.
        if let Some((moved, same)) = after.get(name)
            && same.len() == all.len()
        {
            old.extend(all.iter().map(|at| format!("[{index},{at}]")));
            new.extend(same.iter().map(|at| format!("[{moved},{at}]")));
        }
    }
    assert!(new.len() > 5000, "{} instructions", new.len());
    let told = |debug: &Path, frames: &[String]| -> Vec<Value> {
        let report = format!("{{\"version\":1,\"frames\":[{}]}}", frames.join(","));
        fs::write(root.join("all.json"), report).unwrap();
        let debug = debug.to_string_lossy();
        let run = symbolicated(root, &debug, "all.json", &["--format", "json"]);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        let frames = answer["frames"].as_array().unwrap().iter();
        frames.map(|frame| frame["calls"].clone()).collect()
    };
    let (old, new) = (told(&linked, &old), told(&debug, &new));
    let inlined = old
        .iter()
        .filter(|calls| calls.as_array().unwrap().len() > 1)
        .count();
    assert!(inlined > 1000, "{inlined} of {} are inlined", old.len());
    let lines = |calls: &Value| calls[0]["line"].is_u64();
    let differ: Vec<_> = old
        .iter()
        .zip(&new)
        .filter(|(old, new)| old != new && lines(old))
        .collect();
    assert!(
        differ.is_empty(),
        "{} of {} differ: {:?}",
        differ.len(),
        old.len(),
        differ[0]
    );
    println!(
        "{} instructions, {inlined} of them in inlined calls, have the frames that they had",
        old.len()
    );
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
#[ignore = "the stage `reports`"]
fn a_trap_of_an_unwind_build_leads_to_the_line_and_what_was_inlined_there() {
    leads_to_the_line("symbols-unwind", "unwind");
}
