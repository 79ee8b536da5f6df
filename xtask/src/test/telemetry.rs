//! Reports of real failures: valid by their schema, sent by the SDKs of OpenTelemetry and Sentry to a collector on
//! this machine, and one fingerprint for a fault in three builds. What they must hold is in tests/telemetry.

use std::fs;
use std::path::Path;

use crate::engines::Engine;
use crate::error::Error;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::Piece;
use crate::test::counts::Counts;
use crate::test::harness;

/// What must be installed for it.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Node, Piece::Telemetry];

/// The crate whose failures are reported.
const CRATE: &str = "tests/fixtures/reports";

/// Where its first function begins, and what is inserted there for another build.
const FIRST: &str = "/// Two bare panics";
const INSERTED: &str = "\
// Lines,
// and a function with a panic of its own.
#[recoverable]
pub fn inserted(first: Option<u32>) -> u32 {
    let a = first.unwrap();
    a + 1
}

";

/// Builds the crate as it is, with lines and a function inserted above, and optimised.
pub(crate) fn run(project: &Project) -> Result<Counts, Error> {
    let own = project.target.join("telemetry");
    let recover = Recover::compile(project)?;
    let text = project.read(&format!("{CRATE}/src/lib.rs"))?;
    let inserted = text.replacen(FIRST, &format!("{INSERTED}{FIRST}"), 1);
    if inserted == text {
        return Err(Error::Check(format!("{CRATE} has no `{FIRST}`")));
    }
    let builds = [
        ("before", &text, &["--dev"][..]),
        ("after", &inserted, &["--dev"]),
        ("optimised", &text, &["--profile", "release"]),
    ];
    let packages = own.join("packages");
    for (name, text, arguments) in builds {
        let directory = own.join("crates").join(name);
        write(project, &directory, text)?;
        let build = recover.build(&directory, Build::Exnref, &packages.join(name));
        build.args(arguments).run()?;
    }
    let node = project
        .cmd(Engine::Node24.program(project))
        .env("RECOVER_TELEMETRY_PACKAGES", packages)
        .env(
            "RECOVER_TELEMETRY_NPM",
            project.root.join("engines/telemetry"),
        );
    let tests = harness::test_files(project, Path::new("tests/telemetry"))?;
    harness::node_tests(node, &tests)
}

/// Writes the crate as a workspace of its own, so that its files have the same names in each build.
fn write(project: &Project, directory: &Path, text: &str) -> Result<(), Error> {
    let put = |file: &str, text: &str| {
        let path = directory.join(file);
        let folder = path.parent().unwrap_or(directory);
        fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        fs::write(&path, text).map_err(|error| Error::file(&path, error))
    };
    let runtime = project.root.join("recover-runtime");
    put("src/lib.rs", text)?;
    put(
        "Cargo.toml",
        &format!(
            "[package]\nname = \"fixture-reports\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n\
             recover-runtime = {{ path = {runtime:?}, features = [\"persist\", \"reports\"] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n\n[workspace]\n\n{}",
            profiles(&project.read("Cargo.toml")?)
        ),
    )?;
    // The versions that are fetched already.
    put("Cargo.lock", &project.read("Cargo.lock")?)
}

/// The profiles of a manifest: with others, std would be compiled once more.
fn profiles(manifest: &str) -> String {
    let mut of_profile = false;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            of_profile = line.starts_with("[profile.");
        }
        of_profile
    });
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_taken_whole_and_nothing_else() {
        let manifest = "[workspace]\na = 1\n[profile.dev]\nb = 2\n\n[lints]\nc = 3\n[profile.release]\nd = 4\n";
        assert_eq!(
            profiles(manifest),
            "[profile.dev]\nb = 2\n\n[profile.release]\nd = 4\n"
        );
    }
}
