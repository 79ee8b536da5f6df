//! From what was asked and what is there to the steps of a build.
//!
//! Pure, so that every combination can be tested without building: no file is
//! read, no process started. What a build needs to know comes as `Facts`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::call::Call;
use crate::compile::{
    BUILD_STD, STACK_POINTER, cargo_call, compile_arguments, debug_info, environment, features,
    first_heap, link_arguments, profile_overrides, split_flags, strips_symbols, toolchain,
};
use crate::component_error::ComponentError;
use crate::debug_info::DebugInfo;
use crate::error::Error;
use crate::facts::Facts;
use crate::metadata::{Metadata, Package};
use crate::options::{BuildOptions, Eh, Strategy, Target};
use crate::package_json::Info;
use crate::pins::{Pins, TRIPLE};
use crate::rustflags::{self, Caller};

/// The steps of a build, in order.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What the user should know about choices made for them.
    pub(crate) notes: Vec<String>,
    /// Compiling.
    pub(crate) cargo: Call,
    /// The package whose wasm file is wanted, by cargo's id.
    pub(crate) package_id: String,
    /// The package's name.
    pub(crate) package_name: String,
    /// Generating the glue.
    pub(crate) bindgen: Bindgen,
    /// What the package is for.
    pub(crate) target: Target,
    /// A scratch directory, for the glue before it is complete.
    pub(crate) staging: PathBuf,
    /// Where the package goes.
    pub(crate) out_dir: PathBuf,
    /// For its package.json.
    pub(crate) info: Info,
    /// Where debug information goes that is not shipped.
    pub(crate) debug_file: Option<PathBuf>,
}

/// What wasm-bindgen is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bindgen {
    /// The version, which is that of the crate.
    pub(crate) version: String,
    /// Is it the one that is built in?
    pub(crate) built_in: bool,
    /// The name of the files.
    pub(crate) stem: String,
    /// The kind of glue.
    pub(crate) target: Target,
    /// Write declarations?
    pub(crate) typescript: bool,
    /// Write what is linked as files?
    pub(crate) split_linked: bool,
    /// Keep DWARF?
    pub(crate) keep_debug: bool,
    /// Have it say where it puts each instruction, for DWARF that is kept elsewhere?
    pub(crate) follow: bool,
    /// Drop function names?
    pub(crate) remove_names: bool,
    /// See traps even where nothing unwinds?
    pub(crate) abort_handler: bool,
    /// By the instructions from before exnref?
    pub(crate) old_handler: bool,
    /// Does the module have the instructions of exnref?
    pub(crate) exnref: bool,
    /// Have the glue make another instance?
    pub(crate) reset_state: bool,
    /// Is the glue behind a module that waits for its instance?
    pub(crate) awaited: bool,
    /// Call the crate's `start` functions when it is loaded?
    pub(crate) starts: bool,
}

/// Those of cargo's arguments that change what its queries answer:
/// for the configuration, and for the crate graph.
pub(crate) fn query_arguments(options: &BuildOptions) -> (Vec<String>, Vec<String>) {
    let mut config = vec![];
    let mut graph = vec![];
    let mut arguments = options.cargo_args.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            config.push(argument.clone());
            config.extend(arguments.next().cloned());
        } else if argument.starts_with("--config=") {
            config.push(argument.clone());
        } else if ["--offline", "--locked", "--frozen"].contains(&&**argument) {
            graph.push(argument.clone());
        }
    }
    graph.extend(config.iter().cloned());
    if options.package.is_some() {
        // Features are per package and the query takes no package: ask for all.
        graph.push("--all-features".to_owned());
    } else {
        graph.extend(features(options));
    }
    (config, graph)
}

/// The steps of a test run, but for those of each program.
#[derive(Debug, Clone)]
pub(crate) struct TestPlan {
    /// What the user should know about choices made for them.
    pub(crate) notes: Vec<String>,
    /// Compiling.
    pub(crate) cargo: Call,
    /// The package whose tests are wanted, by cargo's id.
    pub(crate) package_id: String,
    /// The glue of a program, but for its name.
    pub(crate) bindgen: Bindgen,
    /// A scratch directory.
    pub(crate) staging: PathBuf,
    /// Where the crate is: what its tests need from npm is found from there.
    pub(crate) crate_directory: PathBuf,
}

/// What cargo takes to say which targets it compiles.
const CHOOSES_TARGETS: [&str; 8] = [
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--example",
    "--examples",
    "--all-targets",
];

