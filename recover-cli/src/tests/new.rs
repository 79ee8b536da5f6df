//! The texts of the templates, and which names are taken.

use super::*;

fn refusal(name: &str) -> String {
    check_name(name).unwrap_err().to_string()
}

#[test]
fn a_name_is_one_for_cargo_and_for_npm() {
    for name in ["a", "shelf", "my-shelf", "shelf_2", "x2"] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    for (name, better) in [
        ("", "app"),
        ("2d", "d"),
        ("-a", "a"),
        ("Shelf", "shelf"),
        ("My Shelf", "my-shelf"),
        ("ünï", "n"),
        ("match", "my-match"),
        ("test", "my-test"),
        ("serde", "my-serde"),
        ("wasm-bindgen", "my-wasm-bindgen"),
        ("a.b", "a-b"),
        ("a-", "a-"),
    ] {
        if name == "a-" {
            assert!(check_name(name).is_ok());
            continue;
        }
        let said = refusal(name);
        assert!(
            said.contains(&format!("--name {better}`")),
            "{name}: {said}"
        );
        assert!(check_name(better).is_ok(), "{better}");
    }
}

#[test]
fn a_template_that_is_not_there_names_those_that_are() {
    let said = Template::named("vue").unwrap_err().to_string();
    for template in Template::ALL {
        assert!(said.contains(template.name()), "{said}");
        assert_eq!(Template::named(template.name()).unwrap(), template);
    }
}

#[test]
fn nothing_is_left_to_be_filled_in() {
    for template in Template::ALL {
        for (path, text) in template.rendered("my-shelf", &Runtime::Released) {
            let left = text.split("{{").skip(1);
            let left =
                left.filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
            assert_eq!(left.count(), 0, "{} {path}", template.name());
            assert!(text.ends_with('\n'), "{} {path}", template.name());
            if path == "Cargo.toml" {
                let manifest: toml::Table = text.parse().unwrap();
                assert_eq!(manifest["package"]["name"].as_str(), Some("my-shelf"));
            }
            if path.ends_with(".json") {
                serde_json::from_str::<serde_json::Value>(&text).unwrap();
            }
        }
    }
}

#[test]
fn the_runtime_is_the_released_one_or_where_one_says() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(Runtime::Released.requirement(&[]), format!("{version:?}"));
    assert_eq!(
        Runtime::Released.requirement(&["persist"]),
        format!("{{ version = {version:?}, features = [\"persist\"] }}")
    );
    let path = Runtime::Path("/a b/recover-runtime".into());
    assert_eq!(path.requirement(&[]), "{ path = \"/a b/recover-runtime\" }");
    let git = Runtime::Git("https://example.com/r".to_owned());
    assert_eq!(
        git.requirement(&["persist"]),
        "{ git = \"https://example.com/r\", features = [\"persist\"] }"
    );
    // Whatever stands in a path, the manifest is one.
    let odd = Runtime::Path("C:\\a\"b".into()).requirement(&[]);
    let table: toml::Table = format!("a = {odd}").parse().unwrap();
    assert_eq!(table["a"]["path"].as_str(), Some("C:\\a\"b"));
}
