//! The ways in which the build of a component can fail, with their lines. `error.rs` has those of everything else.

/// A failure of the build of a component.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComponentError {
    /// An option that is of packages for JavaScript.
    #[error("`{option}` is not for `--target component`; {fix}")]
    Option {
        /// The option.
        option: &'static str,
        /// What to do.
        fix: &'static str,
    },

    /// A crate that makes no component.
    #[error(
        "package `{0}` does not use wit-bindgen, so it makes no component; leave out `--target component` for a JavaScript package, or write its interface in WIT and run `cargo add wit-bindgen`"
    )]
    NoWitBindgen(String),

    /// The crate's recover-runtime is the one for JavaScript.
    #[error(
        "recover-runtime guards no component in package `{0}`; run `cargo add recover-runtime --features component`"
    )]
    NoFeature(String),

    /// A component, to be built for JavaScript.
    #[error(
        "package `{0}` makes a component, because it uses wit-bindgen; run `cargo recover build --target component`"
    )]
    ForComponents(String),

    /// A component, as a package for npm.
    #[error(
        "`cargo recover pack` makes packages for npm; run `cargo recover build --target component`, whose .wasm and .wit are all that a host needs"
    )]
    Packed,

    /// The linker made no component.
    #[error(
        "the linker made a core module and no component; remove what replaces the linker of {triple} (`linker` in cargo's configuration, or `-Clinker`)"
    )]
    CoreModule {
        /// The target.
        triple: &'static str,
    },

    /// The component is not valid, or is not understood.
    #[error("the compiler and its linker made a component that is not valid: {0}")]
    Invalid(String),

    /// Nothing is exported.
    #[error(
        "package `{0}` exports nothing; write an `export` into the world of its WIT, and call the `export!` that `wit_bindgen::generate!` makes"
    )]
    NoExports(String),

    /// No export could tell of a failure.
    #[error(
        "no function that package `{0}` exports returns `result<_, failure>`, so no caller is told of a failure; write in its WIT: use recover:error/types@0.1.0.{{failure}};"
    )]
    Unguarded(String),
}

impl ComponentError {
    /// 2 if the user can fix the arguments or the crate, 1 if the build failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid(_) => 1,
            _ => 2,
        }
    }
}
