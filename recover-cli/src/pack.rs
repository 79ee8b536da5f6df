//! The package that `cargo recover pack` makes of a web build: one for every engine, because its
//! `exports` choose by the conditions of who imports it.
//!
//! Pure: it says what the files hold. Building, copying and npm belong in `run/pack.rs`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::error::Error;
use crate::package_json::{GENERATOR, Recover};

/// What the crate says of itself, for who looks for it in npm.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// The package's name, with its scope.
    pub(crate) name: String,
    /// The crate's version.
    pub(crate) version: String,
    /// Its description.
    pub(crate) description: Option<String>,
    /// Its keywords.
    pub(crate) keywords: Vec<String>,
    /// Its licence.
    pub(crate) license: Option<String>,
    /// Its repository.
    pub(crate) repository: Option<String>,
    /// Its homepage.
    pub(crate) homepage: Option<String>,
}

/// A way in, and the conditions that lead there.
struct Entry {
    /// What its file is named, after the stem.
    name: &'static str,
    /// The condition.
    condition: &'static str,
    /// Who comes that way.
    who: &'static str,
    /// How it gets the module.
    start: &'static str,
}

/// In the order of `exports`, where the first that fits is taken: wrangler asks for `browser`, too.
const ENTRIES: [Entry; 3] = [
    Entry {
        name: "workerd",
        condition: "workerd",
        who: "Workers",
        start: "import { initSync } from './STEM.js';\nimport module from './STEM_bg.wasm';\n\ninitSync({ module });\n",
    },
    Entry {
        name: "browser",
        condition: "browser",
        who: "browsers and their bundlers",
        start: "import init from './STEM.js';\n\nawait init();\n",
    },
    Entry {
        name: "node",
        condition: "node",
        who: "Node, Deno and Bun",
        start: "import { readFileSync } from 'node:fs';\nimport { initSync } from './STEM.js';\n\n\
                initSync({ module: readFileSync(new URL('./STEM_bg.wasm', import.meta.url)) });\n",
    },
];

/// The files of the ways in, with their texts.
pub(crate) fn entries(stem: &str) -> Vec<(String, String)> {
    let file = |entry: &Entry| {
        let start = entry.start.replace("STEM", stem);
        let text = format!(
            "// For {}: the instance is made when this is imported.\n{start}\n\
             export * from './{stem}.js';\nexport {{ default }} from './{stem}.js';\n",
            entry.who
        );
        (script(stem, entry), text)
    };
    ENTRIES.iter().map(file).collect()
}

fn script(stem: &str, entry: &Entry) -> String {
    format!("{stem}.{}.js", entry.name)
}

/// Conditions and their files, in the order in which they are tried.
struct Conditions(Vec<(&'static str, String)>);

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Not as a map of serde_json's, which sorts.
        serializer.collect_map(self.0.iter().map(|(name, file)| (name, file)))
    }
}

/// What a path of the package leads to.
#[derive(Serialize)]
#[serde(untagged)]
enum Export {
    One(String),
    Of(Conditions),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageJson<'a> {
    name: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    keywords: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    exports: BTreeMap<String, Export>,
    // Resolvers from before `exports` read these.
    main: String,
    browser: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<String>,
    files: &'a [String],
    side_effects: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dependencies: &'a BTreeMap<String, String>,
    recover: Recover<'a>,
    generated_by: &'static str,
}

