//! Finds the scenarios of a crate, and its waivers: which files there are, and whether its Rust has some.
//! What a scenario must say, `js/torture/` knows.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::metadata::Package;
use crate::test_list::Test;
use crate::torture::{FOLDER, rust_of};

/// A scenario.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// Its name: that of the file, or the path of the function.
    pub(super) name: String,
    /// Its module.
    pub(super) path: Option<PathBuf>,
    /// The function that it is, or is a regression test of.
    pub(super) rust: Option<String>,
    /// The export of the function.
    pub(super) export: Option<String>,
    /// Is it a regression test, which has a schedule of its own?
    pub(super) fixed: bool,
}

impl Given {
    /// A function of Rust's; none if it is ignored.
    pub(super) fn of_rust(test: Test) -> Option<Self> {
        test.ignored.is_none().then(|| Self {
            rust: Some(test.name.clone()),
            name: test.name,
            path: None,
            export: Some(test.export),
            fixed: false,
        })
    }

    fn of_file(path: PathBuf, fixed: bool) -> Result<Self, Error> {
        let text = fs::read_to_string(&path).map_err(Error::user("read", &path))?;
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: stem.to_string_lossy().into_owned(),
            rust: rust_of(&text).map(str::to_owned),
            path: Some(path),
            export: None,
            fixed,
        })
    }
}

/// Those that were named, or those of the crate's folder: regression tests first.
pub(super) fn find(named: &[PathBuf], crate_directory: &Path) -> Result<Vec<Given>, Error> {
    let folder = crate_directory.join(FOLDER);
    let regressions = folder.join("regressions");
    if !named.is_empty() {
        let here = std::env::current_dir().map_err(Error::io("read", "."))?;
        let of = |path: &PathBuf| {
            let path = here.join(path);
            let fixed = path.starts_with(&regressions);
            Given::of_file(path, fixed)
        };
        return named.iter().map(of).collect();
    }
    let mut given = vec![];
    for (folder, fixed) in [(&regressions, true), (&folder, false)] {
        for path in modules(folder)? {
            given.push(Given::of_file(path, fixed)?);
        }
    }
    Ok(given)
}

/// The modules in a folder, in the order of their names. One that begins with `_` is for the others to import.
fn modules(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = vec![];
    if !folder.is_dir() {
        return Ok(paths);
    }
    for entry in fs::read_dir(folder).map_err(Error::user("list", folder))? {
        let path = entry.map_err(Error::user("list", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_module = name.ends_with(".mjs") || name.ends_with(".js");
        let is_test = name.ends_with(".test.mjs") || name.ends_with(".test.js");
        if is_module && !is_test && !name.starts_with('_') && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Those that `--only` names.
pub(super) fn chosen(given: Vec<Given>, only: &[String]) -> Result<Vec<Given>, Error> {
    if only.is_empty() {
        return Ok(given);
    }
    let names: Vec<String> = given.iter().map(|given| given.name.clone()).collect();
    if let Some(name) = only.iter().find(|name| !names.contains(name)) {
        return Err(Error::NoSuchScenario {
            name: name.clone(),
            names: names.join(", "),
        });
    }
    let chosen = given.into_iter();
    Ok(chosen.filter(|given| only.contains(&given.name)).collect())
}

/// Whether the library could have functions under the attribute: which ones, the records of its compiled tests say.
/// They are compiled only then.
pub(super) fn in_rust(package: &Package) -> Result<bool, Error> {
    match package.library() {
        Some(_) => could_have(package.manifest_path.parent().unwrap_or(Path::new("."))),
        None => Ok(false),
    }
}

/// Folders of a crate that no module of its library is in.
const OTHERS: [&str; 3] = ["target", "node_modules", "tests"];

/// Whether a Rust file of a crate has the word: the attribute may have any path, stand within `cfg_attr`, be imported under
/// another name, or be in a file that `#[path]` or `include!` names.
fn could_have(folder: &Path) -> Result<bool, Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let found = match path.extension() {
            Some(extension) if extension == "rs" => {
                let text = fs::read(&path).map_err(Error::io("read", &path))?;
                has_word(&text)
            }
            _ => {
                let is_other = OTHERS.contains(&&*name) || name.starts_with('.');
                // A crate within this one is tortured by itself.
                let is_own = path.is_dir() && !path.join("Cargo.toml").exists();
                !is_other && is_own && could_have(&path)?
            }
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the word is there, which begins and ends where a name does.
fn has_word(text: &[u8]) -> bool {
    let part = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_');
    text.split(part).any(|word| word == b"torture")
}

/// The waivers of a crate, as its file has them; none where there is none. What they must say, the engine
/// knows.
pub(super) fn waivers(
    named: Option<&Path>,
    crate_directory: &Path,
) -> Result<Option<String>, Error> {
    let usual = crate_directory.join(FOLDER).join("waivers.json");
    let path = match named {
        Some(path) => path,
        None if usual.is_file() => &usual,
        None => return Ok(None),
    };
    let text = fs::read_to_string(path).map_err(Error::user("read", path))?;
    Ok(Some(text))
}

/// The specifier by which a module in `folder` imports the one at `path`.
pub(super) fn specifier(folder: &Path, path: &Path) -> String {
    let plain = |part: &Component<'_>| !matches!(part, Component::CurDir);
    let from: Vec<_> = folder.components().filter(plain).collect();
    let to: Vec<_> = path.components().filter(plain).collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let ups = from[shared..].iter().map(|_| "..".to_owned());
    let downs = to[shared..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<_> = ups.chain(downs).collect();
    match from.len() == shared {
        true => format!("./{}", parts.join("/")),
        false => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_is_found_however_it_is_written() {
        for line in [
            "#[recover_runtime::torture]",
            "    #[torture]",
            "#[rt::torture(crate = rt)]",
            "#[cfg_attr(target_family = \"wasm\", torture)]",
            "use recover_runtime::torture as t;",
            "use recover_runtime::{test, torture};",
        ] {
            let text = format!("mod a;\n{line}\nfn f() {{}}");
            assert!(has_word(text.as_bytes()), "{line}");
        }
        for line in [
            "#[recover_runtime::test]",
            "fn tortured()",
            "mod torture_me;",
        ] {
            assert!(!has_word(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn it_is_found_in_files_beside_the_library_and_not_in_crates_within() {
        let root = std::env::temp_dir().join(format!("recover-scenarios-{}", std::process::id()));
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("src/lib.rs", "#[path = \"../more/part.rs\"] mod part;");
        put("inner/Cargo.toml", "");
        put("inner/src/lib.rs", "#[torture]");
        put("target/debug/build/out.rs", "#[torture]");
        assert!(!could_have(&root).unwrap());
        put("more/part.rs", "#[torture]");
        assert!(could_have(&root).unwrap());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_regression_test_imports_its_scenario_by_a_relative_path() {
        let folder = Path::new("/c/torture/regressions");
        for (path, expected) in [
            ("/c/torture/counter.mjs", "../counter.mjs"),
            ("/c/torture/regressions/a.mjs", "./a.mjs"),
            ("/c/other/b.mjs", "../../other/b.mjs"),
        ] {
            assert_eq!(specifier(folder, Path::new(path)), expected);
        }
    }
}
