//! Which wasm-bindgen the crate is compiled with, where an expansion depends on it.
//!
//! wasm-bindgen-shared is linked once in a graph of crates, in the version of wasm-bindgen. So
//! no build script has to ask for it.

/// The release that has conversions which can refuse, and `Nullable`.
const FALLIBLE: [u64; 3] = [0, 2, 130];
/// The release that puts an imported function with the namespace of a type into that type's impl
/// block.
const NAMESPACED: [u64; 3] = [0, 2, 128];

/// Whether it is that release, or a later one.
pub(crate) fn is_fallible() -> bool {
    is_since(&wasm_bindgen_shared::version(), FALLIBLE)
}

/// Whether a function in the namespace of a type belongs to the type.
pub(crate) fn is_namespaced() -> bool {
    is_since(&wasm_bindgen_shared::version(), NAMESPACED)
}

/// What the runtime's macros are told of it.
pub(crate) fn conversions() -> &'static str {
    match is_fallible() {
        true => "fallible",
        false => "infallible",
    }
}

fn is_since(version: &str, release: [u64; 3]) -> bool {
    // Behind the number there may be the revision it was built from.
    let number = version.split([' ', '-', '+']).next().unwrap_or_default();
    let parts: Vec<u64> = number.split('.').flat_map(str::parse).collect();
    parts[..] >= release[..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(version: &str) -> bool {
        is_since(version, FALLIBLE)
    }

    #[test]
    fn the_first_has_them() {
        let [major, minor, patch] = FALLIBLE;
        assert!(has(&format!("{major}.{minor}.{patch}")));
        assert!(!has(&format!("{major}.{minor}.{}", patch - 1)));
        assert!(is_since(
            &format!("{major}.{minor}.{}", patch - 1),
            NAMESPACED
        ));
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
