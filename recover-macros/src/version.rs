//! Which wasm-bindgen the crate is compiled with, where an expansion depends on it.
//!
//! wasm-bindgen-shared is linked once in a graph of crates, in the version of wasm-bindgen. So
//! no build script has to ask for it.

/// The release that has conversions which can refuse, and `Nullable`; which puts an imported function
/// with the namespace of a type into that type's impl block.
const FALLIBLE: [u64; 3] = [0, 2, 130];

/// Whether it is that release, or a later one.
pub(crate) fn is_fallible() -> bool {
    has(&wasm_bindgen_shared::version())
}

/// What the runtime's macros are told of it.
pub(crate) fn conversions() -> &'static str {
    match is_fallible() {
        true => "fallible",
        false => "infallible",
    }
}

fn has(version: &str) -> bool {
    // Behind the number there may be the revision it was built from.
    let number = version.split([' ', '-', '+']).next().unwrap_or_default();
    let parts: Vec<u64> = number.split('.').flat_map(str::parse).collect();
    parts[..] >= FALLIBLE[..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_has_them() {
        let [major, minor, patch] = FALLIBLE;
        assert!(has(&format!("{major}.{minor}.{patch}")));
        assert!(!has(&format!("{major}.{minor}.{}", patch - 1)));
    }

    #[test]
    fn conversions_can_refuse_since_one_release() {
        for version in ["0.2.9", "0.2.129", "0.2.129 (abc)", "0.1.999"] {
            assert!(!has(version), "{version}");
        }
        for version in ["0.2.131", "0.2.131 (abc)", "0.3.0-rc.1", "1.0.0"] {
            assert!(has(version), "{version}");
        }
    }
}
