//! Every mistake of a user's ends in one line, with the right exit code.

mod support;

use std::fs;
use std::path::Path;

use support::{clean, directory, fixture, light, manifest, pin, recover, refused, run, succeed};

/// A crate on which nothing is wrong.
fn sound(name: &str) -> std::path::PathBuf {
    light(name, &pin("wasm-bindgen"), "", &[])
}

#[test]
fn wrong_options_are_claps_errors() {
    let here = directory("wrong-options");
    for (arguments, part) in [
        (&["build", "--strategy", "hope"][..], "possible values"),
        (
            &["build", "--target", "no-modules"],
            "takes no JavaScript snippets",
        ),
        (&["build", "--max-memory", "5"], "multiple of 65536"),
        (&["build", "--out-name", "a.b"], "without dots"),
        (&["bulid"], "unrecognized subcommand"),
    ] {
        let run = run(recover(&here, arguments));
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn both_spellings_are_one_command() {
    let here = directory("spellings");
    let mut plain = clean(env!("CARGO_BIN_EXE_cargo-recover"));
    plain.arg("--version").current_dir(&here);
    assert_eq!(
        succeed(plain).stdout,
        succeed(recover(&here, &["--version"])).stdout
    );
}

#[test]
fn no_manifest() {
    let here = directory("no-manifest");
    refused(recover(&here, &["build", "."]), &["no Cargo.toml at"]);
    refused(recover(&here, &["build", "nowhere"]), &["no Cargo.toml at"]);
    let arguments = ["build", "--manifest-path", "x/Cargo.toml"];
    refused(recover(&here, &arguments), &["no Cargo.toml at"]);
    // The root has none above it either.
    let run = recover(Path::new("/"), &["build"]);
    refused(run, &["no Cargo.toml here", "--manifest-path"]);
}

#[test]
fn a_manifest_that_cargo_refuses() {
    let root = fixture("bad-manifest", &[("Cargo.toml", "[package\n")]);
    refused(recover(&root, &["build"]), &["cargo cannot read the crate"]);
}

#[test]
fn a_crate_that_makes_no_wasm() {
    let manifest = manifest("no-cdylib", "").replace("\"cdylib\", ", "");
    let files = [("Cargo.toml", &*manifest), ("src/lib.rs", "")];
    let root = fixture("no-cdylib", &files);
    let parts = ["`no-cdylib`", "crate-type = [\"cdylib\", \"rlib\"]"];
    refused(recover(&root, &["build"]), &parts);
}

#[test]
fn a_workspace_without_a_choice() {
    let member = |name: &str| manifest(name, "").replace("[workspace]\n", "");
    let (one, two) = (member("one"), member("two"));
    let root = fixture(
        "several",
        &[
            (
                "Cargo.toml",
                "[workspace]\nresolver = \"3\"\nmembers = [\"one\", \"two\"]\n",
            ),
            ("one/Cargo.toml", &one),
            ("one/src/lib.rs", ""),
            ("two/Cargo.toml", &two),
            ("two/src/lib.rs", ""),
        ],
    );
    refused(recover(&root, &["build"]), &["-p NAME", "one, two"]);
    refused(
        recover(&root, &["build", "-p", "three"]),
        &["`three`", "one, two"],
    );
    refused(
        recover(&root, &["build", "-p", "one"]),
        &["`one`", "recover-runtime"],
    );
    refused(
        recover(&root, &["build", "two"]),
        &["`two`", "recover-runtime"],
    );
}

#[test]
fn another_wasm_bindgen() {
    let root = light("other-wasm-bindgen", "0.2.1", "", &[]);
    let pinned = pin("wasm-bindgen");
    let command = format!("`cargo add wasm-bindgen@={pinned}`");
    refused(
        recover(&root, &["build"]),
        &["wasm-bindgen 0.2.1,", &command],
    );
    let run = run(recover(&root, &["doctor"]));
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains(&command), "{}", run.stdout);
}

/// A crate beside a registry of its own, where js-sys requires one wasm-bindgen, as the real one
/// does. The lock file has the older of each.
fn locked(name: &str) -> std::path::PathBuf {
    let pinned = pin("wasm-bindgen");
    let package = |name: &str, version: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\n[lib]\npath = \"lib.rs\"\n{more}"
        )
    };
    let bound = |version: &str| format!("[dependencies]\nwasm-bindgen = \"={version}\"\n");
    let packages = [
        package("wasm-bindgen", "0.2.1", ""),
        package("wasm-bindgen", &pinned, ""),
        package("js-sys", "0.3.1", &bound("0.2.1")),
        package("js-sys", "0.3.2", &bound(&pinned)),
    ];
    let root = fixture(
        name,
        &[
            (
                ".cargo/config.toml",
                "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\ndirectory = \"registry\"\n",
            ),
            ("src/lib.rs", ""),
        ],
    );
    for (index, package) in packages.iter().enumerate() {
        let place = root.join(format!("registry/{index}"));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("Cargo.toml"), package).unwrap();
        fs::write(place.join("lib.rs"), "").unwrap();
        fs::write(place.join(".cargo-checksum.json"), "{\"files\":{}}").unwrap();
    }
    let write = |requirements: &str| {
        let text = manifest(name, &format!("[dependencies]\n{requirements}"));
        fs::write(root.join("Cargo.toml"), text).unwrap();
    };
    write("wasm-bindgen = \"=0.2.1\"\njs-sys = \"=0.3.1\"\n");
    succeed(cargo(&root, &["generate-lockfile"]));
    write("wasm-bindgen = \"0.2\"\njs-sys = \"0.3\"\n");
    root
}

