//! From what was asked and what is there to the steps of a build.
//!
//! Pure, so that every combination can be tested without building: no file is
//! read, no process started. What a build needs to know comes as `Facts`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use cargo_platform::Cfg;
use serde_json::Value;

use crate::call::Call;
use crate::debug_info::{DebugInfo, KEEP, LEVEL};
use crate::error::Error;
use crate::invocation;
use crate::metadata::{Metadata, Package};
use crate::options::{BuildOptions, Eh, Strategy, Target};
use crate::package_json::Info;
use crate::pins::{Pins, TRIPLE};
use crate::profile::Profiles;
use crate::rustflags;
use crate::wrapper;

/// What was found on the machine and in the crate.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Where cargo runs.
    pub(crate) directory: PathBuf,
    /// Where the user is: relative outputs are relative to it.
    pub(crate) user_directory: PathBuf,
    /// The environment.
    pub(crate) vars: BTreeMap<String, String>,
    /// The target's cfgs.
    pub(crate) cfgs: Vec<Cfg>,
    /// cargo's merged configuration.
    pub(crate) config: Value,
    /// The Cargo.toml of the workspace's root.
    pub(crate) manifest: Value,
    /// The crate graph.
    pub(crate) metadata: Metadata,
    /// This program.
    pub(crate) program: PathBuf,
}

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

