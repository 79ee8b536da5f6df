//! Which crates are compiled from a changed copy, and what their source must say for that.
//!
//! What is changed is counted per release: source that is not as known is refused. What the changes
//! are is found by `declarations.rs` and `bounds.rs`. Pure: text in, text or the reason out.
//! Compiling the result is `run/rustc.rs`.

use crate::{bounds, declarations};

/// Source files of one crate that are changed, and in how many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The crate.
    pub(crate) package: &'static str,
    /// The beginning of its versions, before the patch release.
    series: &'static str,
    /// The patch releases that are like this, both ends included.
    patches: (u64, u64),
    /// The files that are changed.
    files: &'static [File],
}

/// A file that is changed. Every other file has nothing that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct File {
    path: &'static str,
    /// How many imports it declares.
    imports: usize,
    /// How many bounds of unwind safety it has, with the catches behind them.
    bounds: usize,
}

const fn file(path: &'static str, imports: usize, bounds: usize) -> File {
    File {
        path,
        imports,
        bounds,
    }
}

/// What closures may be, where there is a copy for each number of arguments.
const CLOSURES: File = file("src/convert/closures.rs", 0, 2);

/// `MaybeUnwindSafe`, which most of what takes a closure asks for.
const MARKER: File = file("src/rt/marker.rs", 0, 1);

/// What is known. A row is added when a release was looked at, and its tests were run.
const KNOWN: [Known; 5] = [
    // What `#[wasm_bindgen]` writes: an imported function, a static, `instanceof`, and the two
    // conversions of an exported class.
    Known {
        package: "wasm-bindgen-macro-support",
        series: "0.2.",
        patches: (127, 127),
        files: &[file("src/codegen.rs", 5, 0)],
    },
    // And the function whose body the glue replaces by a generic import.
    Known {
        package: "wasm-bindgen-macro-support",
        series: "0.2.",
        patches: (128, 130),
        files: &[file("src/codegen.rs", 6, 0)],
    },
    // The function whose body the glue replaces by a conversion, and what that calls: were it
    // nounwind, LLVM would infer that the function is. Nothing else that `externs!` declares throws:
    // the tool puts instructions and functions of the module in its place. To have all of it unwind
    // adds a landing pad to every drop of a `JsValue` (docs/adr/0012). And what exports ask of their
    // arguments and objects, beside the catch around a plain one.
    Known {
        package: "wasm-bindgen",
        series: "0.2.",
        patches: (127, 127),
        files: &[file("src/rt/mod.rs", 2, 4), MARKER, CLOSURES],
    },
    Known {
        package: "wasm-bindgen",
        series: "0.2.",
        patches: (128, 130),
        files: &[
            file("src/rt/mod.rs", 1, 4),
            file("src/describe.rs", 1, 0),
            MARKER,
            CLOSURES,
        ],
    },
    // `future_to_promise`, and its catch. js-sys pins its wasm-bindgen: these are of the releases above.
    Known {
        package: "js-sys",
        series: "0.3.",
        patches: (104, 107),
        files: &[file("src/futures/mod.rs", 0, 2)],
    },
];

/// The names of the packages that are compiled from a changed copy.
pub(crate) fn is_changed(package: &str) -> bool {
    KNOWN.iter().any(|known| known.package == package)
}

/// The versions of `package` that are known, for a message.
pub(crate) fn versions(package: &str) -> String {
    let of = || KNOWN.iter().filter(|known| known.package == package);
    let series = of().next().map_or("", |known| known.series);
    let (first, last) = of().fold((u64::MAX, 0), |(first, last), known| {
        (first.min(known.patches.0), last.max(known.patches.1))
    });
    format!("{series}{first} to {series}{last}")
}

/// What is known of this version of a package.
pub(crate) fn known(package: &str, version: &str) -> Option<Known> {
    let fits = |known: &&Known| {
        let patch = version
            .strip_prefix(known.series)
            .and_then(|patch| patch.parse().ok());
        known.package == package
            && patch.is_some_and(|patch| (known.patches.0..=known.patches.1).contains(&patch))
    };
    KNOWN.iter().find(fits).copied()
}

impl Known {
    /// The files that are changed.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|file| file.path)
    }

    /// The text of `file` in which every import may unwind and no bound is left, or why it is not
    /// as known.
    pub(crate) fn changed(&self, file: &str, text: &str) -> Result<String, String> {
        let known = self.files.iter().find(|known| known.path == file);
        let (imports, bounds) = known.map_or((0, 0), |known| (known.imports, known.bounds));
        let tree =
            syn::parse_file(text).map_err(|error| format!("{file} can't be read: {error}"))?;
        let mut places = declarations::places(&tree);
        if places.len() != imports {
            return Err(format!(
                "{file} declares {} imports `extern \"C\"`, expected {imports}",
                places.len()
            ));
        }
        let found = bounds::places(&tree);
        if found.len() != bounds {
            return Err(format!(
                "{file} has {} places that ask for `UnwindSafe`, expected {bounds}",
                found.len()
            ));
        }
        places.extend(found);
        let mut changed = text.to_owned();
        places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        for (place, now) in places {
            changed.replace_range(place, &now);
        }
        Ok(changed)
    }
}

#[cfg(test)]
#[path = "tests/copies.rs"]
mod tests;
