//! The options of the commands, as clap sees them; `command_line` says which commands there are.
//!
//! Only what can be said about one option by itself is checked here; what needs
//! the crate or the machine belongs in `plan`.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use crate::debug_info::DebugInfo;
use crate::pins;
use crate::values;

/// Which features of the crate are active.
#[derive(Debug, Clone, Args)]
pub(crate) struct Features {
    /// Features to activate, separated by commas or spaces
    #[arg(short = 'F', long = "features", value_name = "FEATURES")]
    pub(crate) named: Vec<String>,

    /// Activate all features
    #[arg(long = "all-features")]
    pub(crate) all: bool,

    /// Do not activate the default features
    #[arg(long = "no-default-features")]
    pub(crate) no_default: bool,
}

/// The options of `build`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BuildOptions {
    /// Directory of the crate [default: the crate of the current directory]
    #[arg(conflicts_with = "manifest_path")]
    pub(crate) path: Option<PathBuf>,

    /// Path to the Cargo.toml of the crate or of its workspace
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Package of the workspace to build
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// What a panic does: unwind recovers in the instance, abort ends it and needs only stable Rust
    #[arg(long, value_enum, default_value_t = Strategy::Unwind)]
    pub(crate) strategy: Strategy,

    /// Exception handling instructions; in an abort build, those of the trap handler
    #[arg(long, value_enum, default_value_t = Eh::Exnref)]
    pub(crate) eh: Eh,

    /// Kind of package: web, bundler, nodejs, deno or module; or component, for hosts in any language
    #[arg(long, value_parser = parse_product, default_value = "web")]
    pub(crate) target: Product,

    /// Cargo profile to build
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,

    /// Short for --profile dev
    #[arg(long, conflicts_with = "profile")]
    pub(crate) dev: bool,

    /// Short for --profile release, the default
    #[arg(long, conflicts_with_all = ["profile", "dev"])]
    release: bool,

    /// Where to write the package [default: pkg beside the crate's Cargo.toml]
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,

    /// Name of the files without extension [default: the library's name]
    #[arg(long, value_name = "NAME", value_parser = values::out_name)]
    pub(crate) out_name: Option<String>,

    #[command(flatten)]
    pub(crate) features: Features,

    /// rustup toolchain to build with [default: the pinned one of the strategy]
    #[arg(long, value_name = "NAME")]
    pub(crate) toolchain: Option<String>,

    /// Size of Rust's stack in linear memory, such as 4MiB, a multiple of 16
    #[arg(long, value_name = "BYTES", value_parser = values::stack_size)]
    pub(crate) stack_size: Option<u64>,

    /// Limit of linear memory, such as 64MiB, a multiple of 65536
    #[arg(long, value_name = "BYTES", value_parser = |text: &str| values::bytes(text, 65536))]
    pub(crate) max_memory: Option<u64>,

    /// Write no .d.ts files
    #[arg(long)]
    pub(crate) no_typescript: bool,

    /// Put what `wasm_bindgen::link_to!` links into files of their own, as a worker's policy may ask
    #[arg(long)]
    pub(crate) split_linked_modules: bool,

    /// Leave out the function names that stack traces show
    #[arg(long)]
    pub(crate) no_names: bool,

    /// Where the DWARF debug information goes: none, split, full, as without a value [default: none; with --dev, full]
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_missing_value = "full")]
    pub(crate) debug_info: Option<DebugInfo>,

    /// Leave out the DWARF debug information, which is large, with --dev too
    #[arg(long, conflicts_with = "debug_info")]
    pub(crate) no_debug_info: bool,

    /// Make cargo print more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Print the steps and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Further arguments for cargo
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub(crate) cargo_args: Vec<String>,
}

/// The options of a build, and no command.
#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    build: BuildOptions,
}

impl BuildOptions {
    /// The defaults.
    pub(crate) fn new() -> Self {
        Alone::parse_from(["cargo recover build"]).build
    }

    /// The cargo profile that was asked for.
    pub(crate) fn profile(&self) -> &str {
        if self.dev { "dev" } else { &self.profile }
    }
}

/// The options of `pack`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PackOptions {
    /// Those of the build; `--out-dir` is `npm` beside the crate's Cargo.toml
    #[command(flatten)]
    pub(crate) build: BuildOptions,

    /// Scope of npm that the package is published in
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,

    /// Write the directory, and no tarball
    #[arg(long)]
    pub(crate) no_tarball: bool,
}

/// The options of `env`.
#[derive(Debug, Clone, Args)]
pub(crate) struct EnvOptions {
    /// Directory of the crate [default: the crate of the current directory]
    #[arg(conflicts_with = "manifest_path")]
    pub(crate) path: Option<PathBuf>,

