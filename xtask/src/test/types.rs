//! What the TypeScript compiler says of the scripts and of strict consumers.

use std::path::Path;

use serde_json::{Value, json};

use crate::error::Error;
use crate::process::say;
use crate::project::{Fixture, Project};
use crate::recover::Build;
use crate::test::counts::Counts;
use crate::test::e2e;
use crate::test::flavour::{Flavour, Profile};

/// The scripts that state their types, strictly.
pub(crate) fn scripts(project: &Project) -> Result<Counts, Error> {
    let files = [
        "recover-runtime/js/*",
        "recover-runtime/js/stores/*",
        "recover-cli/js/*",
        "recover-cli/js/torture/**/*",
        "recover-worker/js/*",
        "recover-worker/tests/*",
        "benches/*.mjs",
        "examples/*.mjs",
        "examples/counter/**/*.mjs",
        "examples/browser-lab/*",
        "examples/browser-lab/tests/*",
        "examples/durable-object/**/*.mjs",
        "examples/durable-object/worker/*.d.ts",
        "examples/gauntlet/*.mjs",
        "examples/notebook/**/*.mjs",
        "examples/notebook/page/*.d.ts",
        "tests/adopt/*",
        "tests/ecosystem/*",
        "tests/book/*",
        "tests/bundlers/*",
        "tests/e2e/*.mjs",
        "tests/matrix/*.mjs",
        "tests/matrix/drivers/*.mjs",
        "tests/reports/*.mjs",
        "tests/people/*.mjs",
        "tests/torture/*.mjs",
        "tests/torture/ours/*.mjs",
        "tests/torture/others/**/*.mjs",
        "tests/torture/others/*/*.js",
        "tests/telemetry/*.mjs",
        "tests/durable/**/*.mjs",
        "tests/durable/kills/*.d.ts",
        "npm/*/bin.mjs",
    ];
    let mut options = options(project);
    options["allowJs"] = true.into();
    // In tests/e2e, those that ask for it by `// @ts-check`; elsewhere all of them do.
    check(
        project,
        "scripts",
        &options,
        &files.map(|file| project.root.join(file)),
    )
}

/// The declarations do not depend on the flavour, so one is enough.
pub(crate) const FLAVOUR: Flavour = Flavour {
    build: Build::Exnref,
    profile: Profile::Debug,
};

/// The consumers in tests/e2e, each package's name standing for its declarations.
pub(crate) fn consumers(project: &Project) -> Result<Counts, Error> {
    let fixtures = consumed(project)?;
    let failed = e2e::build(project, FLAVOUR, &fixtures)?;
    if failed > 0 {
        return Ok(Counts { passed: 0, failed });
    }
    let mut paths = serde_json::Map::new();
    for fixture in fixtures {
        let module = module(fixture);
        let package = e2e::packages(project, FLAVOUR).join(&fixture.name);
        paths.insert(
            module.clone(),
            json!([package.join(format!("{module}.d.ts"))]),
        );
    }
    let mut options = options(project);
    options["paths"] = Value::Object(paths);
    let files = [project.root.join("tests/e2e/*.consumer.ts")];
    check(project, "consumers", &options, &files)
}

fn module(fixture: &Fixture) -> String {
    fixture.name.replace('-', "_")
}

/// The fixtures that a consumer imports.
fn consumed(project: &Project) -> Result<Vec<&Fixture>, Error> {
    let directory = project.root.join("tests/e2e");
    let entries = std::fs::read_dir(&directory).map_err(|error| Error::file(&directory, error))?;
    let mut texts = vec![];
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.to_string_lossy().ends_with(".consumer.ts") {
            let text = std::fs::read_to_string(&path);
            texts.push(text.map_err(|error| Error::file(&path, error))?);
        }
    }
    let imports = |fixture: &&Fixture| {
        let quoted = format!("'{}'", module(fixture));
        fixture.feature.is_none() && texts.iter().any(|text| text.contains(&quoted))
    };
    Ok(project.fixtures.iter().filter(imports).collect())
}

/// The strictest options, for what a current engine runs.
fn options(project: &Project) -> Value {
    let types = project.root.join("engines/typescript/node_modules/@types");
    json!({
        "noEmit": true,
        "strict": true,
        "noUncheckedIndexedAccess": true,
        "module": "nodenext",
        "target": "esnext",
        "lib": ["esnext", "dom"],
        "typeRoots": [types],
        "types": ["node"],
    })
}

fn check(
    project: &Project,
    name: &str,
    options: &Value,
    files: &[impl AsRef<Path>],
) -> Result<Counts, Error> {
    let include: Vec<_> = files.iter().map(AsRef::as_ref).collect();
    let config = json!({ "compilerOptions": options, "include": include });
    let directory = project.target.join("tsc").join(name);
    std::fs::create_dir_all(&directory).map_err(|error| Error::file(&directory, error))?;
    let path = directory.join("tsconfig.json");
    std::fs::write(&path, config.to_string()).map_err(|error| Error::file(&path, error))?;
    let command = project.cmd(project.node()).arg(project.typescript());
    let command = command.arg("--project").arg(path);
    let code = command.status()?;
    if code != Some(0) {
        say("failed", &command.failed(code).to_string());
    }
    Ok(Counts::of(code == Some(0)))
}