/// Plans a run of tests.
pub(crate) fn tests(options: &BuildOptions, pins: &Pins, facts: &Facts) -> Result<TestPlan, Error> {
    let package = facts.metadata.select(options.package.as_deref())?;
    let version = check_wasm_bindgen(&facts.metadata, package, pins)?;
    let mut notes = vec![];
    let abort = options.strategy == Strategy::Abort;
    let overrides = profile_overrides(options, facts, &mut notes)?;
    let strips = strips_symbols(options, facts)?;
    let ours = facts
        .metadata
        .dependency(package, "recover-runtime")
        .is_some();
    // There may be several programs, and cargo passes arguments for the linker to one alone.
    let mut more = vec![];
    if debug_info(options) == DebugInfo::Split {
        // The flags of a build that splits: what both need is compiled once.
        more.extend(split_flags(options, facts)?);
    }
    more.extend(stack_pointer(options));
    more.extend(link_arguments(options));
    if strips {
        more.push(rustflags::KEEP_SYMBOLS.to_owned());
    }
    let mut cargo = Call::rustup(
        toolchain(options, pins),
        &["cargo", "test", "--no-run"],
        &facts.directory,
    );
    let chooses = |argument: &String| {
        let name = argument.split('=').next().unwrap_or_default();
        CHOOSES_TARGETS.contains(&name)
    };
    if !options.cargo_args.iter().any(chooses) {
        cargo.arguments.push("--tests".to_owned());
    }
    compile_arguments(&mut cargo.arguments, options, package, &overrides);
    cargo.environment = environment(options, facts, caller(ours), &more)?;
    let manifest = package.manifest_path.parent();
    Ok(TestPlan {
        notes,
        cargo,
        package_id: package.id.clone(),
        bindgen: Bindgen {
            built_in: version == pins.wasm_bindgen,
            version,
            stem: String::new(),
            target: Target::Web,
            typescript: false,
            split_linked: false,
            keep_debug: false,
            follow: false,
            remove_names: false,
            abort_handler: abort && ours,
            old_handler: abort && ours && options.eh == Eh::Legacy,
            exnref: ours && options.eh == Eh::Exnref,
            reset_state: true,
            awaited: false,
            starts: false,
        },
        staging: facts.metadata.target_directory.join("recover"),
        crate_directory: manifest.unwrap_or(Path::new(".")).to_owned(),
    })
}

/// Plans a build of a package for JavaScript.
pub(crate) fn plan(
    options: &BuildOptions,
    target: Target,
    pins: &Pins,
    facts: &Facts,
) -> Result<Plan, Error> {
    let package = facts.metadata.select(options.package.as_deref())?;
    let library = package
        .cdylib()
        .ok_or_else(|| Error::NoCdylib(package.name.clone()))?;
    if facts.metadata.is_component(package) {
        return Err(ComponentError::ForComponents(package.name.clone()).into());
    }
    let version = check_wasm_bindgen(&facts.metadata, package, pins)?;

    let mut notes = vec![];
    let abort = options.strategy == Strategy::Abort;
    let overrides = profile_overrides(options, facts, &mut notes)?;
    let strips = strips_symbols(options, facts)?;

    let crate_directory = package.manifest_path.parent().unwrap_or(Path::new("."));
    let out_dir = match &options.out_dir {
        Some(directory) => facts.user_directory.join(directory),
        None => crate_directory.join("pkg"),
    };
    let stem = options.out_name.clone().unwrap_or(library);
    let split = debug_info(options) == DebugInfo::Split;
    if split && version != pins.wasm_bindgen {
        return Err(Error::SplitVersion {
            found: version,
            built_in: pins.wasm_bindgen.clone(),
        });
    }
    // Beside the package, so that nobody publishes it.
    let debug_file = split.then(|| out_dir.with_file_name(format!("{stem}.debug.wasm")));
    let staging = facts.metadata.target_directory.join("recover");
    // Without the runtime nobody acts on a trap: the handler would only end the module.
    let ours = facts
        .metadata
        .dependency(package, "recover-runtime")
        .is_some();
    let more = match split {
        true => split_flags(options, facts)?,
        false => vec![],
    };
    let environment = environment(options, facts, caller(ours), &more)?;
    // Bundlers know no tags, and what they make of a wasm file is one instance.
    let awaited = target == Target::Bundler && ours;
    let glue = match awaited {
        true => Target::Web,
        false => target,
    };
    let mut linked: Vec<String> = stack_pointer(options).into_iter().collect();
    if ours {
        linked.extend(first_heap(options, facts));
    }
    linked.extend(link_arguments(options));
    if strips && !split {
        // After the profile's. wasm-bindgen reads the names and the target features; what the
        // user wants stripped is stripped when it has run.
        linked.push(rustflags::KEEP_SYMBOLS.to_owned());
    }
    Ok(Plan {
        notes,
        cargo: cargo_call(
            options,
            pins,
            facts,
            package,
            &overrides,
            environment,
            linked,
        ),
        package_id: package.id.clone(),
        package_name: package.name.clone(),
        bindgen: Bindgen {
            built_in: version == pins.wasm_bindgen,
            version,
            stem,
            target: glue,
            typescript: !options.no_typescript,
            split_linked: options.split_linked_modules,
            keep_debug: debug_info(options) == DebugInfo::Full,
            follow: split,
            remove_names: options.no_names || strips || split,
            abort_handler: abort && ours,
            old_handler: abort && ours && options.eh == Eh::Legacy,
            exnref: ours && options.eh == Eh::Exnref,
            reset_state: glue.revives() && ours,
            awaited,
            starts: true,
        },
        target,
        staging,
        out_dir,
        debug_file,
        info: Info {
            name: package.name.clone(),
            version: package.version.clone(),
            description: package.description.clone(),
            license: package.license.clone(),
            repository: package.repository.clone(),
        },
    })
}

