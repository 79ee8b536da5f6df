//! Which rustc wrapper the user has, which ours calls in its turn.
//!
//! cargo takes one: `RUSTC_WRAPPER`, or `build.rustc-wrapper`. Pure, but for the question whether a
//! file exists.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::invocation::VARIABLE;

/// The wrapper that cargo would call by itself; empty if there is none.
pub(crate) fn of_user(vars: &BTreeMap<String, String>, config: &Value, directory: &Path) -> String {
    // Set but empty counts: that is how a user switches the configured one off.
    let (wrapper, configured) = match vars.get("RUSTC_WRAPPER") {
        Some(set) => (set.as_str(), false),
        None => match vars.get("CARGO_BUILD_RUSTC_WRAPPER") {
            Some(set) => (set.as_str(), false),
            None => {
                let set = config.pointer("/build/rustc-wrapper");
                (set.and_then(Value::as_str).unwrap_or(""), true)
            }
        },
    };
    if is_ours(wrapper) {
        // `cargo recover env` was evaluated in this shell.
        return vars.get(VARIABLE).cloned().unwrap_or_default();
    }
    if configured && wrapper.contains(['/', '\\']) && Path::new(wrapper).is_relative() {
        // From beside the folder of the configuration file, which is here or above.
        let from = directory.ancestors().map(|folder| folder.join(wrapper));
        if let Some(found) = from.into_iter().find(|path| path.exists()) {
            return found.to_string_lossy().into_owned();
        }
    }
    wrapper.to_owned()
}

/// Whether it is this program, of this release or of another.
fn is_ours(wrapper: &str) -> bool {
    Path::new(wrapper)
        .file_stem()
        .is_some_and(|name| name == "cargo-recover")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(vars: &[(&str, &str)], config: &str) -> String {
        let vars = vars
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let config = serde_json::from_str(config).unwrap();
        of_user(
            &vars.collect(),
            &config,
            Path::new(env!("CARGO_MANIFEST_DIR")),
        )
    }

    const CONFIG: &str = r#"{"build":{"rustc-wrapper":"sccache"}}"#;

    #[test]
    fn the_environment_comes_before_the_configuration() {
        assert_eq!(own(&[], "{}"), "");
        assert_eq!(own(&[], CONFIG), "sccache");
        assert_eq!(own(&[("CARGO_BUILD_RUSTC_WRAPPER", "b")], CONFIG), "b");
        let both = [("CARGO_BUILD_RUSTC_WRAPPER", "b"), ("RUSTC_WRAPPER", "r")];
        assert_eq!(own(&both, CONFIG), "r");
        assert_eq!(own(&[("RUSTC_WRAPPER", "")], CONFIG), "");
    }

    #[test]
    fn our_own_is_not_chained_but_what_it_chains_is() {
        let ours = ("RUSTC_WRAPPER", "/bin/cargo-recover");
        assert_eq!(own(&[ours], CONFIG), "");
        assert_eq!(own(&[ours, (VARIABLE, "sccache")], "{}"), "sccache");
    }

    #[test]
    fn a_relative_path_in_the_configuration_is_found_from_where_cargo_runs() {
        let config = r#"{"build":{"rustc-wrapper":"src/main.rs"}}"#;
        let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
        assert_eq!(own(&[], config), found.to_string_lossy());
        let absent = r#"{"build":{"rustc-wrapper":"no/such"}}"#;
        assert_eq!(own(&[], absent), "no/such");
    }
}
