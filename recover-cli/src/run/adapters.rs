//! Moves adapters out of the modules that the glue imports into a folder of their own, from which a program imports
//! them, with their types beside them: those for telemetry, and the stores of durable objects.
//!
//! What an adapter does is not known here.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::options::Target;
use crate::package_json;
use crate::plan::Bindgen;

/// Adapters of one kind.
struct Folder {
    /// Where they come to be.
    to: &'static str,
    /// Where they are among the modules of the runtime.
    from: &'static str,
    /// Their names, and their types, in which `STEM` is the name of the package's glue.
    adapters: &'static [(&'static str, &'static str)],
}

/// Those of the feature `reports`.
const TELEMETRY: Folder = Folder {
    to: "telemetry",
    from: "js",
    adapters: &[
        ("otel", include_str!("../templates/telemetry/otel.d.ts")),
        ("sentry", include_str!("../templates/telemetry/sentry.d.ts")),
    ],
};

/// Those of the feature `durable`.
const STORES: Folder = Folder {
    to: "stores",
    from: "js/stores",
    adapters: &[
        (
            "directory",
            include_str!("../templates/stores/directory.d.ts"),
        ),
        (
            "durable-object",
            include_str!("../templates/stores/durable-object.d.ts"),
        ),
        (
            "indexeddb",
            include_str!("../templates/stores/indexeddb.d.ts"),
        ),
        ("memory", include_str!("../templates/stores/memory.d.ts")),
        (
            "node-sqlite",
            include_str!("../templates/stores/node-sqlite.d.ts"),
        ),
        (
            "postgres",
            include_str!("../templates/stores/postgres.d.ts"),
        ),
    ],
};

/// What of it a package has.
pub(super) struct Placed {
    /// The adapters for telemetry: its runtime has the feature `reports`.
    pub(super) telemetry: bool,
}

/// Moves all that there are.
pub(super) fn place(staging: &Path, bindgen: &Bindgen) -> Result<Placed, Error> {
    STORES.place(staging, bindgen)?;
    let telemetry = TELEMETRY.place(staging, bindgen)?;
    Ok(Placed { telemetry })
}

impl Folder {
    /// Whether there were any.
    fn place(&self, staging: &Path, bindgen: &Bindgen) -> Result<bool, Error> {
        let snippets = staging.join("snippets");
        if !snippets.is_dir() {
            return Ok(false);
        }
        let folder = staging.join(self.to);
        let mut placed = false;
        for entry in fs::read_dir(&snippets).map_err(Error::io("list", &snippets))? {
            let entry = entry.map_err(Error::io("list", &snippets))?;
            let name = entry.file_name();
            if !name.to_string_lossy().starts_with("recover-runtime-") {
                continue;
            }
            let from = entry.path().join(self.from);
            for (adapter, types) in self.adapters {
                let from = from.join(format!("{adapter}.js"));
                if !from.is_file() {
                    continue;
                }
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
            if placed {
                // Where there were only adapters, nothing is left. What is left elsewhere keeps its folder.
                let _ = fs::remove_dir(&from);
            }
        }
        if placed && bindgen.target == Target::Nodejs {
            let path = folder.join("package.json");
            fs::write(&path, package_json::snippets()).map_err(Error::io("write", &path))?;
        }
        Ok(placed)
    }
}
