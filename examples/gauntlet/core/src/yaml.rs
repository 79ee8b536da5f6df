//! yaml-rust 0.4.0 (RUSTSEC-2018-0006) and serde_yaml 0.8.3 (RUSTSEC-2018-0005):
//! configuration and front matter, as users of a site write them.
//!
//! Both recurse once a level, with no limit: yaml-rust where collections are
//! nested in the text, serde_yaml where an alias is inside of what it names.

use yaml_rust::{YamlEmitter, YamlLoader};

use crate::DecodeError;

/// Reads a stream of documents and writes each in yaml-rust's own style.
pub fn yaml_rust_rewrite(text: &str) -> Result<String, DecodeError> {
    let documents =
        YamlLoader::load_from_str(text).map_err(|error| DecodeError::Yaml(error.to_string()))?;
    let mut out = String::new();
    for document in &documents {
        // Its writer begins a document, but does not end one.
        if !out.is_empty() {
            out.push('\n');
        }
        YamlEmitter::new(&mut out)
            .dump(document)
            .map_err(|error| DecodeError::Yaml(format!("{error:?}")))?;
    }
    Ok(out)
}

/// Reads one document of any shape and writes it in serde_yaml's own style.
pub fn serde_yaml_rewrite(text: &str) -> Result<String, DecodeError> {
    let refused = |error: serde_yaml::Error| DecodeError::Yaml(error.to_string());
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(refused)?;
    serde_yaml::to_string(&value).map_err(refused)
}
