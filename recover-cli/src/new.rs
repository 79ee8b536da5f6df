//! What `cargo recover new` writes: the files of each template, with the crate's name in them.
//!
//! Pure: texts in, texts out. Whether the directory is free, and writing to it, belong in `run/new.rs`.

use std::path::PathBuf;

use clap::Args;

use crate::error::Error;

/// The options of `new`.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewOptions {
    /// Directory to make
    pub(crate) path: PathBuf,

    /// What to begin with: node (a library for Node and npm), web (a page, with Vite) or worker (a
    /// Durable Object on Workers)
    #[arg(long, value_name = "TEMPLATE", default_value = "node")]
    pub(crate) template: String,

    /// The crate's name [default: that of the directory]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Depend on the recover-runtime in this directory, not on the released one
    #[arg(long, value_name = "DIR")]
    pub(crate) runtime_path: Option<PathBuf>,

    /// Depend on the recover-runtime in this git repository
    #[arg(long, value_name = "URL", conflicts_with = "runtime_path")]
    pub(crate) runtime_git: Option<String>,
}

/// Where a crate gets recover-runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// From crates.io, as this command's version.
    Released,
    /// From a directory.
    Path(PathBuf),
    /// From a git repository.
    Git(String),
}

/// A kind of project to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    /// A library for Node.
    Node,
    /// A page, with Vite.
    Web,
    /// A Durable Object.
    Worker,
}

/// A file of a template: where it goes, and its text.
type File = (&'static str, &'static str);

const SHELF: [File; 2] = [
    ("Cargo.toml", include_str!("templates/shelf/manifest.toml")),
    ("src/lib.rs", include_str!("templates/shelf/lib.rs")),
];

const NODE: [File; 6] = [
    (".gitignore", include_str!("templates/node/gitignore")),
    ("README.md", include_str!("templates/node/README.md")),
    (
        "jsconfig.json",
        include_str!("templates/node/jsconfig.json"),
    ),
    ("main.mjs", include_str!("templates/node/main.mjs")),
    ("package.json", include_str!("templates/node/package.json")),
    (
        "test/shelf.test.mjs",
        include_str!("templates/node/test.mjs"),
    ),
];

const WEB: [File; 8] = [
    (".gitignore", include_str!("templates/web/gitignore")),
    ("README.md", include_str!("templates/web/README.md")),
    ("attempt.js", include_str!("templates/web/attempt.js")),
    ("index.html", include_str!("templates/web/index.html")),
    ("jsconfig.json", include_str!("templates/web/jsconfig.json")),
    ("main.js", include_str!("templates/web/main.js")),
    ("package.json", include_str!("templates/web/package.json")),
    ("test/shelf.test.js", include_str!("templates/web/test.js")),
];

const WORKER: [File; 10] = [
    (".gitignore", include_str!("templates/worker/gitignore")),
    ("Cargo.toml", include_str!("templates/worker/manifest.toml")),
    ("README.md", include_str!("templates/worker/README.md")),
    (
        "jsconfig.json",
        include_str!("templates/worker/jsconfig.json"),
    ),
    (
        "package.json",
        include_str!("templates/worker/package.json"),
    ),
    ("src/lib.rs", include_str!("templates/worker/lib.rs")),
    (
        "test/worker.test.js",
        include_str!("templates/worker/test.js"),
    ),
    ("worker/index.js", include_str!("templates/worker/index.js")),
    (
        "worker/modules.d.ts",
        include_str!("templates/worker/modules.d.ts"),
    ),
    (
        "wrangler.jsonc",
        include_str!("templates/worker/wrangler.jsonc"),
    ),
];

impl Template {
    const ALL: [Self; 3] = [Self::Node, Self::Web, Self::Worker];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }

    /// The template of a name.
    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| Error::NoTemplate(name.to_owned()))
    }

    fn files(self) -> Vec<File> {
        match self {
            Self::Node => [&SHELF[..], &NODE].concat(),
            Self::Web => [&SHELF[..], &WEB].concat(),
            Self::Worker => WORKER.to_vec(),
        }
    }

    /// What to type after `new`, once the toolchain is there.
    pub(crate) fn next(self) -> &'static [&'static str] {
        match self {
            Self::Node => &["npm install", "npm start"],
            Self::Web | Self::Worker => &["npm install", "npm run dev"],
        }
    }

    /// Every file for a crate of that name, sorted by path.
    pub(crate) fn rendered(self, name: &str, runtime: &Runtime) -> Vec<(&'static str, String)> {
        let stem = name.replace('-', "_");
        let mut files: Vec<_> = self
            .files()
            .into_iter()
            .map(|(path, text)| {
                let text = text
                    .replace("{{name}}", name)
                    .replace("{{stem}}", &stem)
                    .replace("{{version}}", env!("CARGO_PKG_VERSION"))
                    .replace("{{runtime}}", &runtime.requirement(&[]))
                    .replace("{{runtime:durable}}", &runtime.requirement(&["durable"]));
                (path, text)
            })
            .collect();
        files.sort();
        files
    }
}

impl Runtime {
    /// The value of the dependency in Cargo.toml.
    pub(crate) fn requirement(&self, features: &[&str]) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let version = quoted(env!("CARGO_PKG_VERSION"));
        let source = match self {
            Self::Released if features.is_empty() => return version,
            Self::Released => format!("version = {version}"),
            Self::Path(path) => format!("path = {}", quoted(&path.to_string_lossy())),
            Self::Git(url) => format!("git = {}", quoted(url)),
        };
        match features {
            [] => format!("{{ {source} }}"),
            some => format!("{{ {source}, features = {some:?} }}"),
        }
    }
}

/// What a crate can't be called: its own dependencies, and what cargo and rustc keep for themselves.
const TAKEN: [&str; 15] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "js-sys",
    "proc-macro",
    "recover-macros",
    "recover-runtime",
    "serde",
    "std",
    "test",
    "thiserror",
    "wasm-bindgen",
];

/// Refuses a name that cargo or npm would refuse, with one that they take.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    wrong(name).map_or(Ok(()), |reason| {
        Err(Error::BadName {
            name: name.to_owned(),
            reason,
            better: better(name),
        })
    })
}

/// Why a name is not taken.
fn wrong(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        Some("use lower-case letters, digits, `-` and `_`")
    } else if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("begin with a letter")
    } else if TAKEN.contains(&name) {
        Some("a crate or directory that it needs has it")
    } else if syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_err() {
        Some("it is a keyword of Rust")
    } else {
        None
    }
}

/// The name, made into one that is taken by cargo and npm.
fn better(name: &str) -> String {
    let mut better = String::new();
    for c in name.trim().chars() {
        let c = match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit() => c,
            _ => '-',
        };
        // Neither at the beginning nor twice.
        let begins = better.is_empty() && !c.is_ascii_lowercase();
        if !begins && !(c == '-' && better.ends_with('-')) {
            better.push(c);
        }
    }
    let better = better.trim_end_matches(['-', '_']);
    let better = if better.is_empty() { "app" } else { better };
    match wrong(better) {
        None => better.to_owned(),
        Some(_) => format!("my-{better}"),
    }
}

#[cfg(test)]
#[path = "tests/new.rs"]
mod tests;
