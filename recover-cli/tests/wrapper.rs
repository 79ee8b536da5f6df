//! The rustc wrapper, for `cargo recover build` and for others: what it compiles, what it leaves
//! as it is, and what it refuses.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{clean, fixture, light, manifest, pin, recover, run, script, succeed};
use wasm_bindgen_cli_support::Bindgen;

/// A crate of plain wasm-bindgen's and of js-sys's, which owns something while an import throws.
const LIBRARY: &str = r#"
use std::cell::Cell;
use wasm_bindgen::prelude::*;

thread_local!(static ALIVE: Cell<u32> = const { Cell::new(0) });

struct Held(String);

impl Drop for Held {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

#[wasm_bindgen]
pub fn count(value: &js_sys::Object) -> u32 {
    ALIVE.set(ALIVE.get() + 1);
    let held = Held("held".repeat(3));
    let keys = js_sys::Object::keys(value);
    let values = js_sys::Object::values(value);
    keys.iter().zip(values.iter()).count() as u32 + held.0.len() as u32
}

#[wasm_bindgen]
pub fn alive() -> u32 {
    ALIVE.get()
}
"#;

const PROFILE: &str = "[profile.release]\nlto = true\ncodegen-units = 1\nopt-level = 3\n";

fn plain(name: &str) -> PathBuf {
    let dependencies = format!(
        "[dependencies]\nwasm-bindgen = \"={}\"\njs-sys = \"0.3\"\n{PROFILE}",
        pin("wasm-bindgen")
    );
    // One kind of crate: cargo does no LTO where there are several.
    let manifest = manifest(name, &dependencies).replace(", \"rlib\"", "");
    fixture(name, &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)])
}

/// What `cargo recover env` prints, as other programs read it.
fn variables(root: &Path, more: &[&str]) -> BTreeMap<String, String> {
    let arguments = [&["env", "--format", "json"], more].concat();
    let printed = succeed(recover(root, &arguments)).stdout;
    let all: BTreeMap<String, Option<String>> = serde_json::from_str(&printed).unwrap();
    let set = all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    set.collect()
}

/// A command of a build tool that knows nothing of recover.
fn tool(program: &str, root: &Path, variables: &BTreeMap<String, String>) -> Command {
    let mut command = clean(program);
    command.current_dir(root).envs(variables);
    command
}

/// What the package of [`LIBRARY`] answers before, while and after a getter throws a hundred times.
fn answers(package: &Path, name: &str) -> String {
    script(&format!(
        "import {{ createRequire }} from 'node:module';
         const {{ count, alive }} = createRequire('{}/')('./{name}.js');
         const fault = new Error('fault');
         const failing = {{ a: 1, get b() {{ throw fault; }} }};
         const told = [count({{ a: 1 }})];
         for (let n = 0; n < 100; n += 1) {{
           try {{ count(failing); told.push('no throw'); }} catch (error) {{ if (error !== fault) told.push(error); }}
         }}
         told.push(count({{ a: 1, b: 2 }}), alive());
         console.log(told.join(' '));",
        package.display()
    ))
}

/// Two right counts, and nothing that is still alive.
const RIGHT: &str = "13 14 0";

fn target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn plain_cargo_and_wasm_bindgen_get_the_cure_by_the_variables() {
    let root = plain("plain-with-variables");
    let set = variables(&root, &["--eh", support::eh()]);
    let into = target("plain-target");
    let mut cargo = tool("cargo", &root, &set);
    cargo
        .args(["build", "--release"])
        .env("CARGO_TARGET_DIR", &into);
    let lock = || fs::read_to_string(root.join("Cargo.lock")).unwrap();
    succeed(cargo);
    let before = lock();
    let wasm = into.join("wasm32-unknown-unknown/release/plain_with_variables.wasm");
    let package = root.join("pkg");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).nodejs(true).unwrap();
    bindgen.generate(&package).unwrap();
    let told = answers(&package, "plain_with_variables");
    assert_eq!(told, RIGHT);
    assert!(before.contains(&format!("version = \"{}\"", pin("wasm-bindgen"))));
    // Nothing is compiled twice, and the lock file is as cargo made it.
    let mut again = tool("cargo", &root, &set);
    again
        .args(["build", "--release", "--locked"])
        .env("CARGO_TARGET_DIR", &into);
    let again = succeed(again);
    assert!(!again.stderr.contains("Compiling"), "{}", again.stderr);
    assert_eq!(lock(), before);
}

