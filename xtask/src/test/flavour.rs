//! The flavours that the end-to-end tests run in: profile × optimisation × link
//! time optimisation × kind of build.

use std::fmt;

use crate::process::Cmd;
use crate::recover::Build;

/// How the fixtures are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flavour {
    /// What a panic does.
    pub(crate) build: Build,
    /// The profile.
    pub(crate) profile: Profile,
}

/// The cargo profile, with what is varied of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// `--dev`.
    Debug,
    /// `--profile release`.
    Release(Opt, Lto),
}

/// The optimisation level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opt {
    /// For speed.
    Three,
    /// For size.
    S,
}

/// The link time optimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lto {
    /// None across crates: cargo's default.
    No,
    /// Thin.
    Thin,
    /// Fat.
    Fat,
}

impl Opt {
    fn name(self) -> &'static str {
        match self {
            Self::Three => "3",
            Self::S => "s",
        }
    }
}

impl Lto {
    fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Thin => "thin",
            Self::Fat => "fat",
        }
    }
}

/// Why some combinations are left out.
pub(crate) const NOT_APPLICABLE: &str =
    "exnref with fat LTO: LLVM emits invalid modules, cargo recover builds it with thin LTO";

/// All flavours; those that every run of the tests takes come with `true`.
pub(crate) fn all() -> Vec<(Flavour, bool)> {
    let mut all = vec![];
    for build in [Build::Exnref, Build::Legacy, Build::Abort] {
        let profile = Profile::Debug;
        all.push((Flavour { build, profile }, true));
    }
    let profile = Profile::Release(Opt::Three, Lto::No);
    let build = Build::Abort;
    all.push((Flavour { build, profile }, true));
    for build in [Build::Exnref, Build::Legacy] {
        for opt in [Opt::Three, Opt::S] {
            for lto in [Lto::No, Lto::Thin, Lto::Fat] {
                if (build, lto) == (Build::Exnref, Lto::Fat) {
                    continue;
                }
                let profile = Profile::Release(opt, lto);
                let fast = matches!(
                    (build, opt, lto),
                    (Build::Exnref, Opt::Three, Lto::Thin)
                        | (Build::Exnref, Opt::S, Lto::No)
                        | (Build::Legacy, Opt::S, Lto::Fat)
                );
                all.push((Flavour { build, profile }, fast));
            }
        }
    }
    all
}

/// Do all suites run in it in every run of the tests? One that unwinds unoptimised, one
/// that does optimised, and one that aborts. The others run in full with `--full`.
pub(crate) fn runs_all(flavour: Flavour) -> bool {
    let Flavour { build, profile } = flavour;
    matches!(
        (build, profile),
        (
            Build::Exnref,
            Profile::Debug | Profile::Release(Opt::Three, Lto::Thin)
        ) | (Build::Abort, Profile::Debug)
    )
}

impl Flavour {
    /// Adds the profile to a build.
    pub(crate) fn compile(self, command: Cmd) -> Cmd {
        match self.profile {
            Profile::Debug => command.arg("--dev"),
            Profile::Release(opt, lto) => command
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt.name())
                .env(
                    "CARGO_PROFILE_RELEASE_LTO",
                    match lto {
                        Lto::No => "false",
                        Lto::Thin | Lto::Fat => lto.name(),
                    },
                )
                .args(["--profile", "release"]),
        }
    }

    /// Tells the tests what they run on.
    pub(crate) fn describe(self, command: Cmd) -> Cmd {
        let build = match self.build {
            Build::Exnref => "unwind-exnref",
            Build::Legacy => "unwind-legacy",
            Build::Abort => "abort",
        };
        let (profile, opt, lto) = match self.profile {
            Profile::Debug => ("debug", "0", "no"),
            Profile::Release(opt, lto) => ("release", opt.name(), lto.name()),
        };
        command
            .env("RECOVER_BUILD", build)
            .env("RECOVER_PROFILE", profile)
            .env("RECOVER_OPT", opt)
            .env("RECOVER_LTO", lto)
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = self.build.name();
        match self.profile {
            Profile::Debug => write!(f, "debug-{build}"),
            Profile::Release(..) if self.build == Build::Abort => write!(f, "release-{build}"),
            Profile::Release(opt, lto) => write!(f, "{build}-{}-{}", opt.name(), lto.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_list_has_every_valid_combination_once() {
        let mut names: Vec<_> = all().iter().map(|(one, _)| one.to_string()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3 + 1 + 2 * 2 * 3 - 2);
        assert!(
            !names
                .iter()
                .any(|name| name.starts_with("exnref") && name.ends_with("fat"))
        );
    }

    #[test]
    fn all_suites_run_in_three_flavours_of_the_fast_list() {
        let every: Vec<_> = all()
            .into_iter()
            .filter(|(one, _)| runs_all(*one))
            .collect();
        let names: Vec<_> = every.iter().map(|(one, _)| one.to_string()).collect();
        assert_eq!(names, ["debug-exnref", "debug-abort", "exnref-3-thin"]);
        assert!(every.iter().all(|(_, fast)| *fast));
    }

    #[test]
    fn the_fast_list_has_every_value_of_every_axis() {
        let fast: Vec<_> = all().into_iter().filter(|(_, fast)| *fast).collect();
        let met = |what: fn(Opt, Lto, Build) -> bool| {
            fast.iter().any(|(one, _)| match one.profile {
                Profile::Debug => false,
                Profile::Release(opt, lto) => what(opt, lto, one.build),
            })
        };
        assert!(met(
            |opt, _, build| (opt, build) == (Opt::Three, Build::Exnref)
        ));
        assert!(met(|opt, _, build| (opt, build) == (Opt::S, Build::Exnref)));
        assert!(met(|opt, _, build| (opt, build) == (Opt::S, Build::Legacy)));
        assert!(met(
            |_, lto, build| (lto, build) == (Lto::Thin, Build::Exnref)
        ));
        assert!(met(|_, lto, build| (lto, build) == (Lto::No, Build::Exnref)));
        assert!(met(
            |_, lto, build| (lto, build) == (Lto::Fat, Build::Legacy)
        ));
    }
}