    /// Path to the Cargo.toml of the crate or of its workspace
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// What a panic does: unwind recovers in the instance, abort ends it and needs only stable Rust
    #[arg(long, value_enum, default_value_t = Strategy::Unwind)]
    pub(crate) strategy: Strategy,

    /// Exception handling instructions
    #[arg(long, value_enum, default_value_t = Eh::Exnref)]
    pub(crate) eh: Eh,

    /// Cargo profile that will be built
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,

    /// rustup toolchain to build with [default: the pinned one of the strategy]
    #[arg(long, value_name = "NAME")]
    pub(crate) toolchain: Option<String>,

    /// For a tool that runs the wasm-bindgen of WASM_BINDGEN_BIN, as worker-build does: the glue has what
    /// that of `build` has
    #[arg(long)]
    pub(crate) bindgen: bool,

    /// How the variables are written; plain is NAME=VALUE, as CI systems read it from a file
    #[arg(long, value_enum, default_value_t = Format::Sh)]
    pub(crate) format: Format,
}

impl EnvOptions {
    /// The options of the build whose variables are asked for.
    pub(crate) fn build(&self) -> BuildOptions {
        let mut build = BuildOptions::new();
        build.path.clone_from(&self.path);
        build.manifest_path.clone_from(&self.manifest_path);
        build.strategy = self.strategy;
        build.eh = self.eh;
        build.profile.clone_from(&self.profile);
        build.toolchain.clone_from(&self.toolchain);
        build
    }
}

/// The options of `test`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TestOptions {
    /// Directory of the crate [default: the crate of the current directory]
    #[arg(conflicts_with = "manifest_path")]
    pub(crate) path: Option<PathBuf>,

    /// Path to the Cargo.toml of the crate or of its workspace
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Package of the workspace to test
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// Engines to run the tests in, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "node")]
    pub(crate) engine: Vec<Engine>,

    /// Strategies to compile the tests with, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "unwind")]
    pub(crate) strategy: Vec<Strategy>,

    /// Exception handling instructions; in an abort build, those of the trap handler
    #[arg(long, value_enum, default_value_t = Eh::Exnref)]
    pub(crate) eh: Eh,

    /// Run only the tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,

    /// Run the tests that are ignored, too
    #[arg(long)]
    pub(crate) include_ignored: bool,

    /// Print the names of the tests and run none
    #[arg(long)]
    pub(crate) list: bool,

    /// Show what tests write to the console while they run
    #[arg(long)]
    pub(crate) no_capture: bool,

    /// Seconds that one test may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) timeout: u64,

    /// Write the results to this file, too, as JUnit
    #[arg(long, value_name = "PATH")]
    pub(crate) junit: Option<PathBuf>,

    /// Cargo profile to compile the tests with
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub(crate) profile: String,

    /// Short for --profile release
    #[arg(long, conflicts_with = "profile")]
    pub(crate) release: bool,

    #[command(flatten)]
    pub(crate) features: Features,

    /// rustup toolchain to build with [default: the pinned one of the strategy]
    #[arg(long, value_name = "NAME")]
    pub(crate) toolchain: Option<String>,

    /// Further arguments for cargo, such as `--test NAME`
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub(crate) cargo_args: Vec<String>,
}

impl TestOptions {
    /// The options of a build that compiles as the tests are compiled.
    pub(crate) fn build(&self, strategy: Strategy) -> BuildOptions {
        let mut build = BuildOptions::new();
        build.path.clone_from(&self.path);
        build.manifest_path.clone_from(&self.manifest_path);
        build.package.clone_from(&self.package);
        build.strategy = strategy;
        build.eh = self.eh;
        build.profile = match self.release {
            true => "release".to_owned(),
            false => self.profile.clone(),
        };
        build.features.clone_from(&self.features);
        build.toolchain.clone_from(&self.toolchain);
        build.cargo_args.clone_from(&self.cargo_args);
        build
    }
}

/// Where tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The Node on the PATH
    Node,
    /// A page of Chromium, started by playwright
    Chromium,
    /// workerd, started by miniflare
    Workerd,
}

impl Engine {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "chromium",
            Self::Workerd => "workerd",
        }
    }
}

/// The options of `check`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckOptions {
    /// Directory of the crate [default: the crate of the current directory]
    #[arg(conflicts_with = "manifest_path")]
    pub(crate) path: Option<PathBuf>,

    /// Path to the Cargo.toml of the crate
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Package of the workspace to check
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// Write recover.schema.json: the states of the classes that persist are right as they are
    #[arg(long)]
    pub(crate) accept_schema: bool,

    #[command(flatten)]
    pub(crate) features: Features,
}

