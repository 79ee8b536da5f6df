//! Every way in which a command can fail, with its line and its exit code.
//!
//! A message is one line and names what to do. Nothing is decided here.

use std::io;
use std::path::PathBuf;

use crate::component_error::ComponentError;

/// A failure, shown to the user as `error: ` and one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// rustup could not be started.
    #[error("rustup is not on the PATH; install it from https://rustup.rs")]
    NoRustup,

    /// The toolchain to build with is not installed.
    #[error("toolchain `{toolchain}` is not installed; run `{command}`")]
    NoToolchain {
        /// Its name.
        toolchain: String,
        /// What installs it.
        command: String,
    },

    /// An unwind build on a toolchain that can't.
    #[error(
        "toolchain `{0}` is not a nightly, which an unwind build needs; leave out `--toolchain`, or build with `--strategy abort`"
    )]
    NoNightly(String),

    /// The toolchain lacks a component.
    #[error("toolchain `{toolchain}` has no {what}; run `{command}`")]
    NoComponent {
        /// The toolchain's name.
        toolchain: String,
        /// The component.
        what: &'static str,
        /// What installs it.
        command: String,
    },

    /// No manifest where one was looked for.
    #[error("no Cargo.toml {place}; give the crate's directory or `--manifest-path`")]
    NoManifest {
        /// Where it was looked for.
        place: String,
    },

    /// cargo could not read the crate.
    #[error("cargo cannot read the crate: {0}")]
    Metadata(String),

    /// A workspace, and no package was named.
    #[error("the workspace has several packages; choose one with `-p NAME`: {0}")]
    SeveralPackages(String),

    /// The package named is not in the workspace.
    #[error("no package `{name}` in the workspace; it has: {members}")]
    NoPackage {
        /// The name given.
        name: String,
        /// Those that are there.
        members: String,
    },

    /// The package has no library that makes a wasm file.
    #[error(
        "package `{0}` makes no wasm library; add to its Cargo.toml: [lib] crate-type = [\"cdylib\", \"rlib\"]"
    )]
    NoCdylib(String),

    /// The package does not use wasm-bindgen at all.
    #[error("package `{0}` does not depend on recover-runtime; run `cargo add recover-runtime`")]
    NoWasmBindgen(String),

    /// The package uses a wasm-bindgen that is not supported.
    #[error(
        "the crate uses wasm-bindgen {found}, but this cargo-recover supports {oldest} to {newest}; run `cargo add wasm-bindgen@={newest}`"
    )]
    VersionOutOfRange {
        /// The version in the crate's lock file.
        found: String,
        /// The first of the range.
        oldest: String,
        /// The last one.
        newest: String,
    },

    /// The program of an older wasm-bindgen could not be installed.
    #[error(
        "wasm-bindgen {version} could not be installed; run `{command}`, or use the version that is built in: `cargo add wasm-bindgen@={built_in}`"
    )]
    NoProgram {
        /// Its version.
        version: String,
        /// What installs it.
        command: String,
        /// The version that needs no program.
        built_in: String,
    },

    /// Two requirements of wasm-bindgen that no version meets.
    #[error(
        "recover-runtime needs wasm-bindgen {oldest} to {pinned}; run `{command}`, since {reason}"
    )]
    RequirementClash {
        /// The first version of the range.
        oldest: String,
        /// The last one.
        pinned: String,
        /// What loosens that requirement.
        command: String,
        /// The requirement that rules it out, or what cargo says.
        reason: String,
    },

    /// The profile is defined nowhere.
    #[error(
        "no profile `{0}`; define [profile.{0}] in the workspace's Cargo.toml, or use release or dev"
    )]
    NoProfile(String),

    /// One of the user's flags contradicts the build.
    #[error("`{flag}` in {source_name} contradicts this build; {wanted}")]
    Contradiction {
        /// The flag.
        flag: String,
        /// Where it was set.
        source_name: &'static str,
        /// What to do.
        wanted: &'static str,
    },

    /// The output directory cannot be one.
    #[error("`{0}` is not a directory; choose another `--out-dir`")]
    OutDirIsFile(PathBuf),

    /// Two Rust types want the same JavaScript class.
    #[error(
        "the error class `{class}` is claimed by `{first}` and by `{second}`; rename one with #[js_error(name = \"…\")]"
    )]
    ClassClash {
        /// The JavaScript name.
        class: String,
        /// The Rust type seen first.
        first: String,
        /// The other.
        second: String,
    },

    /// cargo failed, and printed why.
    #[error("the build failed (cargo's exit code: {0})")]
    Cargo(String),

    /// cargo made no wasm file.
    #[error("cargo reported no wasm file for package `{0}`")]
    NoArtifact(String),

    /// wasm-bindgen refused the module.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),

    /// wasm-bindgen's output has not the expected shape.
    #[error("unexpected wasm-bindgen output: {0}")]
    Glue(String),

    /// A seam of wasm-bindgen's output is not as the table of seams has it.
    #[error(
        "wasm-bindgen {version} writes glue that this cargo-recover does not know (seam `{seam}`: {reason}); run `cargo install recover-cli` for a newer cargo-recover, or choose a version of wasm-bindgen that it knows with `cargo add wasm-bindgen@=VERSION`"
    )]
    Seam {
        /// Its name in the table.
        seam: &'static str,
        /// The version of wasm-bindgen.
        version: String,
        /// What is wrong there.
        reason: String,
    },

    /// The source of wasm-bindgen or js-sys is otherwise than this tool knows.
    #[error(
        "{package} {version} is not as this cargo-recover knows it ({reason}), so it can't be compiled for builds that unwind; it knows {known}: choose one of them with `cargo update -p wasm-bindgen --precise VERSION`, or run `cargo install recover-cli` for a newer cargo-recover"
    )]
    UnknownSource {
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// The versions that are known.
        known: String,
        /// What is not as known.
        reason: String,
    },

    /// The crate's recover-runtime is older than this tool.
    #[error(
        "the module has no `__recover_malloc`, which the recover-runtime of this version has; run `cargo update -p recover-runtime`"
    )]
    OldRuntime,

    /// Calls that wasm-bindgen suspends.
    #[error(
        "a function is `jspi` or `suspending` under `#[wasm_bindgen]`, or waits by js_sys's `jspi_block_on_promise`: its stack would not be kept apart from the others; write `#[recoverable]` there, or `recover_runtime::jspi_block_on_promise`"
    )]
    SuspendsByItself,

    /// A bundler imports the module itself, so that nothing passes through the glue.
    #[error(
        "a package with the feature `torture` of recover-runtime can't be for a bundler; build it with `--target web` or `--target nodejs`, or without the feature"
    )]
    TortureBundled,

    /// The compiler made a module that no engine accepts.
    #[error(
        "the compiler made an invalid module, a known bug of LLVM with exnref and LTO; try `--eh legacy`, or lto = \"thin\" or \"off\"; {path}: {reason}"
    )]
    InvalidModule {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },

    /// The linker took out what wasm-bindgen reads.
    #[error(
        "the linker stripped the module of the names and features that wasm-bindgen reads; remove `-s` or `--strip-all` from the link arguments, and use strip = true in the profile, which works"
    )]
    Stripped,

    /// A name that cargo or npm would refuse.
    #[error(
        "`{name}` can't be the crate's name ({reason}); run `cargo recover new … --name {better}`"
    )]
    BadName {
        /// The name.
        name: String,
        /// What a name is.
        reason: &'static str,
        /// One that is taken.
        better: String,
    },

    /// A template that is not there.
    #[error("no template `{0}`; run `cargo recover new … --template node`, or web, or worker")]
    NoTemplate(String),

    /// A directory that has something in it.
    #[error("`{0}` exists and is not empty; choose another directory: `cargo recover new DIR`")]
    Exists(PathBuf),

    /// A directory that has a crate in it.
    #[error(
        "`{0}` has a crate; choose another directory, or change that crate's wasm-bindgen to recover: `cargo recover migrate {0}`"
    )]
    CrateExists(PathBuf),

    /// A directory without the runtime.
    #[error(
        "`{0}` is not recover-runtime; give the directory of its Cargo.toml: `--runtime-path recover/recover-runtime`"
    )]
    NoRuntime(PathBuf),

    /// A manifest without a package.
    #[error("the Cargo.toml is no package; run `cargo recover migrate DIR` for one of its members")]
    NoPackageHere,

    /// A crate that was brought over before.
    #[error(
        "`{0}` depends on recover-runtime already; see what is left with `git grep wasm_bindgen`"
    )]
    Migrated(String),

    /// A crate without wasm-bindgen.
    #[error(
        "`{0}` has no #[wasm_bindgen] to change; begin with `cargo recover new DIR`, or `cargo add recover-runtime`"
    )]
    NothingToMigrate(String),

    /// The library's root is no Rust.
    #[error("cannot read `{path}`: {reason}; run `cargo check`")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },

    /// Changes that git does not have.
    #[error(
        "`{0}` has changes that are not committed, and nothing could undo this apart from them; run `git stash`, or commit them, or add `--allow-dirty`"
    )]
    Dirty(PathBuf),

    /// No repository that could undo it.
    #[error(
        "`{0}` is in no git repository, and nothing could undo this; run `git init && git add . && git commit -m before`, or add `--allow-dirty`"
    )]
    NoGit(PathBuf),

    /// npm could not be started.
    #[error(
        "npm is not on the PATH, and packs the tarball; install Node from https://nodejs.org, or write the directory alone with `--no-tarball`"
    )]
    NoNpm,

    /// npm failed.
    #[error("npm pack: {0}")]
    NpmPack(String),

    /// A target for a package that is for all of them.
    #[error(
        "`cargo recover pack` makes one package for every target; leave out `--target`, or run `cargo recover build --target {0}`"
    )]
    PackTarget(&'static str),

    /// A directory with a package.json of the user's.
    #[error(
        "`{0}` has a package.json that `cargo recover pack` did not write; choose another directory: `--out-dir DIR`"
    )]
    ForeignPackage(String),

    /// A scope that npm would refuse.
    #[error("`{0}` is no scope of npm's; give one as `--scope name`")]
    BadScope(String),
    /// Node could not be started.
    #[error(
        "node is not on the PATH, and runs tests and replays; install it from https://nodejs.org"
    )]
    NoNode,

    /// There is no file to replay.
    #[error("there is no capture at {0}; give the file that has the bytes of recovery.capture()")]
    NoCapture(PathBuf),

    /// Node is too old for the module.
    #[error(
        "node {0} does not run exnref; use `--eh legacy`, or install Node 22.22.3, 24.15 or newer from https://nodejs.org"
    )]
    NoExnref(String),

    /// What drives an engine, or the engine, is missing.
    #[error("{what} is not installed for this crate; run `{command}`")]
    NoEngine {
        /// What is missing.
        what: String,
        /// What installs it.
        command: String,
    },

    /// An engine ended before it ran a test.
    #[error("{engine} ran no test: {reason}")]
    Engine {
        /// The engine.
        engine: &'static str,
        /// What is known of it.
        reason: String,
    },

    /// There is nothing to torture.
    #[error(
        "no scenario: `{0}` has no .mjs file, and no function has #[recover_runtime::torture]; write a first one with `cargo recover torture --new NAME`"
    )]
    NoScenario(String),

    /// A scenario that is there already.
    #[error("`{0}` exists; choose another name: `cargo recover torture --new NAME`")]
    ScenarioExists(String),

    /// No scenario of that name.
    #[error("no scenario `{name}` for `--only`; there are: {names}")]
    NoSuchScenario {
        /// The name.
        name: String,
        /// Those that are there.
        names: String,
    },

    /// A scenario that is none.
    #[error("{0}")]
    Scenario(String),

    /// A schedule whose points are not reached.
    #[error(
        "nothing of the schedule happens: {0}; the crate has changed, or it is of another build; `cargo recover torture` without `--schedule` finds the points anew"
    )]
    Unreached(String),

    /// Nothing is known.
    #[error("nothing was injected, so nothing is known: {0}")]
    NothingInjected(String),

    /// A schedule, and several scenarios.
    #[error("a `--schedule` is of one scenario; choose it with `--only`: {0}")]
    SeveralScenarios(String),

    /// The crate's recover-runtime has no points.
    #[error(
        "the crate's recover-runtime has no feature `torture`; run `cargo update -p recover-runtime`"
    )]
    NoPoints,

    /// The results can't be written there.
    #[error("`{0}` is a directory; give `--junit` a file")]
    JunitIsDirectory(PathBuf),

    /// There is nothing to check.
    #[error("package `{0}` has no library; `cargo recover` is for crates with one")]
    NoLibrary(String),

    /// What is stored would be misread.
    #[error("{0}")]
    StatesChanged(String),

    /// The schema file is none.
    #[error(
        "cannot read recover.schema.json: {0}; take it from version control, or delete it and run `cargo recover check --accept-schema`"
    )]
    NotSchema(String),

    /// A source file is not Rust.
    #[error("cannot read {place} as Rust: {reason}; `cargo check` says more")]
    NotRust {
        /// File, line and column.
        place: String,
        /// What the parser says.
        reason: String,
    },

    /// Changes of the crate can't be seen.
    #[error("cannot watch `{path}`: {reason}")]
    Watch {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },

    /// A report that is none.
    #[error("{file}: {reason}")]
    BadReport {
        /// Its file.
        file: String,
        /// What is wrong.
        reason: String,
    },

    /// A debug file that is none.
    #[error(
        "`{path}` is no debug file: {reason}; `cargo recover build --debug-info=split` writes one beside the package"
    )]
    BadDebugFile {
        /// It.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// A coredump that is none.
    #[error("{file} is no coredump: {reason}")]
    BadCoredump {
        /// Its file.
        file: String,
        /// What is wrong.
        reason: String,
    },

    /// A report and a debug file of two builds.
    #[error(
        "{file} is of build {build}, and `{debug}` of build {own}; give `--debug` the file of that build"
    )]
    OtherBuild {
        /// The report's file.
        file: String,
        /// Its build.
        build: String,
        /// The debug file.
        debug: PathBuf,
        /// The build of that.
        own: String,
    },

    /// There is no debug information to be split off.
    #[error(
        "the module has no debug information for `--debug-info=split`: remove `-Cstrip` or `-Cdebuginfo=0` from the rustflags"
    )]
    NoDebugInfo,

    /// There is some, and it is not understood.
    #[error(
        "`--debug-info=split` can't move the debug information: {0}; build with `-Cdwarf-version=4` in the rustflags, or with `--debug-info=none`"
    )]
    DebugInfo(String),

    /// Only the wasm-bindgen that is built in says where it puts the code.
    #[error(
        "`--debug-info=split` needs wasm-bindgen {built_in}, and the crate uses {found}; run `cargo update -p wasm-bindgen --precise {built_in}`"
    )]
    SplitVersion {
        /// The version of the crate.
        found: String,
        /// The one that is built in.
        built_in: String,
    },

    /// Nothing can be said of a crate that was not tortured, whatever the reason.
    #[error(transparent)]
    NotTortured(Box<Error>),

    /// The build of a component.
    #[error(transparent)]
    Component(#[from] ComponentError),

    /// A file that the user named could not be read.
    #[error("cannot {action} `{path}`: {source}")]
    User {
        /// A verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// A file could not be read or written.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// A verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// 2 if the user can fix the arguments or the machine, 1 if the build failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Cargo(_)
            | Self::NoArtifact(_)
            | Self::Bindgen(_)
            | Self::Glue(_)
            | Self::InvalidModule { .. }
            | Self::NpmPack(_)
            | Self::StatesChanged(_)
            | Self::Engine { .. }
            | Self::Io { .. } => 1,
            Self::Component(error) => error.exit_code(),
            _ => 2,
        }
    }

    /// For `map_err` on an operation on a file that the user named.
    pub(crate) fn user(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::User {
            action,
            path,
            source,
        }
    }

    /// The failure as JSON.
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::json!({
            "type": "error",
            "message": self.to_string(),
            "exit_code": self.exit_code(),
        })
    }

    /// For `map_err` on an operation on the file `path`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// `text` on one line, for messages of other tools.
pub(crate) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}
