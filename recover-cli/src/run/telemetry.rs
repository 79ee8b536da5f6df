//! Puts what reports need into a package whose runtime has the feature `reports`: the table of sites into
//! the module, and the adapters for telemetry into a folder of their own, from which a program imports them.
//!
//! What an adapter does is not known here, nor how a site is named.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::options::Target;
use crate::package_json;
use crate::plan::Bindgen;
use crate::sites;

/// The folder.
pub(super) const FOLDER: &str = "telemetry";

/// The adapters and their types; `STEM` is the name of the package's glue.
const ADAPTERS: [(&str, &str); 2] = [
    ("otel", include_str!("../templates/telemetry/otel.d.ts")),
    ("sentry", include_str!("../templates/telemetry/sentry.d.ts")),
];

/// Moves the adapters out of the modules that the glue imports; whether there are any.
pub(super) fn place(staging: &Path, bindgen: &Bindgen) -> Result<bool, Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(false);
    }
    let mut placed = false;
    for entry in fs::read_dir(&snippets).map_err(Error::io("list", &snippets))? {
        let entry = entry.map_err(Error::io("list", &snippets))?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("recover-runtime-") {
            continue;
        }
        for (adapter, types) in ADAPTERS {
            let from = entry.path().join("js").join(format!("{adapter}.js"));
            if !from.is_file() {
                continue;
            }
            let folder = staging.join(FOLDER);
            fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
            let to = folder.join(format!("{adapter}.js"));
            fs::rename(&from, &to).map_err(Error::io("move", &from))?;
            if bindgen.typescript {
                let path = folder.join(format!("{adapter}.d.ts"));
                fs::write(&path, types.replace("STEM", &bindgen.stem))
                    .map_err(Error::io("write", &path))?;
            }
            placed = true;
        }
    }
    if placed && bindgen.target == Target::Nodejs {
        let path = staging.join(FOLDER).join("package.json");
        fs::write(&path, package_json::snippets()).map_err(Error::io("write", &path))?;
    }
    Ok(placed)
}

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