fn cargo(directory: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = clean("cargo");
    command.args(arguments).current_dir(directory);
    command
}

#[test]
fn the_command_brings_a_locked_crate_to_the_version_that_is_built_in() {
    let root = locked("locked");
    let refusal = run(recover(&root, &["build", "--dry-run"])).stderr;
    assert!(refusal.contains("wasm-bindgen 0.2.1,"), "{refusal}");
    let command = refusal.split('`').nth(1).unwrap_or_default();
    let words: Vec<_> = command.split(' ').collect();
    assert_eq!(words.first(), Some(&"cargo"), "{refusal}");
    succeed(cargo(&root, &words[1..]));
    let built = succeed(recover(&root, &["build", "--dry-run"]));
    let expected = format!("wasm-bindgen {} (built in)", pin("wasm-bindgen"));
    assert!(built.stdout.contains(&expected), "{}", built.stdout);
}

#[test]
fn requirements_of_wasm_bindgen_that_no_version_meets() {
    let root = light("clashing", &pin("wasm-bindgen"), "", &[]);
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let dependency = "wasm-bindgen.path = \"wasm-bindgen\"";
    let required = format!("{dependency}\nwasm-bindgen.version = \"=0.2.1\"");
    assert!(text.contains(dependency), "{text}");
    fs::write(&manifest, text.replace(dependency, &required)).unwrap();
    let command = format!("`cargo add wasm-bindgen@={}`", pin("wasm-bindgen"));
    refused(recover(&root, &["build"]), &[&command, "0.2.1"]);
}

#[test]
fn a_crate_that_pins_an_old_wasm_bindgen_beside_the_runtime() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let dependencies = format!(
        "[dependencies]\nrecover-runtime.path = {runtime:?}\nwasm-bindgen = \"=0.2.100\"\n"
    );
    let text = manifest("pinned", &dependencies);
    let root = fixture("pinned", &[("Cargo.toml", &*text), ("src/lib.rs", "")]);
    let command = format!("cargo add wasm-bindgen@={}", pin("wasm-bindgen"));
    let reason = "since `pinned` requires `wasm-bindgen = \"=0.2.100\"`";
    for arguments in [
        &["build"][..],
        &["build", "--strategy", "abort"],
        &["check"],
    ] {
        refused(
            recover(&root, arguments),
            &[&format!("run `{command}`"), reason],
        );
    }
    // It mends it.
    let words: Vec<_> = command.split(' ').skip(1).collect();
    succeed(cargo(&root, &words));
    succeed(recover(&root, &["build", "--dry-run"]));
}

#[test]
fn an_unwind_build_on_stable() {
    let root = sound("unwind-on-stable");
    let stable = pin("stable");
    let arguments = ["build", "--toolchain", &*stable];
    let parts = ["is not a nightly", "leave out `--toolchain`"];
    refused(recover(&root, &arguments), &parts);
}

#[test]
fn an_output_directory_that_is_a_file() {
    let root = sound("out-dir-file");
    fs::write(root.join("out"), "").unwrap();
    let parts = ["out` is not a directory", "--out-dir"];
    refused(recover(&root, &["build", "--out-dir", "out"]), &parts);
}

#[test]
fn an_unknown_profile() {
    let root = sound("unknown-profile");
    let parts = ["`tiny`", "[profile.tiny]"];
    refused(recover(&root, &["build", "--profile", "tiny"]), &parts);
}

