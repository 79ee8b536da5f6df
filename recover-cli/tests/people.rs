//! `new`, `migrate` and `pack`: what they write, and how each mistake ends. That what they write builds and runs is for
//! the stages `templates` and `newcomer`.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{directory, fixture, light, pin, recover, refused, script, succeed};

/// A directory that no workspace is above, unlike those of the other tests.
fn apart(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("recover-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Every file below a directory, with its text.
fn files(root: &Path) -> BTreeMap<String, String> {
    fn add(root: &Path, directory: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(root, &path, found);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    add(root, root, &mut found);
    found
}

#[test]
fn new_writes_a_project_and_says_what_to_type() {
    let root = apart("new");
    let said = succeed(recover(&root, &["new", "my-shelf"])).stderr;
    assert!(said.contains("next  cd my-shelf\n"), "{said}");
    assert!(said.contains("next  npm install\n"), "{said}");
    let written = files(&root.join("my-shelf"));
    for name in [
        "Cargo.toml",
        "src/lib.rs",
        "package.json",
        "README.md",
        ".gitignore",
    ] {
        assert!(written.contains_key(name), "{name}");
    }
    let manifest: toml::Table = written["Cargo.toml"].parse().unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some("my-shelf"));
    let runtime = manifest["dependencies"]["recover-runtime"].as_str();
    assert_eq!(runtime, Some(env!("CARGO_PKG_VERSION")));
    assert!(written["main.mjs"].contains("./pkg/my_shelf.js"));
    // Nothing beside it: it was written somewhere else first.
    assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn new_takes_an_empty_directory_and_no_other() {
    let root = directory("new-taken");
    fs::create_dir(root.join("empty")).unwrap();
    succeed(recover(&root, &["new", "empty", "--template", "worker"]));
    assert!(root.join("empty/wrangler.jsonc").is_file());
    let before = files(&root);
    let parts = ["`empty` has a crate", "cargo recover migrate empty"];
    refused(recover(&root, &["new", "empty"]), &parts);
    fs::create_dir(root.join("full")).unwrap();
    fs::write(root.join("full/x"), "").unwrap();
    refused(
        recover(&root, &["new", "full"]),
        &["`full` exists", "cargo recover new DIR"],
    );
    refused(recover(&root, &["new", "full/x"]), &["`full/x` exists"]);
    fs::remove_dir_all(root.join("full")).unwrap();
    assert_eq!(files(&root), before);
}

#[test]
fn new_in_a_workspace_is_one_of_its_own() {
    // The directories of these tests are below the target directory, and so below this workspace.
    let root = fixture(
        "new-inside",
        &[("Cargo.toml", "[workspace]\nmembers = []\n")],
    );
    succeed(recover(&root, &["new", "inner", "--template", "web"]));
    let inner = fs::read_to_string(root.join("inner/Cargo.toml")).unwrap();
    assert!(inner.contains("\n[workspace]\n"), "{inner}");
    let apart = apart("new-outside");
    succeed(recover(&apart, &["new", "outer"]));
    let outer = fs::read_to_string(apart.join("outer/Cargo.toml")).unwrap();
    assert!(!outer.contains("[workspace]"), "{outer}");
    fs::remove_dir_all(&apart).unwrap();
}

#[test]
fn what_new_does_not_take_ends_in_a_line_with_the_command() {
    let root = directory("new-refused");
    for (arguments, parts) in [
        (
            &["new", "My Shelf"][..],
            &["`My Shelf` can't be the crate's name", "--name my-shelf`"][..],
        ),
        (
            &["new", "match"],
            &["`match`", "keyword", "--name my-match`"],
        ),
        (&["new", "serde"], &["`serde`", "--name my-serde`"]),
        (
            &["new", "x", "--name", "2"],
            &["`2`", "begin with a letter"],
        ),
        (
            &["new", "x", "--template", "vue"],
            &["no template `vue`", "--template node`, or web, or worker"],
        ),
        (
            &["new", "x", "--runtime-path", "nowhere"],
            &["`nowhere` is not recover-runtime"],
        ),
    ] {
        refused(recover(&root, arguments), parts);
    }
    assert_eq!(files(&root).len(), 0);
    succeed(recover(&root, &["new", "My Shelf", "--name", "my-shelf"]));
    assert!(root.join("My Shelf/Cargo.toml").is_file());
}

#[test]
fn new_depends_on_the_runtime_that_one_names() {
    let root = directory("new-runtime");
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.to_str().unwrap();
    succeed(recover(&root, &["new", "a", "--runtime-path", runtime]));
    let url = "https://example.com/recover";
    succeed(recover(
        &root,
        &["new", "b", "--template", "worker", "--runtime-git", url],
    ));
    let of = |name: &str| {
        let text = fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        text.parse::<toml::Table>().unwrap()["dependencies"]["recover-runtime"].clone()
    };
    assert!(
        of("a")["path"]
            .as_str()
            .unwrap()
            .ends_with("recover-runtime")
    );
    assert_eq!(of("b")["git"].as_str(), Some(url));
    assert_eq!(of("b")["features"][0].as_str(), Some("durable"));
}

const PLAIN: &str = "//! Docs.\nuse wasm_bindgen::prelude::*;\n\nmod other;\n\n#[wasm_bindgen]\npub fn a()  -> u32 { 1 } // as it is\n";
const OTHER: &str =
    "use wasm_bindgen::prelude::*;\n\n#[wasm_bindgen(js_name = two)]\npub fn b() -> u32 { 2 }\n";

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(directory);
    succeed(command);
}

/// A crate of wasm-bindgen, committed.
fn plain(name: &str) -> PathBuf {
    let manifest = support::manifest(name, &support::real_wasm_bindgen());
    let files = [
        ("Cargo.toml", &*manifest),
        ("src/lib.rs", PLAIN),
        ("src/other.rs", OTHER),
        ("src/data.rs", "no rust {{"),
        (".gitignore", "/target\n"),
    ];
    let root = fixture(name, &files);
    git(&root, &["init", "--quiet"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "--quiet", "-m", "before"]);
    root
}

#[test]
fn migrate_changes_the_word_one_line_and_the_dependency() {
    let root = plain("migrate");
    let before = files(&root.join("src"));
    succeed(recover(&root, &["migrate", "--dry-run"]));
    assert_eq!(files(&root.join("src")), before);
    succeed(recover(&root, &["migrate"]));
    let after = files(&root.join("src"));
    let rooted = PLAIN.replace("#[wasm_bindgen]", "#[recoverable]").replace(
        "use wasm_bindgen",
        "#[macro_use]\nextern crate recover_runtime;\n\nuse wasm_bindgen",
    );
    assert_eq!(after["lib.rs"], rooted);
    assert_eq!(
        after["other.rs"],
        OTHER.replace("#[wasm_bindgen(", "#[recoverable(")
    );
    assert_eq!(after["data.rs"], before["data.rs"]);
    assert_eq!(after.len(), before.len());
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("recover-runtime = \"0."), "{manifest}");
    refused(
        recover(&root, &["migrate"]),
        &["depends on recover-runtime already"],
    );
}

#[test]
fn migrate_touches_nothing_that_git_could_not_bring_back() {
    let root = plain("migrate-dirty");
    fs::write(root.join("src/other.rs"), format!("{OTHER}// mine\n")).unwrap();
    let before = files(&root.join("src"));
    refused(
        recover(&root, &["migrate"]),
        &["not committed", "git stash", "--allow-dirty"],
    );
    assert_eq!(files(&root.join("src")), before);
    succeed(recover(&root, &["migrate", "--allow-dirty"]));
    assert!(files(&root.join("src"))["other.rs"].ends_with("// mine\n"));

    let alone = apart("migrate-no-git");
    fs::create_dir(alone.join("src")).unwrap();
    let manifest = support::manifest("no-git", &support::real_wasm_bindgen());
    fs::write(alone.join("Cargo.toml"), manifest).unwrap();
    fs::write(alone.join("src/lib.rs"), PLAIN).unwrap();
    let before = files(&alone);
    refused(
        recover(&alone, &["migrate"]),
        &["no git repository", "git init", "--allow-dirty"],
    );
    assert_eq!(files(&alone), before);
    fs::remove_dir_all(&alone).unwrap();
}

#[test]
fn what_migrate_does_not_take_ends_in_a_line() {
    let root = directory("migrate-refused");
    refused(recover(&root, &["migrate", "nowhere"]), &["no Cargo.toml"]);
    let here = plain("migrate-broken");
    fs::write(here.join("src/lib.rs"), "fn (").unwrap();
    let arguments = ["migrate", "--allow-dirty"];
    refused(recover(&here, &arguments), &["src/lib.rs", "cargo check"]);
    fs::write(here.join("src/lib.rs"), "mod other;\n").unwrap();
    fs::write(here.join("src/other.rs"), "\n").unwrap();
    refused(
        recover(&here, &arguments),
        &["no #[wasm_bindgen]", "cargo recover new"],
    );
    fs::remove_file(here.join("src/lib.rs")).unwrap();
    refused(recover(&here, &arguments), &["library"]);
}

#[test]
fn a_crate_that_was_migrated_builds_and_answers() {
    let root = plain("migrate-built");
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    succeed(recover(
        &root,
        &["migrate", "--runtime-path", runtime.to_str().unwrap()],
    ));
    let build = [
        "build",
        "--strategy",
        "abort",
        "--eh",
        support::eh(),
        "--target",
        "nodejs",
    ];
    succeed(recover(&root, &build));
    let package = root.join("pkg/migrate_built.js");
    let said = script(&format!(
        "const {{ a, two }} = await import('{}'); console.log(a() + two());",
        package.display()
    ));
    assert_eq!(said, "3");
}

#[test]
fn what_pack_does_not_take_ends_in_a_line_before_anything_is_built() {
    let root = light(
        "pack-refused",
        &pin("wasm-bindgen"),
        "",
        &[("npm/package.json", "{}")],
    );
    let target = ["pack", "--target", "nodejs"];
    refused(
        recover(&root, &target),
        &["every target", "cargo recover build --target nodejs"],
    );
    refused(
        recover(&root, &["pack", "--scope", "A B"]),
        &["`A B` is no scope"],
    );
    refused(
        recover(&root, &["pack"]),
        &["`npm` has a package.json", "--out-dir"],
    );
    // No npm; rustup is where cargo is.
    let cargo = Path::new(env!("CARGO")).parent().unwrap();
    let empty = root.join("bin");
    fs::create_dir_all(&empty).unwrap();
    let rustup = std::env::var_os("PATH")
        .and_then(|path| {
            std::env::split_paths(&path)
                .map(|one| one.join("rustup"))
                .find(|one| one.is_file())
        })
        .unwrap_or_else(|| cargo.join("rustup"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(rustup, empty.join("rustup")).unwrap();
    let mut without = recover(&root, &["pack", "--out-dir", "other"]);
    without.env("PATH", &empty);
    if cfg!(unix) {
        refused(
            without,
            &[
                "npm is not on the PATH",
                "https://nodejs.org",
                "--no-tarball",
            ],
        );
    }
    assert!(!root.join("other").exists());
}

#[test]
fn pack_takes_the_readme_the_licence_and_the_scope() {
    let manifest = support::manifest("packed", &support::real_wasm_bindgen()).replace(
        "license =",
        "repository = \"https://github.com/x/packed\"\nkeywords = [\"a\"]\nlicense =",
    );
    let library = "#[wasm_bindgen::prelude::wasm_bindgen]\npub fn f() -> u32 { 1 }\n";
    let files_of_it = [
        ("Cargo.toml", &*manifest),
        ("src/lib.rs", library),
        ("README.md", "# Mine\n"),
        ("LICENSE", "MIT\n"),
    ];
    let root = fixture("packed", &files_of_it);
    let arguments = [
        "pack",
        "--no-tarball",
        "--scope",
        "x",
        "--strategy",
        "abort",
    ];
    let said = succeed(recover(&root, &arguments)).stderr;
    assert!(said.contains("no description"), "{said}");
    let written = files(&root.join("npm"));
    assert_eq!(written["README.md"], "# Mine\n");
    assert_eq!(written["LICENSE"], "MIT\n");
    let json: serde_json::Value = serde_json::from_str(&written["package.json"]).unwrap();
    assert_eq!(json["name"], "@x/packed");
    assert_eq!(
        json["repository"]["url"],
        "git+https://github.com/x/packed.git"
    );
    for file in json["files"].as_array().unwrap() {
        assert!(written.contains_key(file.as_str().unwrap()), "{file}");
    }
    // Its own, so that it is replaced; and no tarball.
    succeed(recover(&root, &arguments));
    assert!(!written.keys().any(|name| name.ends_with(".tgz")));
}