/// The toolchain of a build.
pub(crate) fn toolchain<'a>(options: &'a BuildOptions, pins: &'a Pins) -> &'a str {
    let pinned = match options.strategy {
        Strategy::Unwind => &pins.nightly,
        Strategy::Abort => &pins.stable,
    };
    options.toolchain.as_ref().unwrap_or(pinned)
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
    cargo.environment = environment(options, facts, ours, &more)?;
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

/// Plans a build.
pub(crate) fn plan(options: &BuildOptions, pins: &Pins, facts: &Facts) -> Result<Plan, Error> {
    let package = facts.metadata.select(options.package.as_deref())?;
    let library = package
        .cdylib()
        .ok_or_else(|| Error::NoCdylib(package.name.clone()))?;
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
    let environment = environment(options, facts, ours, &more)?;
    // Bundlers know no tags, and what they make of a wasm file is one instance.
    let awaited = options.target == Target::Bundler && ours;
    let target = match awaited {
        true => Target::Web,
        false => options.target,
    };
    Ok(Plan {
        notes,
        cargo: cargo_call(
            options,
            pins,
            facts,
            package,
            &overrides,
            environment,
            strips,
        ),
        package_id: package.id.clone(),
        package_name: package.name.clone(),
        bindgen: Bindgen {
            built_in: version == pins.wasm_bindgen,
            version,
            stem,
            target,
            typescript: !options.no_typescript,
            split_linked: options.split_linked_modules,
            keep_debug: debug_info(options) == DebugInfo::Full,
            follow: split,
            remove_names: options.no_names || strips || split,
            abort_handler: abort && ours,
            old_handler: abort && ours && options.eh == Eh::Legacy,
            exnref: ours && options.eh == Eh::Exnref,
            reset_state: target.revives() && ours,
            awaited,
            starts: true,
        },
        target: options.target,
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

/// What the glue restores where nothing unwinds.
const STACK_POINTER: &str = "-Clink-arg=--export=__stack_pointer";

/// Where the debug information goes.
fn debug_info(options: &BuildOptions) -> DebugInfo {
    match options.debug_info {
        Some(place) => place,
        None if options.profile() == "dev" && !options.no_debug_info => DebugInfo::Full,
        None => DebugInfo::None,
    }
}

/// What has the compiler write debug information, and keep it.
fn split_flags(options: &BuildOptions, facts: &Facts) -> Result<Vec<String>, Error> {
    let mut flags = vec![];
    if !profiles(facts).has_debug_info(options.profile())? {
        flags.push(LEVEL.to_owned());
    }
    flags.push(KEEP.to_owned());
    Ok(flags)
}

/// The parts of std that an unwind build compiles itself.
const BUILD_STD: &str = "std,panic_unwind";

/// A setting of the profile, and its value.
type Override = (&'static str, &'static str);

fn profiles(facts: &Facts) -> Profiles<'_> {
    Profiles {
        vars: &facts.vars,
        config: &facts.config,
        manifest: &facts.manifest,
    }
}

/// Whether flags or profile strip what wasm-bindgen reads.
fn strips_symbols(options: &BuildOptions, facts: &Facts) -> Result<bool, Error> {
    let (_, flags) = rustflags::effective(&facts.vars, &facts.config, &facts.cfgs);
    // The flags come last on rustc's command line.
    match rustflags::strips_symbols(&flags) {
        Some(strips) => Ok(strips),
        None => profiles(facts).strips_symbols(options.profile()),
    }
}

/// The numbers of a release; a version that is none has no place in an order of releases.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// The profile settings that would break an unwind build, turned around.
fn profile_overrides(
    options: &BuildOptions,
    facts: &Facts,
    notes: &mut Vec<String>,
) -> Result<Vec<Override>, Error> {
    let name = options.profile();
    let profiles = profiles(facts);
    let (fat, aborts) = (profiles.has_fat_lto(name)?, profiles.aborts(name)?);
    let mut overrides = vec![];
    if options.strategy == Strategy::Abort {
        return Ok(overrides);
    }
    if fat && options.eh == Eh::Exnref {
        overrides.push(("lto", "thin"));
        notes.push(format!(
            "profile.{name} asks for fat LTO, which LLVM miscompiles with exnref: building with \
             lto = \"thin\" (or keep it, with `--eh legacy`)"
        ));
    }
    if aborts {
        overrides.push(("panic", "unwind"));
        notes.push(format!(
            "profile.{name} has another panic strategy: building with panic = \"unwind\" \
             (or keep it, with `--strategy abort`)"
        ));
    }
    Ok(overrides)
}

fn features(options: &BuildOptions) -> Vec<String> {
    let mut arguments = vec![];
    for features in &options.features.named {
        arguments.extend(["--features".to_owned(), features.clone()]);
    }
    if options.features.all {
        arguments.push("--all-features".to_owned());
    }
    if options.features.no_default {
        arguments.push("--no-default-features".to_owned());
    }
    arguments
}

/// What is compiled, how, and in which form cargo tells of it.
fn compile_arguments(
    arguments: &mut Vec<String>,
    options: &BuildOptions,
    package: &Package,
    overrides: &[Override],
) {
    let manifest = package.manifest_path.to_string_lossy().into_owned();
    arguments.extend(["--target".to_owned(), TRIPLE.to_owned()]);
    arguments.extend(["--manifest-path".to_owned(), manifest]);
    arguments.extend(["--profile".to_owned(), options.profile().to_owned()]);
    arguments.push("--message-format=json-render-diagnostics".to_owned());
    if options.strategy == Strategy::Unwind {
        arguments.push(format!("-Zbuild-std={BUILD_STD}"));
    }
    arguments.extend(features(options));
    if options.verbose > 0 {
        arguments.push(format!("-{}", "v".repeat(options.verbose.into())));
    }
    arguments.extend(options.cargo_args.iter().cloned());
    // After the user's, since the last `--config` wins.
    for (key, value) in overrides {
        let setting = format!("profile.{}.{key}=\"{value}\"", options.profile());
        arguments.extend(["--config".to_owned(), setting]);
    }
}

fn cargo_call(
    options: &BuildOptions,
    pins: &Pins,
    facts: &Facts,
    package: &Package,
    overrides: &[Override],
    environment: Vec<(String, Option<String>)>,
    strips: bool,
) -> Call {
    let mut link_arguments = link_arguments(options);
    if strips && debug_info(options) != DebugInfo::Split {
        // After the profile's. wasm-bindgen reads the names and the target features; what the
        // user wants stripped is stripped when it has run.
        link_arguments.push(rustflags::KEEP_SYMBOLS.to_owned());
    }
    // `cargo rustc` rather than `build`: it gives link arguments to the last crate
    // alone, where given to all they would rebuild every dependency, and it can
    // leave the rlib out, beside which cargo ignores the profile's LTO.
    let tool = ["cargo", "rustc", "--lib", "--crate-type", "cdylib"];
    let mut call = Call::rustup(toolchain(options, pins), &tool, &facts.directory);
    let arguments = &mut call.arguments;
    compile_arguments(arguments, options, package, overrides);
    if !link_arguments.is_empty() {
        arguments.push("--".to_owned());
        arguments.extend(link_arguments);
    }
    call.environment = environment;
    call
}

/// What a build needs to be set, with `more` flags. What an abort build has besides the `gate` is cargo's own: there
/// nothing unwinds, and an exception that passes is not to meet cleanup that ends the program.
fn environment(
    options: &BuildOptions,
    facts: &Facts,
    gate: bool,
    more: &[String],
) -> Result<Vec<(String, Option<String>)>, Error> {
    let user_flags = rustflags::effective(&facts.vars, &facts.config, &facts.cfgs);
    let own = user_flags.1.clone();
    let mut flags = rustflags::merged(user_flags, options.strategy, options.eh, gate)?;
    if !more.is_empty() {
        flags.get_or_insert(own).extend(more.iter().cloned());
    }
    let mut set = flags.map_or(vec![], |flags| rustflags::variables(&flags, &facts.vars));
    if options.strategy == Strategy::Unwind {
        let program = facts.program.to_string_lossy().into_owned();
        let own = wrapper::of_user(&facts.vars, &facts.config, &facts.directory);
        set.push(("RUSTC_WRAPPER".to_owned(), Some(program)));
        set.push((invocation::VARIABLE.to_owned(), Some(own)));
    }
    Ok(set)
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
    let mut variables = environment(options, facts, bindgen, linked.as_slice())?;
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

fn link_arguments(options: &BuildOptions) -> Vec<String> {
    let mut arguments = vec![];
    // An unwind build restores the stack pointer by itself.
    if options.strategy == Strategy::Abort {
        arguments.push(STACK_POINTER.to_owned());
    }
    if let Some(bytes) = options.stack_size {
        arguments.push("-Clink-arg=-z".to_owned());
        arguments.push(format!("-Clink-arg=stack-size={bytes}"));
    }
    if let Some(bytes) = options.max_memory {
        arguments.push(format!("-Clink-arg=--max-memory={bytes}"));
    }
    arguments
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