#[test]
#[ignore = "needs wasm-pack: cargo xtask test --only wasm-pack"]
fn wasm_pack_gets_the_cure_by_the_variables() {
    let tools = std::env::var("RECOVER_WASM_PACK").expect("the folder of wasm-pack's programs");
    let root = plain("packed-with-variables");
    let set = variables(&root, &["--eh", support::eh()]);
    // wasm-pack takes the wasm-bindgen that it finds, if it is of the lock file's version.
    let mut path = vec![PathBuf::from(&tools)];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut pack = tool(&format!("{tools}/wasm-pack"), &root, &set);
    pack.args(["build", "--target", "nodejs", "--mode", "no-install"])
        .arg("--no-opt")
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("CARGO_TARGET_DIR", target("plain-target"));
    succeed(pack);
    let told = answers(&root.join("pkg"), "packed_with_variables");
    assert_eq!(told, RIGHT);
}

#[test]
fn an_unwind_build_of_the_runtime_without_the_wrapper_is_refused() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let dependency = format!("[dependencies]\nrecover-runtime.path = {runtime:?}\n");
    let root = fixture(
        "unwrapped",
        &[
            ("Cargo.toml", &manifest("unwrapped", &dependency)),
            ("src/lib.rs", ""),
        ],
    );
    let mut set = variables(&root, &[]);
    set.retain(|name, _| !name.contains("RUSTC_WRAPPER"));
    let mut cargo = tool("cargo", &root, &set);
    cargo
        .arg("check")
        .env("CARGO_TARGET_DIR", target("unwrapped-target"));
    let run = run(cargo);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("set what `cargo recover env` prints"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_wasm_bindgen_that_is_not_as_known_fails_the_build_in_one_line() {
    let version = pin("wasm-bindgen");
    let changed = [("wasm-bindgen/src/rt/mod.rs", "")];
    let root = light("unknown-imports", &version, "", &changed);
    let run = run(recover(&root, &["build"]));
    assert_eq!(run.code, 1, "{}", run.stderr);
    let start = format!("error: wasm-bindgen {version} is not as this cargo-recover knows it");
    let line = run.stderr.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("{}", run.stderr));
    for part in [
        "src/rt/mod.rs declares 0 imports `extern \"C\"`, expected 1",
        "it knows 0.2.127 to 0.2.",
        "cargo update -p wasm-bindgen --precise",
        "cargo install recover-cli",
    ] {
        assert!(line.contains(part), "no {part:?} in: {line}");
    }
}

#[test]
#[cfg(unix)]
fn the_wrapper_of_the_user_is_called_with_what_rustc_gets() {
    use std::os::unix::fs::PermissionsExt;
    let version = pin("wasm-bindgen");
    let config = "[build]\nrustc-wrapper = \"tools/own\"\n";
    let root = light("chained", &version, "", &[(".cargo/config.toml", config)]);
    let (own, log) = (root.join("tools/own"), root.join("log"));
    fs::create_dir_all(root.join("tools")).unwrap();
    let text = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\nexec \"$@\"\n",
        log.display()
    );
    fs::write(&own, text).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    let set = variables(&root, &[]);
    assert_eq!(set["CARGO_RECOVER_RUSTC_WRAPPER"], own.to_string_lossy());
    let mut cargo = tool("cargo", &root, &set);
    cargo
        .arg("check")
        .env("CARGO_TARGET_DIR", target("chained-target"));
    succeed(cargo);
    let log = fs::read_to_string(log).unwrap();
    assert!(log.lines().any(|line| line.ends_with(" -vV")), "{log}");
    let bindgen = log
        .lines()
        .find(|line| line.contains("--crate-name wasm_bindgen "));
    let bindgen = bindgen.unwrap_or_else(|| panic!("{log}"));
    assert!(bindgen.contains(".unwind/src/lib.rs "), "{bindgen}");
    // Whoever has the variables in their shell builds as everybody else.
    let mut nested = recover(&root, &["build", "--dry-run"]);
    nested.envs(&set);
    let line = succeed(nested).stdout;
    let kept = format!("CARGO_RECOVER_RUSTC_WRAPPER={}", own.display());
    assert!(line.contains(&kept), "{line}");
}

/// What exports the classes have, by value and by reference.
const CLASSES: &str = "
use recover_runtime::recoverable;