/// The text of the package.json; `files` are those of the package.
pub(crate) fn package_json(
    about: &About,
    stem: &str,
    files: &[String],
    dependencies: &BTreeMap<String, String>,
    build: &str,
) -> String {
    let types = format!("{stem}.d.ts");
    let types = files.contains(&types).then_some(format!("./{types}"));
    let with_types = |mut conditions: Vec<(&'static str, String)>| {
        if let Some(types) = &types {
            conditions.insert(0, ("types", types.clone()));
        }
        Export::Of(Conditions(conditions))
    };
    let of = |name: &str| format!("./{stem}.{name}.js");
    let mut main: Vec<_> = ENTRIES
        .iter()
        .map(|entry| (entry.condition, of(entry.name)))
        .collect();
    main.push(("default", of("browser")));
    let wasm = format!("./{stem}_bg.wasm");
    let manifest = "./package.json".to_owned();
    let mut exports = BTreeMap::from([
        (".".to_owned(), with_types(main)),
        // For who chooses when the instance is made, and of which bytes.
        (
            "./init".to_owned(),
            with_types(vec![("default", format!("./{stem}.js"))]),
        ),
        (wasm.clone(), Export::One(wasm)),
        (manifest.clone(), Export::One(manifest)),
    ]);
    for folder in ["telemetry", "stores"] {
        if files.iter().any(|file| file == folder) {
            let adapters = format!("./{folder}/*");
            exports.insert(adapters.clone(), Export::One(adapters));
        }
    }
    let mut side_effects: Vec<_> = ENTRIES.iter().map(|entry| of(entry.name)).collect();
    side_effects.extend(["./snippets/*".to_owned(), "./snippets/**".to_owned()]);
    let package = PackageJson {
        name: &about.name,
        version: &about.version,
        description: about.description.as_deref(),
        keywords: &about.keywords,
        license: about.license.as_deref(),
        repository: about.repository.as_deref().map(repository),
        homepage: about.homepage.as_deref(),
        kind: "module",
        exports,
        main: of("node"),
        browser: of("browser"),
        types,
        files,
        side_effects,
        dependencies,
        recover: Recover { build },
        generated_by: GENERATOR,
    };
    let text = serde_json::to_string_pretty(&package).expect("strings and lists become JSON");
    text + "\n"
}

/// As npm wants it; it warns of a plain address.
fn repository(url: &str) -> Value {
    let plain = url.trim_end_matches('/').trim_end_matches(".git");
    let hosted = ["https://github.com/", "https://gitlab.com/"];
    let url = match hosted.iter().any(|host| plain.starts_with(host)) {
        true => format!("git+{plain}.git"),
        false => url.to_owned(),
    };
    json!({ "type": "git", "url": url })
}

/// The README of a crate that has none.
pub(crate) fn readme(about: &About, stem: &str) -> String {
    let name = &about.name;
    let description = about.description.as_deref();
    let description = description.map_or(String::new(), |text| format!("{}\n\n", text.trim()));
    format!(
        "# {name}\n\n{description}```sh\nnpm install {name}\n```\n\n```js\nimport * as {stem} from '{name}';\n```\n\n\
         The instance is made when the package is imported, in Node, Deno, Bun, Workers, browsers and their bundlers. To make it \
         yourself, import `{name}/init`.\n"
    )
}

/// The name in npm.
pub(crate) fn scoped(name: &str, scope: Option<&str>) -> Result<String, Error> {
    let Some(given) = scope else {
        return Ok(name.to_owned());
    };
    let scope = given.strip_prefix('@').unwrap_or(given);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if scope.is_empty() || scope.starts_with(['.', '_']) || !scope.chars().all(plain) {
        return Err(Error::BadScope(given.to_owned()));
    }
    Ok(format!("@{scope}/{name}"))
}

/// What a published package should have and this one lacks.
pub(crate) fn lacks(about: &About) -> Vec<String> {
    let fields = [
        ("description", about.description.is_none()),
        ("license", about.license.is_none()),
        ("repository", about.repository.is_none()),
    ];
    let lacking = fields.into_iter().filter(|(_, lacks)| *lacks);
    let names: Vec<_> = lacking.map(|(name, _)| name).collect();
    match names.is_empty() {
        true => vec![],
        false => vec![format!(
            "the package has no {}: set it in [package] of Cargo.toml",
            names.join(", no ")
        )],
    }
}

#[cfg(test)]
#[path = "tests/pack.rs"]
mod tests;
