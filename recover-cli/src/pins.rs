//! The pinned tool versions, read from the workspace manifest.
//!
//! The manifest is compiled in (through the link `workspace.toml`, which
//! `cargo package` replaces by the file), so the numbers are spelled once, for
//! this tool as for all others. No version may be spelled here.

use std::sync::LazyLock;

use serde::Deserialize;

/// The triple that packages for JavaScript are built for.
pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

/// The triple that components are built for.
pub(crate) const COMPONENT: &str = "wasm32-wasip2";

static MANIFEST: &str = include_str!("../workspace.toml");

/// The versions that this tool was built and tested with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pins {
    /// The toolchain of unwind builds.
    pub(crate) nightly: String,
    /// The toolchain of abort builds.
    pub(crate) stable: String,
    /// The version of wasm-bindgen that is built into this tool, the newest of the range.
    pub(crate) wasm_bindgen: String,
    /// The oldest version of wasm-bindgen that a crate may use.
    pub(crate) oldest_wasm_bindgen: String,
}

/// The pins of this build of the tool.
pub(crate) fn pins() -> &'static Pins {
    static PINS: LazyLock<Pins> = LazyLock::new(|| {
        parse(MANIFEST).expect("the workspace manifest compiled into cargo-recover has its pins")
    });
    &PINS
}

fn parse(manifest: &str) -> Result<Pins, toml::de::Error> {
    let manifest: Manifest = toml::from_str(manifest)?;
    let dependencies = manifest.workspace.dependencies;
    let oldest = dependencies.wasm_bindgen.text();
    let oldest = oldest.split(',').next().unwrap_or_default();
    let built_in = dependencies.built_in.text();
    Ok(Pins {
        nightly: manifest.workspace.metadata.pins.nightly,
        stable: manifest.workspace.metadata.pins.stable,
        wasm_bindgen: built_in.trim_start_matches('=').trim().to_owned(),
        oldest_wasm_bindgen: oldest.trim_start_matches(['>', '=']).trim().to_owned(),
    })
}

#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    metadata: Metadata,
    dependencies: Dependencies,
}

#[derive(Deserialize)]
struct Metadata {
    pins: Toolchains,
}

#[derive(Deserialize)]
struct Toolchains {
    nightly: String,
    stable: String,
}

#[derive(Deserialize)]
struct Dependencies {
    #[serde(rename = "wasm-bindgen")]
    wasm_bindgen: Requirement,
    #[serde(rename = "wasm-bindgen-cli-support")]
    built_in: Requirement,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Requirement {
    Plain(String),
    Detailed { version: String },
}

impl Requirement {
    fn text(self) -> String {
        match self {
            Self::Plain(version) | Self::Detailed { version } => version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_manifest_has_all_pins() {
        let pins = pins();
        assert!(pins.nightly.starts_with("nightly-"));
        assert!(
            pins.stable
                .starts_with(|first: char| first.is_ascii_digit())
        );
        assert!(
            pins.wasm_bindgen
                .starts_with(|first: char| first.is_ascii_digit())
        );
    }

    #[test]
    fn a_requirement_is_read_in_both_spellings() {
        let manifest = |requirement: &str| {
            format!(
                "[workspace.metadata.pins]\nnightly = 'n'\nstable = 's'\n\
                 [workspace.dependencies]\nwasm-bindgen = {requirement}\n\
                 wasm-bindgen-cli-support = '= 7.8.9'"
            )
        };
        for requirement in [
            "'>= 7.8.2, <=7.8.9'",
            "{ version = '>=7.8.2, <=7.8.9', features = [] }",
        ] {
            let pins = parse(&manifest(requirement)).unwrap();
            assert_eq!(pins.wasm_bindgen, "7.8.9");
            assert_eq!(pins.oldest_wasm_bindgen, "7.8.2");
        }
        assert!(parse("[workspace]").is_err());
    }
}
