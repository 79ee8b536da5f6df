//! One call of rustc by cargo, as the wrapper sees it: which crate it compiles, and what is to
//! change about it.
//!
//! Pure: arguments and variables come as values. Starting the compiler and copying a package
//! belong in `run/rustc.rs`; what the source must say, in `copies.rs`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::copies;

/// Set where this program is cargo's rustc wrapper; its value is the wrapper that the user has
/// besides, which this one calls.
pub(crate) const VARIABLE: &str = "CARGO_RECOVER_RUSTC_WRAPPER";

/// What recover-runtime is compiled with when imports may unwind: without it an unwind build of
/// it is an error.
pub(crate) const CFG: &str = "recover_imports_unwind";

/// What a call of rustc is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// cargo asks which compiler this is: the answer is part of what it compares to decide
    /// whether to compile again.
    Version,
    /// A crate that is compiled from a changed copy.
    Changed(Copied),
    /// recover-runtime, which is told so.
    Runtime,
    /// Anything else.
    Other,
}

/// A crate to compile from a changed copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Its package.
    pub(crate) package: String,
    /// Its version.
    pub(crate) version: String,
    /// Where the package stands.
    pub(crate) original: PathBuf,
    /// Where its copy goes.
    pub(crate) copy: PathBuf,
    /// The root of the crate, from the package's folder.
    pub(crate) root: PathBuf,
    /// The argument that names the root.
    argument: usize,
    /// Where rustc writes which files it read, if it does.
    pub(crate) dependencies: Option<PathBuf>,
}

/// What cargo tells about the package that it compiles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    /// `CARGO_PKG_NAME`.
    pub(crate) name: String,
    /// `CARGO_PKG_VERSION`.
    pub(crate) version: String,
    /// `CARGO_MANIFEST_DIR`.
    pub(crate) directory: PathBuf,
}

/// What `arguments`, given to rustc in `directory`, are about. A user's wrapper for the
/// workspace may stand before them.
pub(crate) fn kind(arguments: &[OsString], directory: &Path, package: &Package) -> Kind {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    if let [.., "-vV"] = words[..]
        && words.len() <= 2
    {
        return Kind::Version;
    }
    let Some(name) = value(&words, "--crate-name") else {
        return Kind::Other;
    };
    // Not the build script, which is of the same package.
    if name != package.name.replace('-', "_") {
        return Kind::Other;
    }
    if package.name == "recover-runtime" {
        return Kind::Runtime;
    }
    if !copies::is_changed(&package.name) || !is_needed(&words, &package.name) {
        return Kind::Other;
    }
    match copied(arguments, &words, directory, package) {
        Some(copied) => Kind::Changed(copied),
        None => Kind::Other,
    }
}

/// The macros run on the host. The others import only in wasm, and not where WASI does, and have
/// their bounds only there.
fn is_needed(words: &[&str], package: &str) -> bool {
    let for_wasm = value(words, "--target")
        .is_some_and(|target| target.starts_with("wasm") && !target.contains("wasi"));
    package == "wasm-bindgen-macro-support" || for_wasm
}

fn copied(
    arguments: &[OsString],
    words: &[&str],
    directory: &Path,
    package: &Package,
) -> Option<Copied> {
    let is_source = |word: &OsString| {
        let path = directory.join(word);
        path.extension() == Some(OsStr::new("rs")) && path.starts_with(&package.directory)
    };
    let argument = arguments.iter().position(is_source)?;
    let source = directory.join(&arguments[argument]);
    let root = source.strip_prefix(&package.directory).ok()?.to_owned();
    let out = directory.join(value(words, "--out-dir")?);
    let name = value(words, "--crate-name")?;
    let unit = format!("{name}{}", codegen(words, "extra-filename").unwrap_or(""));
    let emits = value(words, "--emit").unwrap_or("");
    Some(Copied {
        package: package.name.clone(),
        version: package.version.clone(),
        original: package.directory.clone(),
        // Beside what is compiled from it, so that `cargo clean` takes both.
        copy: out.join(format!("{unit}.unwind")),
        root,
        argument,
        dependencies: emits
            .split(',')
            .any(|kind| kind == "dep-info")
            .then(|| out.join(format!("{unit}.d"))),
    })
}

/// The value of an option, in one argument or in two.
fn value<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if *word == option {
            return rest.next().copied();
        }
        let joined = word
            .strip_prefix(option)
            .and_then(|rest| rest.strip_prefix('='));
        if joined.is_some() {
            return joined;
        }
    }
    None
}

/// The value of a `-C` option, in one argument or in two.
fn codegen<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    let options = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| match *word {
            "-C" | "--codegen" => words.get(at + 1).copied(),
            joined => joined.strip_prefix("-C"),
        });
    options
        .filter_map(|set| set.split_once('='))
        .find(|(name, _)| *name == option)
        .map(|(_, value)| value)
}

/// What rustc gets, in place of `arguments`.
pub(crate) fn changed(kind: &Kind, mut arguments: Vec<OsString>) -> Vec<OsString> {
    match kind {
        Kind::Version | Kind::Other => {}
        Kind::Runtime => arguments.extend(["--cfg".into(), CFG.into()]),
        Kind::Changed(copied) => {
            let shown = remapped(&arguments, &copied.original);
            arguments[copied.argument] = copied.copy.join(&copied.root).into();
            // Panics and debug information name the package's own files.
            let mut remap = copied.copy.clone().into_os_string();
            remap.push("=");
            remap.push(shown);
            arguments.extend(["--remap-path-prefix".into(), remap]);
        }
    }
    arguments
}

/// The name that the user's own flags give a folder: rustc takes the last that fits, and only one.
fn remapped(arguments: &[OsString], folder: &Path) -> OsString {
    const OPTION: &str = "--remap-path-prefix";
    let mut rules = arguments.iter().enumerate().filter_map(|(at, word)| {
        let word = word.to_str()?;
        let rule = match word.strip_prefix(OPTION)? {
            "" => arguments.get(at + 1)?.to_str()?,
            joined => joined.strip_prefix('=')?,
        };
        let (from, to) = rule.rsplit_once('=')?;
        let below = folder.strip_prefix(from).ok()?;
        Some(Path::new(to).join(below).into_os_string())
    });
    rules.next_back().unwrap_or_else(|| folder.into())
}

/// What cargo compares, besides the compiler's own answer: this program's version, and whatever
/// else decides what the copies say.
pub(crate) fn identity() -> String {
    // FNV-1a: the text changes with every change of what is done here, and no number has to be
    // kept in step by hand.
    let sources = [
        include_bytes!("bounds.rs").as_slice(),
        include_bytes!("copies.rs"),
        include_bytes!("declarations.rs"),
        include_bytes!("invocation.rs"),
    ];
    let bytes = sources.iter().flat_map(|source| source.iter());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("cargo-recover: {} {hash:016x}", env!("CARGO_PKG_VERSION"))
}

/// rustc's list of the files that it read, in which the copies are the package's own files: those
/// are what cargo watches.
pub(crate) fn watched(list: &str, copied: &Copied) -> String {
    let escaped = |path: &Path| path.to_string_lossy().replace(' ', "\\ ");
    list.replace(&escaped(&copied.copy), &escaped(&copied.original))
}

#[cfg(test)]
#[path = "tests/invocation.rs"]
mod tests;
