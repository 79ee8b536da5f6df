//! Where the debug information of a package goes, by the options and the profile.

use clap::ValueEnum;

/// The places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DebugInfo {
    /// Nowhere; the shipped file has short names of functions
    None,
    /// Into a file of its own beside the package, for `cargo recover symbolicate`; the shipped file has
    /// neither lines nor names
    Split,
    /// Into the shipped file, as the profile makes it
    Full,
}

/// What has rustc write lines and inlined calls, and no more: types and variables are large. As a flag, not in
/// the profile: by that, cargo would give every function another hash, and the compiler then places and
/// inlines otherwise. So the code is the same.
pub(crate) const LEVEL: &str = "-Cdebuginfo=limited";

/// What has rustc leave the debug information in.
pub(crate) const KEEP: &str = "-Cstrip=none";