macro_rules! class {
    ($name:ident $read:ident $take:ident $(#[$options:meta])*) => {
        $(#[$options])*
        pub struct $name {
            count: u32,
        }

        #[recoverable]
        impl $name {
            #[recoverable(constructor)]
            pub fn new() -> $name {
                $name { count: 7 }
            }

            pub fn get(&self) -> u32 {
                self.count
            }

            pub fn end(self) -> u32 {
                self.count
            }
        }

        #[recoverable]
        pub fn $read(object: &$name) -> u32 {
            object.count
        }

        #[recoverable]
        pub fn $take(object: $name) -> u32 {
            object.count
        }
    };
}

class!(Store read take #[recoverable]);
class!(Kept read_kept take_kept #[recoverable(persist = \"snapshot\")] #[derive(serde::Serialize, serde::Deserialize)]);

#[recoverable]
pub fn fail(n: u32) -> Result<u32, String> {
    n.checked_sub(1).ok_or_else(|| \"zero\".to_owned())
}
";

#[test]
fn handles_that_were_freed_are_typed_in_packages_of_wasm_bindgens_own_command() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let dependencies = format!(
        "[dependencies]\nrecover-runtime = {{ path = {runtime:?}, features = [\"persist\"] }}\n\
         wasm-bindgen = \"={}\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        pin("wasm-bindgen")
    );
    let files = [
        ("Cargo.toml", &*manifest("freed", &dependencies)),
        ("src/lib.rs", CLASSES),
    ];
    let root = fixture("freed", &files);
    let into = target("freed-target");
    let mut cargo = tool("cargo", &root, &variables(&root, &["--strategy", "abort"]));
    cargo.arg("build").env("CARGO_TARGET_DIR", &into);
    succeed(cargo);
    let wasm = into.join("wasm32-unknown-unknown/debug/freed.wasm");
    for debug in [false, true] {
        let package = root.join(format!("pkg-{debug}"));
        let mut bindgen = Bindgen::new();
        bindgen.input_path(&wasm).nodejs(true).unwrap();
        bindgen.debug(debug).generate(&package).unwrap();
        let told = script(&format!(
            "import {{ createRequire }} from 'node:module';
             const pkg = createRequire('{}/')('./freed.js');
             const attempt = (call) => {{ try {{ return call(); }} catch (e) {{ return e instanceof pkg.StaleHandleError ? 'stale' : e?.message ?? e; }} }};
             const told = [];
             for (const [Class, read, take] of [[pkg.Store, pkg.read, pkg.take], [pkg.Kept, pkg.read_kept, pkg.take_kept]]) {{
               const freed = new Class(), taken = new Class(), ended = new Class(), there = new Class();
               freed.free();
               told.push(take(taken), ended.end());
               for (const one of [freed, taken, ended]) for (const call of [() => one.get(), () => one.end(), () => read(one), () => take(one)]) told.push(attempt(call));
               told.push(there.get(), read(there), take(there), attempt(() => there.free()));
             }}
             told.push(pkg.fail(3), attempt(() => pkg.fail(0)));
             console.log(told.join(' '));",
            package.display()
        ));
        let class = format!("7 7 {} 7 7 7 stale", ["stale"; 12].join(" "));
        assert_eq!(told, format!("{class} {class} 2 zero"), "{debug}");
    }
}

#[test]
fn the_main_of_a_program_runs_when_its_package_is_loaded() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         recover-runtime.path = {runtime:?}\nwasm-bindgen = \"={}\"\njs-sys = \"0.3\"\n\n[workspace]\n",
        pin("wasm-bindgen")
    );
    let program = "
#[recover_runtime::recoverable(main)]
fn main() {
    let global: recover_runtime::JsValue = js_sys::global().into();
    js_sys::Reflect::set(&global, &\"ran\".into(), &7.into()).unwrap();
}
";
    let files = [("Cargo.toml", &*manifest), ("src/main.rs", program)];
    let root = fixture("program", &files);
    let into = target("freed-target");
    let mut cargo = tool("cargo", &root, &variables(&root, &["--strategy", "abort"]));
    cargo.arg("build").env("CARGO_TARGET_DIR", &into);
    succeed(cargo);
    let package = root.join("pkg");
    let mut bindgen = Bindgen::new();
    let wasm = into.join("wasm32-unknown-unknown/debug/program.wasm");
    bindgen.input_path(wasm).nodejs(true).unwrap();
    bindgen.generate(&package).unwrap();
    let told = script(&format!(
        "import {{ createRequire }} from 'node:module';
         createRequire('{}/')('./program.js');
         console.log(globalThis.ran);",
        package.display()
    ));
    assert_eq!(told, "7");
}
