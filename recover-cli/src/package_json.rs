//! The `package.json` files of a package.
//!
//! Pure: it says what they hold and whether one that is there is ours. A file
//! that somebody else wrote is never replaced.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::options::Target;

/// The mark by which a later build knows its own file.
pub(crate) const GENERATOR: &str = "cargo-recover";

/// What the package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    /// The crate's name.
    pub(crate) name: String,
    /// The crate's version.
    pub(crate) version: String,
    /// The crate's description.
    pub(crate) description: Option<String>,
    /// The crate's licence.
    pub(crate) license: Option<String>,
    /// The crate's repository.
    pub(crate) repository: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageJson<'a> {
    name: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    main: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<String>,
    files: Vec<String>,
    side_effects: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dependencies: BTreeMap<String, String>,
    recover: Recover<'a>,
    generated_by: &'static str,
}

/// What the package says of its build.
#[derive(Serialize)]
pub(crate) struct Recover<'a> {
    /// The id of its module.
    pub(crate) build: &'a str,
}

/// The text of the package's own file; `files` are those beside it.
pub(crate) fn render(
    info: &Info,
    stem: &str,
    target: Target,
    files: &[String],
    dependencies: BTreeMap<String, String>,
    build: &str,
) -> String {
    let script = format!("{stem}.js");
    let declarations = format!("{stem}.d.ts");
    let mut side_effects = vec!["./snippets/*".to_owned(), "./snippets/**".to_owned()];
    if target != Target::Web {
        // Only the web glue does nothing until it is called.
        side_effects.insert(0, format!("./{script}"));
    }
    let commonjs = target == Target::Nodejs;
    let package = PackageJson {
        name: &info.name,
        version: &info.version,
        description: info.description.as_deref(),
        license: info.license.as_deref(),
        repository: info.repository.as_deref(),
        kind: if commonjs { "commonjs" } else { "module" },
        module: (!commonjs).then(|| script.clone()),
        types: files.contains(&declarations).then_some(declarations),
        main: script,
        files: top_level(files),
        side_effects,
        dependencies,
        recover: Recover { build },
        generated_by: GENERATOR,
    };
    let text = serde_json::to_string_pretty(&package).expect("strings and lists become JSON");
    text + "\n"
}

/// The file that lets a CommonJS package require snippets, which are ES modules.
pub(crate) fn snippets() -> String {
    format!("{{\n  \"type\": \"module\",\n  \"generatedBy\": \"{GENERATOR}\"\n}}\n")
}

/// The file beside a crate's snippets of which some are CommonJS. Where others are ES modules, it
/// gives no type, and Node goes by the syntax.
pub(crate) fn commonjs_snippets(all: bool) -> String {
    let kind = if all {
        "  \"type\": \"commonjs\",\n"
    } else {
        ""
    };
    format!("{{\n{kind}  \"generatedBy\": \"{GENERATOR}\"\n}}\n")
}

fn top_level(files: &[String]) -> Vec<String> {
    let mut names: Vec<String> = files
        .iter()
        .map(|file| file.split('/').next().unwrap_or(file).to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Did an earlier build write this text?
pub(crate) fn is_ours(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|json: Value| json["generatedBy"] == GENERATOR)
}

/// The dependencies that wasm-bindgen collected from the crates' own files.
pub(crate) fn dependencies(text: &str) -> BTreeMap<String, String> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    json.get("dependencies")
        .cloned()
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

/// The id of the build that an earlier one wrote down.
pub(crate) fn build(text: &str) -> String {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    json["recover"]["build"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The files that a package names as its own.
pub(crate) fn files(text: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let files = json["files"].as_array().into_iter().flatten();
    files
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect()
}

/// What a file of the user's must be told, if it is kept.
pub(crate) fn conflict(text: &str, target: Target) -> Option<&'static str> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let is_module = json["type"] == "module";
    match target {
        Target::Nodejs if is_module => Some("its \"type\" must be \"commonjs\" for this target"),
        Target::Nodejs => None,
        _ if is_module => None,
        _ => Some("its \"type\" must be \"module\" for this target"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(target: Target, files: &[&str]) -> Value {
        let info = Info {
            name: "a-b".into(),
            version: "1.2.3".into(),
            description: Some("says \"hi\"".into()),
            license: Some("MIT".into()),
            repository: None,
        };
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let text = render(&info, "a_b", target, &files, BTreeMap::new(), "0a1b");
        assert!(is_ours(&text));
        assert_eq!(build(&text), "0a1b");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn esm_targets_are_modules() {
        for target in [Target::Web, Target::Bundler, Target::Deno, Target::Module] {
            let json = rendered(target, &["a_b.js", "a_b.d.ts", "snippets/x/y.js"]);
            assert_eq!(json["type"], "module");
            assert_eq!(json["main"], "a_b.js");
            assert_eq!(json["module"], "a_b.js");
            assert_eq!(json["types"], "a_b.d.ts");
            assert_eq!(json["description"], "says \"hi\"");
            assert!(json.get("repository").is_none());
            let files = serde_json::json!(["a_b.d.ts", "a_b.js", "snippets"]);
            assert_eq!(json["files"], files);
            let effects = json["sideEffects"].as_array().unwrap();
            assert!(effects.contains(&"./snippets/*".into()));
            assert_eq!(effects.contains(&"./a_b.js".into()), target != Target::Web);
        }
    }

    #[test]
    fn nodejs_is_commonjs_and_types_need_a_file() {
        let json = rendered(Target::Nodejs, &["a_b.js"]);
        assert_eq!(json["type"], "commonjs");
        assert!(json.get("module").is_none());
        assert!(json.get("types").is_none());
        assert!(is_ours(&snippets()));
    }

    #[test]
    fn other_files_are_recognised_and_their_incompatibility_is_reported() {
        assert!(!is_ours("{\"name\": \"x\"}"));
        assert!(!is_ours("not json"));
        assert!(conflict("{\"type\": \"module\"}", Target::Nodejs).is_some());
        assert!(conflict("{\"type\": \"module\"}", Target::Web).is_none());
        assert!(conflict("{}", Target::Web).is_some());
        assert!(conflict("{}", Target::Nodejs).is_none());
    }
}
