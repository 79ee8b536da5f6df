//! Environments of Python below engines/: made by the Python of the machine, filled by pip with the versions that a
//! file of the repository pins. What runs in them stands elsewhere.

use std::fs;
use std::path::PathBuf;

use crate::error::Error;
use crate::process::say;
use crate::project::Project;

/// The Python of the machine.
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// The Python of an environment.
pub(crate) fn program(project: &Project, name: &str) -> PathBuf {
    scripts(project, name)
        .join("python")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// Where the programs are that packages bring.
pub(crate) fn scripts(project: &Project, name: &str) -> PathBuf {
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    folder(project, name).join(scripts)
}

fn folder(project: &Project, name: &str) -> PathBuf {
    let engines = project.root.join("engines");
    engines.join(format!("{name}-python"))
}

/// Makes the environment NAME with what xtask/python/NAME pins, unless it is there.
pub(crate) fn ensure(project: &Project, name: &str) -> Result<(), Error> {
    let list = format!("xtask/python/{name}/requirements.txt");
    let wanted = project.read(&list)?;
    let (folder, program) = (folder(project, name), program(project, name));
    // Written last, so it says that the rest is whole.
    let stamp = folder.join("installed.txt");
    let whole = fs::read_to_string(&stamp).is_ok_and(|text| text == wanted);
    // The Python that it was made of may be gone.
    let runs = || project.cmd(&program).arg("--version").quiet();
    if whole && runs().is_ok_and(|output| output.success) {
        return Ok(());
    }
    require(project)?;
    say(
        "setup",
        &format!("installing {name} by pip into engines/{name}-python"),
    );
    let make = project.cmd(PYTHON).args(["-m", "venv", "--clear"]);
    let fill = project.cmd(&program).args(["-m", "pip", "install"]);
    let fill = fill.args(["--quiet", "--disable-pip-version-check", "--requirement"]);
    for command in [make.arg(&folder), fill.arg(project.root.join(&list))] {
        command.run().map_err(|error| match error {
            Error::Command { command, .. } => Error::Missing {
                what: format!("{name} for Python could not be installed (the reason stands above)"),
                fix: command,
            },
            other => other,
        })?;
    }
    fs::write(&stamp, wanted).map_err(|error| Error::file(stamp, error))
}

/// Debian has the two modules in packages of their own.
fn require(project: &Project) -> Result<(), Error> {
    let modules = project.cmd(PYTHON).args(["-c", "import venv, ensurepip"]);
    let (what, packages) = match modules.quiet() {
        Ok(output) if output.success => return Ok(()),
        Ok(_) => ("has no module `venv`", "python3-venv"),
        Err(_) => ("is not on the PATH", "python3 python3-venv"),
    };
    Err(Error::Missing {
        what: format!("{PYTHON} {what}"),
        fix: format!("apt-get install -y {packages} (or get it from https://www.python.org)"),
    })
}
