//! Puts what reports need into the module of a package whose runtime has the feature `reports`: the table of sites.
//!
//! How a site is named is not known here, nor what sends reports: `adapters`.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::sites;

/// Writes the table of sites into the module; files are named from `root`.
pub(super) fn name_sites(staging: &Path, stem: &str, root: &Path) -> Result<(), Error> {
    let path = staging.join(format!("{stem}_bg.wasm"));
    let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
    let source = |file: &str| match Path::new(file).is_relative() {
        true => fs::read_to_string(root.join(file)).ok(),
        // Of a dependency, or of std.
        false => None,
    };
    let wasm = sites::named(&wasm, source).map_err(|error| Error::Glue(error.to_string()))?;
    fs::write(&path, wasm).map_err(Error::io("write", &path))
}
