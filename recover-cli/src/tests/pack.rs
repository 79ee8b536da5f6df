//! What the files of a package to publish hold.

use super::*;

fn about() -> About {
    About {
        name: "@x/a-b".into(),
        version: "1.2.3".into(),
        description: Some("Does things.".into()),
        keywords: vec!["wasm".into()],
        license: Some("MIT".into()),
        repository: Some("https://github.com/x/a-b".into()),
        homepage: None,
    }
}

fn rendered(about: &About, files: &[&str]) -> (String, Value) {
    let files: Vec<_> = files.iter().map(|file| (*file).to_owned()).collect();
    let text = package_json(about, "a_b", &files, &BTreeMap::new(), "0a1b");
    assert!(crate::package_json::is_ours(&text));
    let json = serde_json::from_str(&text).unwrap();
    (text, json)
}

#[test]
fn the_first_condition_that_fits_is_the_right_one() {
    let (text, json) = rendered(&about(), &["a_b.js", "a_b.d.ts"]);
    // In the text: what reads JSON into a map may forget the order, which decides.
    let begin = text.find("\".\"").unwrap();
    let at = |name: &str| begin + text[begin..].find(name).unwrap();
    let order =
        ["types", "workerd", "browser", "node", "default"].map(|name| at(&format!("\"{name}\"")));
    assert!(order.is_sorted(), "{text}");
    let main = &json["exports"]["."];
    assert_eq!(main["types"], "./a_b.d.ts");
    assert_eq!(main["workerd"], "./a_b.workerd.js");
    assert_eq!(main["node"], "./a_b.node.js");
    assert_eq!(main["default"], main["browser"]);
    assert_eq!(json["exports"]["./init"]["default"], "./a_b.js");
    assert_eq!(json["exports"]["./a_b_bg.wasm"], "./a_b_bg.wasm");
}

#[test]
fn adapters_can_be_imported_where_there_are_some() {
    let exports = |files: &[&str]| rendered(&about(), files).1["exports"]["./telemetry/*"].clone();
    assert_eq!(exports(&["a_b.js"]), Value::Null);
    assert_eq!(exports(&["a_b.js", "telemetry"]), "./telemetry/*");
}

#[test]
fn every_file_that_is_named_is_made() {
    let (_, json) = rendered(&about(), &["a_b.js", "a_b.d.ts"]);
    let made: Vec<_> = entries("a_b")
        .into_iter()
        .map(|(file, _)| format!("./{file}"))
        .collect();
    let main = json["exports"]["."].as_object().unwrap();
    for (condition, file) in main {
        let file = file.as_str().unwrap().to_owned();
        assert!(condition == "types" || made.contains(&file), "{file}");
    }
    let effects = json["sideEffects"].as_array().unwrap();
    assert!(
        made.iter()
            .all(|file| effects.contains(&file.as_str().into()))
    );
    // The glue does nothing until it is called.
    assert!(!effects.contains(&"./a_b.js".into()));
    for (file, text) in entries("a_b") {
        assert!(!text.contains("STEM"), "{file}");
        assert!(
            text.contains("export { default } from './a_b.js';"),
            "{file}"
        );
    }
}

#[test]
fn it_says_what_the_crate_says() {
    let (_, json) = rendered(&about(), &["a_b.js"]);
    assert_eq!(json["name"], "@x/a-b");
    assert_eq!(json["license"], "MIT");
    assert_eq!(json["keywords"], json!(["wasm"]));
    assert_eq!(
        json["repository"]["url"],
        "git+https://github.com/x/a-b.git"
    );
    assert!(json.get("types").is_none() && json["exports"]["."].get("types").is_none());
    assert!(lacks(&about()).is_empty());

    let bare = About {
        name: "a-b".into(),
        version: "1.2.3".into(),
        ..About::default()
    };
    let (_, json) = rendered(&bare, &["a_b.js"]);
    for field in [
        "license",
        "repository",
        "description",
        "keywords",
        "homepage",
    ] {
        assert!(json.get(field).is_none(), "{field}");
    }
    assert!(lacks(&bare)[0].contains("no description, no license, no repository"));
    assert_eq!(
        repository("https://example.com/r")["url"],
        "https://example.com/r"
    );
}

#[test]
fn a_scope_is_given_with_its_sign_or_without() {
    assert_eq!(scoped("a", None).unwrap(), "a");
    assert_eq!(scoped("a", Some("x")).unwrap(), "@x/a");
    assert_eq!(scoped("a", Some("@x-y")).unwrap(), "@x-y/a");
    for wrong in ["", "@", "X", "a/b", ".a"] {
        assert!(scoped("a", Some(wrong)).is_err(), "{wrong}");
    }
}
