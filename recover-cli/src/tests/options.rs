use super::*;

fn build(arguments: &[&str]) -> Result<BuildOptions, clap::Error> {
    let all = ["cargo recover build"].iter().chain(arguments);
    Alone::try_parse_from(all).map(|alone| alone.build)
}

#[test]
fn defaults_are_unwind_exnref_web_release() {
    let options = build(&[]).unwrap();
    assert_eq!(options.strategy, Strategy::Unwind);
    assert_eq!(options.eh, Eh::Exnref);
    assert_eq!(options.target, Product::Package(Target::Web));
    assert_eq!(options.profile(), "release");
}

#[test]
fn dev_is_a_profile_and_excludes_profile() {
    assert_eq!(build(&["--dev"]).unwrap().profile(), "dev");
    assert!(build(&["--dev", "--profile", "x"]).is_err());
}

#[test]
fn no_modules_is_refused_with_the_reason() {
    let error = build(&["--target", "no-modules"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("takes no JavaScript snippets"));
    assert!(build(&["--target", "emscripten"]).is_err());
}

#[test]
fn sizes_are_checked_against_their_unit() {
    let stack = |text: &str| build(&["--stack-size", text]).map(|options| options.stack_size);
    for (text, bytes) in [
        ("4096", 4 << 10),
        ("65536", 64 << 10),
        ("512KiB", 512 << 10),
        ("4MiB", 4 << 20),
        ("4 MiB", 4 << 20),
        ("1GiB", 1 << 30),
    ] {
        assert_eq!(stack(text).unwrap(), Some(bytes), "{text}");
    }
    for (wrong, said) in [
        ("0", "give a multiple of 16"),
        ("1048577", "give a multiple of 16"),
        ("99999999999GiB", "give a multiple of 16"),
        ("x", "such as 4MiB"),
        ("MiB", "such as 4MiB"),
        ("4MB", "such as 4MiB"),
        ("4M", "such as 4MiB"),
        ("1.5MiB", "such as 4MiB"),
        ("32", "from 4KiB to 1GiB"),
        ("2GiB", "from 4KiB to 1GiB"),
    ] {
        let error = stack(wrong).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(said), "{wrong}: {error}");
    }
    assert!(build(&["--stack-size", "-16"]).is_err());
    assert_eq!(
        build(&["--max-memory", "64MiB"]).unwrap().max_memory,
        Some(64 << 20)
    );
    assert!(build(&["--max-memory", "100000"]).is_err());
    assert!(build(&["--max-memory", "4294967296"]).is_ok());
    assert!(build(&["--max-memory", "8589934592"]).is_err());
}

#[test]
fn an_out_name_with_a_path_is_refused() {
    assert!(build(&["--out-name", "a.b"]).is_err());
    assert!(build(&["--out-name", "../a"]).is_err());
    assert!(build(&["--out-name", "a-b"]).is_ok());
}

#[test]
fn arguments_after_two_dashes_go_to_cargo() {
    let options = build(&["dir", "--", "--locked", "-j1"]).unwrap();
    assert_eq!(options.path, Some("dir".into()));
    assert_eq!(options.cargo_args, ["--locked", "-j1"]);
}
