//! Components by real cargo, in the stage `component`: they need the target of WASI.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{fixture, manifest, real_wasm_bindgen, recover, refused, run, succeed};
use wasmparser::{Parser, Payload};

const WORLD: &str = "package test:shelf;

interface shelf {
  use recover:error/types@0.1.0.{failure};
  half: func(of: u32) -> result<u32, failure>;
  answer: func() -> u32;
}

world library {
  export shelf;
}
";

const ERROR: &str = "package recover:error@0.1.0;

interface types {
  record failure { code: string, message: string }
}
";

/// A crate that catches its panic by hand, and has the place of an id as recover-runtime has it.
const LIBRARY: &str = r#"
wit_bindgen::generate!({ world: "library", path: "wit", generate_all });

use exports::test::shelf::shelf::Guest;
use recover::error::types::Failure;

static BUILD: [u8; 36] = *b"recover-build-id\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

struct Library;

impl Guest for Library {
    fn half(of: u32) -> Result<u32, Failure> {
        std::panic::catch_unwind(|| if of == 0 { panic!("zero") } else { of / 2 }).map_err(|_| {
            let build = std::hint::black_box(&BUILD);
            Failure { code: format!("{:?}", &build[16..]), message: "zero".to_owned() }
        })
    }

    fn answer() -> u32 {
        42
    }
}

export!(Library);
"#;

fn component(name: &str) -> PathBuf {
    let end = "[dependencies]\nwit-bindgen = \"0.63\"\n[profile.release]\nstrip = false\n";
    // The crates keep the library's name; cargo tells them apart by their path.
    let manifest = manifest(name, end).replace("[lib]\n", "[lib]\nname = \"shelf\"\n");
    let files = [
        ("Cargo.toml", &*manifest),
        ("src/lib.rs", LIBRARY),
        ("wit/world.wit", WORLD),
        ("wit/deps/error/types.wit", ERROR),
    ];
    fixture(name, &files)
}

const BUILD: [&str; 3] = ["build", "--target", "component"];

fn built(root: &Path, arguments: &[&str]) -> Value {
    let all = [&BUILD[..], &["--json"], arguments].concat();
    let run = succeed(recover(root, &all));
    serde_json::from_str(&run.stdout).unwrap()
}

/// The names of the custom sections of all modules, and whether one of them catches.
fn inside(wasm: &Path) -> (Vec<String>, bool) {
    let wasm = fs::read(wasm).unwrap();
    let (mut names, mut catches) = (vec![], false);
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.unwrap() {
            Payload::CustomSection(section) => names.push(section.name().to_owned()),
            Payload::TagSection(_) => catches = true,
            _ => {}
        }
    }
    (names, catches)
}

#[test]
#[ignore = "the stage `component`"]
fn a_component_is_built_in_both_strategies_and_has_its_interface_beside_it() {
    let root = component("component");
    let document = built(&root, &[]);
    assert_eq!(document["target"], "component");
    assert_eq!(document["files"][0]["path"], "shelf.wasm");
    assert_eq!(document["notes"].as_array().unwrap().len(), 0, "{document}");
    let wit = fs::read_to_string(root.join("pkg/shelf.wit")).unwrap();
    assert!(
        wit.contains("half: func(of: u32) -> result<u32, failure>;"),
        "{wit}"
    );
    let wasm = root.join("pkg/shelf.wasm");
    let (sections, catches) = inside(&wasm);
    assert!(catches, "nothing in it unwinds");
    assert!(sections.contains(&"name".to_owned()), "{sections:?}");
    assert!(
        !sections.iter().any(|name| name.starts_with(".debug")),
        "{sections:?}"
    );
    // The id of the section is in the data, too.
    let id = document["build"].as_str().unwrap();
    let id: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let bytes = fs::read(&wasm).unwrap();
    assert_eq!(bytes.windows(20).filter(|window| *window == id).count(), 2);

    let again = built(&root, &["--out-dir", "again"]);
    assert_eq!(
        again["build"], document["build"],
        "the same crate has the same id"
    );
    built(&root, &["--out-dir", "bare", "--no-names"]);
    let (sections, _) = inside(&root.join("bare/shelf.wasm"));
    assert!(!sections.contains(&"name".to_owned()), "{sections:?}");
    let small = [
        "--stack-size",
        "65536",
        "--max-memory",
        "4MiB",
        "--out-dir",
        "abort",
    ];
    built(&root, &[&["--strategy", "abort"], &small[..]].concat());
    let (_, catches) = inside(&root.join("abort/shelf.wasm"));
    assert!(!catches, "a panic of an abort build is a trap");
}

#[test]
#[ignore = "the stage `component`"]
fn what_makes_no_component_is_refused_with_the_fix() {
    let root = fixture(
        "component-of-javascript",
        &[
            ("Cargo.toml", &manifest("javascript", &real_wasm_bindgen())),
            ("src/lib.rs", ""),
        ],
    );
    refused(
        recover(&root, &BUILD),
        &[
            "`javascript`",
            "leave out `--target component`",
            "cargo add wit-bindgen",
        ],
    );
    let root = component("component-without-the-option");
    refused(
        recover(&root, &["build"]),
        &[
            "makes a component",
            "cargo recover build --target component",
        ],
    );
    refused(recover(&root, &["pack"]), &["makes a component"]);
    let pack = ["pack", "--target", "component"];
    refused(
        recover(&root, &pack),
        &["packages for npm", "--target component"],
    );

    // The linker knows what the world exports.
    let library = LIBRARY.replace("export!(Library);", "");
    fs::write(root.join("src/lib.rs"), library).unwrap();
    let failed = run(recover(&root, &[&BUILD[..], &["--quiet"]].concat()));
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let reason = "failed to find export of interface `test:shelf/shelf` function `half`";
    assert!(failed.stderr.contains(reason), "{}", failed.stderr);
    let last = failed.stderr.lines().next_back().unwrap();
    assert!(last.starts_with("error: the build failed"), "{last}");
    assert!(!root.join("pkg").exists());
}