/// The crate's version of wasm-bindgen, whose format between crate and tool changes with
/// every release. One outside of the range was never tested.
pub(crate) fn check_wasm_bindgen(
    metadata: &Metadata,
    package: &Package,
    pins: &Pins,
) -> Result<String, Error> {
    let found = metadata
        .dependency(package, "wasm-bindgen")
        .ok_or_else(|| Error::NoWasmBindgen(package.name.clone()))?;
    let (oldest, newest) = (&pins.oldest_wasm_bindgen, &pins.wasm_bindgen);
    let within = numbers(oldest)..=numbers(newest);
    if numbers(found).is_some() && within.contains(&numbers(found)) {
        return Ok(found.to_owned());
    }
    Err(Error::VersionOutOfRange {
        found: found.to_owned(),
        oldest: oldest.clone(),
        newest: newest.clone(),
    })
}

/// What the glue restores where nothing unwinds; an unwind build restores the stack pointer by itself.
fn stack_pointer(options: &BuildOptions) -> Option<String> {
    (options.strategy == Strategy::Abort).then(|| STACK_POINTER.to_owned())
}

/// Who calls a module for JavaScript.
fn caller(gate: bool) -> Caller {
    match gate {
        true => Caller::Gate,
        false => Caller::Glue,
    }
}

/// The numbers of a release; a version that is none has no place in an order of releases.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// What another tool's call of cargo needs to be set, so that it compiles as a build would.
pub(crate) fn variables(
    options: &BuildOptions,
    pins: &Pins,
    facts: &Facts,
    bindgen: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    // The glue that wasm-bindgen's own command makes has no gate.
    let linked = (bindgen && options.strategy == Strategy::Abort).then_some(STACK_POINTER);
    let linked = linked.map(str::to_owned);
    let mut variables = environment(options, facts, caller(bindgen), linked.as_slice())?;
    if bindgen {
        let program = facts.program.to_string_lossy();
        variables.push(set("WASM_BINDGEN_BIN", &program));
    }
    variables.push(set("RUSTUP_TOOLCHAIN", toolchain(options, pins)));
    // std is compiled for a named target only.
    variables.push(set("CARGO_BUILD_TARGET", TRIPLE));
    if options.strategy == Strategy::Unwind {
        variables.push(set("CARGO_UNSTABLE_BUILD_STD", BUILD_STD));
    }
    let mut overrides = profile_overrides(options, facts, notes)?;
    if strips_symbols(options, facts)? {
        // wasm-bindgen reads the symbols.
        overrides.push(("strip", "debuginfo"));
    }
    for (key, value) in overrides {
        let profile = options.profile().to_uppercase().replace('-', "_");
        let name = format!("CARGO_PROFILE_{profile}_{}", key.to_uppercase());
        variables.push(set(&name, value));
    }
    Ok(variables)
}

impl fmt::Display for Bindgen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.built_in { " (built in)" } else { "" };
        write!(f, "wasm-bindgen {}{place}", self.version)?;
        write!(f, " --target {}", self.target.name())?;
        write!(f, " --out-name {}", self.stem)?;
        for (on, option) in [
            (!self.typescript, " --no-typescript"),
            (self.split_linked, " --split-linked-modules"),
            (self.keep_debug, " --keep-debug"),
            (self.remove_names, " --remove-name-section"),
            (self.abort_handler, " --force-enable-abort-handler"),
            (self.reset_state, " --experimental-reset-state-function"),
        ] {
            if on {
                f.write_str(option)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests/plan.rs"]
mod tests;