impl CheckOptions {
    /// The options of a build of what is checked.
    pub(crate) fn build(&self) -> BuildOptions {
        let mut build = BuildOptions::new();
        build.path.clone_from(&self.path);
        build.manifest_path.clone_from(&self.manifest_path);
        build.package.clone_from(&self.package);
        build.features.clone_from(&self.features);
        build
    }
}

/// The options of `bindgen`: those of wasm-bindgen's command that other tools use.
#[derive(Debug, Clone, Args)]
pub(crate) struct BindgenOptions {
    /// The compiled module
    pub(crate) input: PathBuf,

    /// Where to write the glue
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,

    /// Name of the files without extension [default: the module's]
    #[arg(long, value_name = "NAME", value_parser = values::out_name)]
    pub(crate) out_name: Option<String>,

    /// Kind of glue: web, bundler, nodejs, deno or module
    #[arg(long, value_parser = parse_target, default_value = "bundler")]
    pub(crate) target: Target,

    /// Write no .d.ts files
    #[arg(long)]
    pub(crate) no_typescript: bool,

    /// Put what `wasm_bindgen::link_to!` links into files of their own
    #[arg(long)]
    pub(crate) split_linked_modules: bool,

    /// Keep the DWARF debug information
    #[arg(long)]
    pub(crate) keep_debug: bool,

    /// Leave out the function names that stack traces show
    #[arg(long)]
    pub(crate) remove_name_section: bool,

    /// What the glue has by itself, or does not need
    #[arg(
        long = "typescript",
        aliases = ["debug", "no-demangle", "omit-default-module-path", "experimental-reset-state-function", "force-enable-abort-handler"],
        action = clap::ArgAction::Count,
        hide = true
    )]
    ignored: u8,
}

/// How variables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For `eval` in sh, bash, zsh
    Sh,
    /// For `source` in fish
    Fish,
    /// For `Invoke-Expression` in PowerShell
    Powershell,
    /// Lines NAME=VALUE
    Plain,
    /// An object
    Json,
}

/// The options of `doctor`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorOptions {
    /// Path to the Cargo.toml of a crate to look at
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// What a panic does to the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// A panic unwinds and the instance lives on; needs nightly and rust-src
    Unwind,
    /// A panic ends the instance; works on stable
    Abort,
}

impl Strategy {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unwind => "unwind",
            Self::Abort => "abort",
        }
    }
}

/// The WebAssembly exception handling instructions of an unwind build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Eh {
    /// The standard instructions
    Exnref,
    /// The instructions of engines from before the standard
    Legacy,
}

/// What a build makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// A JavaScript package.
    Package(Target),
    /// A component, with its interface in WIT.
    Component,
}

impl Product {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Package(target) => target.name(),
            Self::Component => COMPONENT_NAME,
        }
    }

    /// The triple that it is compiled for.
    pub(crate) fn triple(self) -> &'static str {
        match self {
            Self::Package(_) => pins::TRIPLE,
            Self::Component => pins::COMPONENT,
        }
    }
}

const COMPONENT_NAME: &str = "component";

/// The kind of glue that wasm-bindgen writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// ES modules with an `init` function; runs everywhere.
    Web,
    /// ES modules that import the wasm file.
    Bundler,
    /// CommonJS for Node.
    Nodejs,
    /// ES modules for Deno.
    Deno,
    /// ES modules with source phase imports.
    Module,
}

impl Target {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Bundler => "bundler",
            Self::Nodejs => "nodejs",
            Self::Deno => "deno",
            Self::Module => "module",
        }
    }

    /// Whether wasm-bindgen's glue for it can make another instance.
    pub(crate) fn revives(self) -> bool {
        matches!(self, Self::Web | Self::Nodejs | Self::Module)
    }
}

/// Parses what a build makes.
fn parse_product(text: &str) -> Result<Product, String> {
    match text {
        COMPONENT_NAME => Ok(Product::Component),
        other => parse_target(other).map(Product::Package).map_err(|reason| {
            match reason.strip_prefix("use one of ") {
                Some(names) => format!("use one of {names}, {COMPONENT_NAME}"),
                None => reason,
            }
        }),
    }
}

/// Parses a target by hand, because clap's own parser can't say why it refuses a value.
fn parse_target(text: &str) -> Result<Target, String> {
    const ALL: [Target; 5] = [
        Target::Web,
        Target::Bundler,
        Target::Nodejs,
        Target::Deno,
        Target::Module,
    ];
    if text == "no-modules" {
        return Err(
            "no-modules takes no JavaScript snippets, and recovery is one; \
                    use web, with a bundler where scripts must be classic"
                .to_owned(),
        );
    }
    ALL.into_iter()
        .find(|target| target.name() == text)
        .ok_or_else(|| format!("use one of {}", ALL.map(Target::name).join(", ")))
}

#[cfg(test)]
#[path = "tests/options.rs"]
mod tests;
