//! Is cargo's rustc wrapper: compiles wasm-bindgen from a copy in which imports may unwind and
//! nothing asks for `UnwindSafe`, and everything else as it is.
//!
//! cargo starts this for every crate (`cargo recover env` shows the variables that make it so).
//! The lock file and the registry stay as they are: the copy stands beside what is compiled from
//! it. Which call is which, `invocation.rs` says; what the copy says, `copies.rs`.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::copies;
use crate::error::Error;
use crate::invocation::{self, Copied, Kind, Package};

/// Runs the compiler that `arguments` begin with, behind the wrapper that the user has.
pub(crate) fn wrap(mut arguments: Vec<OsString>) -> Result<ExitStatus, Error> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let package = Package {
        name: variable("CARGO_PKG_NAME"),
        version: variable("CARGO_PKG_VERSION"),
        directory: variable("CARGO_MANIFEST_DIR").into(),
    };
    let own = variable(invocation::VARIABLE);
    if !own.is_empty() {
        arguments.insert(0, own.into());
    }
    let program = arguments.remove(0);
    let here = std::env::current_dir().map_err(Error::io("read", "."))?;
    let kind = invocation::kind(&arguments, &here, &package);
    if let Kind::Changed(copied) = &kind {
        make_copy(copied)?;
    }
    let mut command = Command::new(&program);
    command.args(invocation::changed(&kind, arguments));
    let started = Error::io("start", Path::new(&program));
    if kind == Kind::Version {
        let output = command.stderr(Stdio::inherit()).output().map_err(started)?;
        let mut answer = output.stdout;
        if output.status.success() {
            answer.extend(format!("{}\n", invocation::identity()).into_bytes());
        }
        let written = std::io::stdout().write_all(&answer);
        written.map_err(Error::io("write", "standard output"))?;
        return Ok(output.status);
    }
    let status = command.status().map_err(started)?;
    if let Kind::Changed(copied) = &kind
        && let Some(file) = copied.dependencies.as_ref().filter(|_| status.success())
    {
        let list = fs::read_to_string(file).map_err(Error::io("read", file))?;
        let list = invocation::watched(&list, copied);
        fs::write(file, list).map_err(Error::io("write", file))?;
    }
    Ok(status)
}

/// Copies a package, and changes what is known of it.
fn make_copy(copied: &Copied) -> Result<(), Error> {
    let refused = |reason| Error::UnknownSource {
        package: copied.package.clone(),
        version: copied.version.clone(),
        // js-sys has a wasm-bindgen of its own release.
        known: copies::versions("wasm-bindgen"),
        reason,
    };
    let known = copies::known(&copied.package, &copied.version)
        .ok_or_else(|| refused("a release that it has not seen".to_owned()))?;
    if copied.copy.exists() {
        fs::remove_dir_all(&copied.copy).map_err(Error::io("remove", &copied.copy))?;
    }
    copy(&copied.original, &copied.copy)?;
    for file in known.files() {
        let path = copied.copy.join(file);
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let text = known.changed(file, &text).map_err(refused)?;
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

/// The whole package, since source may include any file of it; not what cargo made there, nor what
/// begins with a dot.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, name) = (entry.path(), entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        if hidden || to.starts_with(&source) || source.join("CACHEDIR.TAG").exists() {
            continue;
        }
        let target = to.join(&name);
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            // Not `fs::copy`, which keeps a registry's files read-only.
            let bytes = fs::read(&source).map_err(Error::io("read", &source))?;
            fs::write(&target, bytes).map_err(Error::io("write", &target))?;
        }
    }
    Ok(())
}