#[test]
fn flags_that_contradict() {
    let root = sound("contradiction");
    let mut command = recover(&root, &["build"]);
    command.env("RUSTFLAGS", "-C panic=abort");
    let parts = ["`-Cpanic=abort` in RUSTFLAGS", "--strategy abort"];
    refused(command, &parts);
    let config = "[target.'cfg(target_family = \"wasm\")']\nrustflags = [\"-Cpanic=unwind\"]\n";
    fs::create_dir(root.join(".cargo")).unwrap();
    fs::write(root.join(".cargo/config.toml"), config).unwrap();
    let parts = [
        "`-Cpanic=unwind`",
        "target.*.rustflags",
        "--strategy unwind",
    ];
    refused(recover(&root, &["build", "--strategy", "abort"]), &parts);
}

#[test]
fn a_toolchain_that_is_not_installed() {
    let root = sound("no-toolchain");
    let arguments = ["build", "--toolchain", "nightly-2001-01-01"];
    let command = "`rustup toolchain install nightly-2001-01-01 --profile minimal \
                   -c rust-src`";
    refused(recover(&root, &arguments), &["is not installed", command]);
}

#[test]
fn no_rustup() {
    let root = sound("no-rustup");
    let mut command = recover(&root, &["build"]);
    command.env("PATH", &root);
    refused(command, &["rustup is not on the PATH"]);
    let mut command = recover(&root, &["doctor"]);
    command.env("PATH", &root);
    let run = run(command);
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("https://rustup.rs"), "{}", run.stdout);
}

/// rustup's place is taken by a script whose toolchain lacks parts.
#[cfg(unix)]
#[test]
fn a_toolchain_that_lacks_parts() {
    use std::os::unix::fs::PermissionsExt;

    let root = sound("lacking");
    let sysroot = root.join("sysroot");
    let script = format!("#!/bin/sh\necho {}\n", sysroot.display());
    let rustup = root.join("rustup");
    fs::write(&rustup, script).unwrap();
    fs::set_permissions(&rustup, fs::Permissions::from_mode(0o755)).unwrap();
    let lacking = |arguments: &[&str]| {
        let mut command = recover(&root, arguments);
        command.env("PATH", format!("{}:/bin:/usr/bin", root.display()));
        command
    };
    let stable = pin("stable");
    let command = format!("`rustup target add wasm32-unknown-unknown --toolchain {stable}`");
    refused(lacking(&["build", "--strategy", "abort"]), &[&command]);
    let nightly = pin("nightly");
    let command = format!("`rustup component add rust-src --toolchain {nightly}`");
    refused(lacking(&["build"]), &[&command]);
    let component = ["build", "--target", "component"];
    refused(lacking(&component), &[&command]);
    let library = sysroot.join("lib/rustlib/src/rust/library/std");
    fs::create_dir_all(&library).unwrap();
    fs::write(library.join("Cargo.toml"), "").unwrap();
    let wasi = format!("`rustup target add wasm32-wasip2 --toolchain {nightly}`");
    refused(lacking(&component), &[&wasi]);
    fs::remove_dir_all(&library).unwrap();

    let run = run(lacking(&["doctor"]));
    assert_eq!(run.code, 2);
    assert!(
        run.stdout.contains(command.trim_matches('`')),
        "{}",
        run.stdout
    );
}

#[test]
fn the_users_own_mistakes_are_passed_through() {
    let root = light(
        "own-mistake",
        &pin("wasm-bindgen"),
        "fn f() -> u8 { \"x\" }",
        &[],
    );
    let run = run(recover(&root, &["build", "--strategy", "abort"]));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("error[E0308]"), "{}", run.stderr);
    assert!(
        run.stderr.contains("error: the build failed"),
        "{}",
        run.stderr
    );
    assert!(!root.join("pkg").exists());
}

#[test]
fn a_relative_target_directory_is_where_the_caller_stands() {
    let wrong = "fn f() -> u8 { \"x\" }";
    let root = light("relative", &pin("wasm-bindgen"), wrong, &[]);
    let aside = directory("relative-aside");
    let mut command = recover(&aside, &["build", "../relative", "--strategy", "abort"]);
    command.env("CARGO_TARGET_DIR", "aside");
    let run = run(command);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(aside.join("aside").is_dir());
    assert!(!root.join("aside").exists());
}

#[test]
fn a_dry_run_shows_the_steps_and_takes_none() {
    let root = sound("dry-run");
    let run = succeed(recover(&root, &["build", "--dry-run"]));
    assert!(run.stdout.contains("rustup run"), "{}", run.stdout);
    assert!(run.stdout.contains("wasm-bindgen"), "{}", run.stdout);
    assert!(!root.join("pkg").exists());
}
