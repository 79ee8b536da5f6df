//! Which crates are compiled from a changed copy, and what their source must say for that.
//!
//! What is changed is counted per release: source that is not as known is refused. What the changes
//! are is found by `declarations.rs`. Pure: text in, text or the reason out. Compiling the result
//! is `run/rustc.rs`.

use crate::declarations;

/// Source files of one crate in which imports are declared, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The crate.
    pub(crate) package: &'static str,
    /// The patch releases of 0.2 that are like this, both ends included.
    patches: (u64, u64),
    /// File and number. Every other file has none that counts.
    files: &'static [(&'static str, usize)],
}

/// What is known. A row is added when a release was looked at, and its tests were run.
const KNOWN: [Known; 4] = [
    // What `#[wasm_bindgen]` writes: an imported function, a static, `instanceof`, and the two
    // conversions of an exported class.
    Known {
        package: "wasm-bindgen-macro-support",
        patches: (127, 127),
        files: &[("src/codegen.rs", 5)],
    },
    // And the function whose body the glue replaces by a generic import.
    Known {
        package: "wasm-bindgen-macro-support",
        patches: (128, 130),
        files: &[("src/codegen.rs", 6)],
    },
    // The function whose body the glue replaces by a conversion, and what that calls: were it
    // nounwind, LLVM would infer that the function is. Nothing else that `externs!` declares throws:
    // the tool puts instructions and functions of the module in its place. To have all of it unwind
    // adds a landing pad to every drop of a `JsValue` (docs/adr/0012).
    Known {
        package: "wasm-bindgen",
        patches: (127, 127),
        files: &[("src/rt/mod.rs", 2)],
    },
    Known {
        package: "wasm-bindgen",
        patches: (128, 130),
        files: &[("src/rt/mod.rs", 1), ("src/describe.rs", 1)],
    },
];

/// The names of the packages that are compiled from a changed copy.
pub(crate) fn is_changed(package: &str) -> bool {
    KNOWN.iter().any(|known| known.package == package)
}

/// The versions of `package` that are known, for a message.
pub(crate) fn versions(package: &str) -> String {
    let of = KNOWN.iter().filter(|known| known.package == package);
    let (first, last) = of.fold((u64::MAX, 0), |(first, last), known| {
        (first.min(known.patches.0), last.max(known.patches.1))
    });
    format!("0.2.{first} to 0.2.{last}")
}

/// What is known of this version of a package.
pub(crate) fn known(package: &str, version: &str) -> Option<Known> {
    let patch: u64 = version.strip_prefix("0.2.")?.parse().ok()?;
    let fits = |known: &&Known| {
        known.package == package && (known.patches.0..=known.patches.1).contains(&patch)
    };
    KNOWN.iter().find(fits).copied()
}

impl Known {
    /// The files that are changed.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|(file, _)| *file)
    }

    /// The text of `file` in which every import may unwind, or why it is not as known.
    pub(crate) fn changed(&self, file: &str, text: &str) -> Result<String, String> {
        let expected = self.files.iter().find(|(known, _)| *known == file);
        let expected = expected.map_or(0, |(_, number)| *number);
        let tree =
            syn::parse_file(text).map_err(|error| format!("{file} can't be read: {error}"))?;
        let mut places = declarations::places(&tree);
        if places.len() != expected {
            return Err(format!(
                "{file} declares {} imports `extern \"C\"`, expected {expected}",
                places.len()
            ));
        }
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
