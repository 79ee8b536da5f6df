//! How cargo is told to compile, for whatever is built: the toolchain, its arguments, and what is set.
//!
//! Pure. What is made of what cargo compiles, and from which package, is decided in `plan.rs` and in `component/`.

use crate::call::Call;
use crate::debug_info::{DebugInfo, KEEP, LEVEL};
use crate::error::Error;
use crate::facts::Facts;
use crate::invocation;
use crate::metadata::Package;
use crate::options::{BuildOptions, Eh, Product, Strategy};
use crate::pins::Pins;
use crate::profile::Profiles;
use crate::rustflags::{self, Caller};
use crate::wrapper;

/// The toolchain of a build.
pub(crate) fn toolchain<'a>(options: &'a BuildOptions, pins: &'a Pins) -> &'a str {
    let pinned = match options.strategy {
        Strategy::Unwind => &pins.nightly,
        Strategy::Abort => &pins.stable,
    };
    options.toolchain.as_ref().unwrap_or(pinned)
}

/// What the glue restores where nothing unwinds.
pub(crate) const STACK_POINTER: &str = "-Clink-arg=--export=__stack_pointer";

/// Where the debug information goes.
pub(crate) fn debug_info(options: &BuildOptions) -> DebugInfo {
    match options.debug_info {
        Some(place) => place,
        None if options.profile() == "dev" && !options.no_debug_info => DebugInfo::Full,
        None => DebugInfo::None,
    }
}

/// What has the compiler write debug information, and keep it.
pub(crate) fn split_flags(options: &BuildOptions, facts: &Facts) -> Result<Vec<String>, Error> {
    let mut flags = vec![];
    if !profiles(facts).has_debug_info(options.profile())? {
        flags.push(LEVEL.to_owned());
    }
    flags.push(KEEP.to_owned());
    Ok(flags)
}

/// The parts of std that an unwind build compiles itself.
pub(crate) const BUILD_STD: &str = "std,panic_unwind";

/// A setting of the profile, and its value.
pub(crate) type Override = (&'static str, &'static str);

fn profiles(facts: &Facts) -> Profiles<'_> {
    Profiles {
        vars: &facts.vars,
        config: &facts.config,
        manifest: &facts.manifest,
    }
}

/// The flags that cargo would use by itself, and where they are from.
fn of_user(options: &BuildOptions, facts: &Facts) -> (rustflags::Source, Vec<String>) {
    let triple = options.target.triple();
    rustflags::effective(&facts.vars, &facts.config, &facts.cfgs, triple)
}

/// Whether flags or profile strip what wasm-bindgen reads.
pub(crate) fn strips_symbols(options: &BuildOptions, facts: &Facts) -> Result<bool, Error> {
    let (_, flags) = of_user(options, facts);
    // The flags come last on rustc's command line.
    match rustflags::strips_symbols(&flags) {
        Some(strips) => Ok(strips),
        None => profiles(facts).strips_symbols(options.profile()),
    }
}

/// The profile settings that would break an unwind build, turned around.
pub(crate) fn profile_overrides(
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
        let keeps = match options.target {
            Product::Package(_) => "--eh legacy",
            Product::Component => "--strategy abort",
        };
        notes.push(format!(
            "profile.{name} asks for fat LTO, which LLVM miscompiles with exnref: building with \
             lto = \"thin\" (or keep it, with `{keeps}`)"
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

/// The arguments that say which features are active.
pub(crate) fn features(options: &BuildOptions) -> Vec<String> {
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
pub(crate) fn compile_arguments(
    arguments: &mut Vec<String>,
    options: &BuildOptions,
    package: &Package,
    overrides: &[Override],
) {
    let manifest = package.manifest_path.to_string_lossy().into_owned();
    arguments.extend(["--target".to_owned(), options.target.triple().to_owned()]);
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

/// The call that compiles the library of a package for the linker.
pub(crate) fn cargo_call(
    options: &BuildOptions,
    pins: &Pins,
    facts: &Facts,
    package: &Package,
    overrides: &[Override],
    environment: Vec<(String, Option<String>)>,
    link_arguments: Vec<String>,
) -> Call {
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

/// What a build needs to be set, with `more` flags. What an abort build has besides the gate is cargo's own: there
/// nothing unwinds, and an exception that passes is not to meet cleanup that ends the program. A component needs no
/// changed copies of wasm-bindgen.
pub(crate) fn environment(
    options: &BuildOptions,
    facts: &Facts,
    caller: Caller,
    more: &[String],
) -> Result<Vec<(String, Option<String>)>, Error> {
    let user_flags = of_user(options, facts);
    let own = user_flags.1.clone();
    let mut flags = rustflags::merged(user_flags, options.strategy, options.eh, caller)?;
    if !more.is_empty() {
        flags.get_or_insert(own).extend(more.iter().cloned());
    }
    let mut set = flags.map_or(vec![], |flags| rustflags::variables(&flags, &facts.vars));
    if options.strategy == Strategy::Unwind && caller != Caller::Host {
        let program = facts.program.to_string_lossy().into_owned();
        let own = wrapper::of_user(&facts.vars, &facts.config, &facts.directory);
        set.push(("RUSTC_WRAPPER".to_owned(), Some(program)));
        set.push((invocation::VARIABLE.to_owned(), Some(own)));
    }
    Ok(set)
}

/// What the linker is told of the heap of a crate that guards its exports: the first call of an instance takes the reserve
/// and a little more, and to grow the memory for them takes as long as a third of making the instance. What the user says of
/// the memory's size stands alone.
pub(crate) fn first_heap(options: &BuildOptions, facts: &Facts) -> Option<String> {
    /// Bytes: whole pages. The reserve is 64 KiB (`recover-runtime/src/base/memory/reserve.rs`).
    const HEAP: u32 = 128 << 10;
    const SIZES: [&str; 3] = ["--initial-memory", "--initial-heap", "--max-memory"];
    let (_, flags) = of_user(options, facts);
    let says = flags
        .iter()
        .any(|flag| SIZES.iter().any(|size| flag.contains(size)));
    let free = options.max_memory.is_none() && !says;
    free.then(|| format!("-Clink-arg=--initial-heap={HEAP}"))
}

/// What the linker is told of the stack and of memory.
pub(crate) fn link_arguments(options: &BuildOptions) -> Vec<String> {
    let mut arguments = vec![];
    if let Some(bytes) = options.stack_size {
        arguments.push("-Clink-arg=-z".to_owned());
        arguments.push(format!("-Clink-arg=stack-size={bytes}"));
    }
    if let Some(bytes) = options.max_memory {
        arguments.push(format!("-Clink-arg=--max-memory={bytes}"));
    }
    arguments
}
