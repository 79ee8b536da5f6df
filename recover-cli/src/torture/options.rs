//! The options of `torture`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::schedule::Schedule;
use crate::debug_info::DebugInfo;
use crate::options::{BuildOptions, Eh, Engine, Features, Strategy};

/// The options of `torture`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TortureOptions {
    /// Scenarios to run [default: those in `torture` beside the crate's Cargo.toml, and its Rust functions
    /// under `#[recover_runtime::torture]`]
    #[arg(value_name = "SCENARIO")]
    pub(crate) files: Vec<PathBuf>,

    /// Write a first scenario, torture/NAME.mjs, and run nothing
    #[arg(long, value_name = "NAME", value_parser = name, conflicts_with_all = ["files", "schedule"])]
    pub(crate) new: Option<String>,

    /// Path to the Cargo.toml of the crate or of its workspace
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Package of the workspace to torture
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// Engine to run in
    #[arg(long, value_enum, default_value_t = Engine::Node)]
    pub(crate) engine: Engine,

    /// What a panic does; auto is unwind where the toolchain for that is installed
    #[arg(long, value_enum, default_value_t = Chosen::Auto)]
    pub(crate) strategy: Chosen,

    /// Exception handling instructions; in an abort build, those of the trap handler
    #[arg(long, value_enum, default_value_t = Eh::Exnref)]
    pub(crate) eh: Eh,

    /// How long failures are injected, such as 60s or 10m, over all scenarios
    #[arg(long, value_name = "TIME", value_parser = budget, default_value = "60s")]
    pub(crate) budget: Duration,

    /// Each point once with each failure that it takes, however long that takes, and nothing else
    #[arg(long, conflicts_with = "budget")]
    pub(crate) exhaustive: bool,

    /// What random schedules, and what is random in a scenario, begin from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u32,

    /// Make one run again, by the schedule that was printed, such as panic@3
    #[arg(long, value_name = "SCHEDULE", conflicts_with_all = ["budget", "exhaustive"])]
    pub(crate) schedule: Option<Schedule>,

    /// Run only the scenarios of this name
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) only: Vec<String>,

    /// Points that need not be visited, each with the reason [default: torture/waivers.json, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,

    /// Cargo profile to build with
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,

    /// Short for --profile dev
    #[arg(long, conflicts_with = "profile")]
    pub(crate) dev: bool,

    /// Short for --profile release, the default
    #[arg(long, conflicts_with_all = ["profile", "dev"])]
    release: bool,

    #[command(flatten)]
    pub(crate) features: Features,

    /// rustup toolchain to build with [default: the pinned one of the strategy]
    #[arg(long, value_name = "NAME")]
    pub(crate) toolchain: Option<String>,

    /// How the results are written
    #[arg(long, value_enum, default_value_t = Form::Pretty)]
    pub(crate) format: Form,

    /// Write the results to this file, and what a person reads to standard output
    #[arg(long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Show what scenarios write to the console, each time
    #[arg(long)]
    pub(crate) no_capture: bool,

    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,

    /// Further arguments for cargo
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub(crate) cargo_args: Vec<String>,
}

impl TortureOptions {
    /// Is what a person reads for standard output?
    pub(crate) fn to_stdout(&self) -> bool {
        self.format == Form::Pretty || self.output.is_some()
    }

    /// The options of a build, which lacks the feature and the output directory.
    pub(crate) fn build(&self, strategy: Strategy) -> BuildOptions {
        let mut build = BuildOptions::new();
        build.manifest_path.clone_from(&self.manifest_path);
        build.package.clone_from(&self.package);
        build.strategy = strategy;
        build.eh = self.eh;
        build.profile.clone_from(&self.profile);
        build.dev = self.dev;
        build.debug_info = Some(DebugInfo::Split);
        build.features.clone_from(&self.features);
        build.toolchain.clone_from(&self.toolchain);
        build.cargo_args.clone_from(&self.cargo_args);
        build
    }

    /// The command that makes one run of a scenario again.
    pub(crate) fn replay(
        &self,
        file: Option<&str>,
        scenario: &str,
        strategy: Strategy,
        seed: u32,
        schedule: &Schedule,
    ) -> String {
        let mut words = vec!["cargo recover torture".to_owned()];
        words.extend(file.map(quoted));
        let mut option =
            |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
        if let Some(path) = &self.manifest_path {
            option("manifest-path", &path.to_string_lossy());
        }
        if let Some(name) = &self.package {
            option("package", name);
        }
        if self.engine != Engine::Node {
            option("engine", self.engine.name());
        }
        option("strategy", strategy.name());
        if self.eh == Eh::Legacy {
            option("eh", "legacy");
        }
        match (self.dev, &*self.profile) {
            (true, _) => option("profile", "dev"),
            (false, "release") => {}
            (false, name) => option("profile", name),
        }
        for features in &self.features.named {
            option("features", features);
        }
        if let Some(name) = &self.toolchain {
            option("toolchain", name);
        }
        option("only", scenario);
        option("seed", &seed.to_string());
        option("schedule", &schedule.to_string());
        for (on, flag) in [
            (self.features.all, "--all-features"),
            (self.features.no_default, "--no-default-features"),
        ] {
            words.extend(on.then(|| flag.to_owned()));
        }
        if !self.cargo_args.is_empty() {
            words.push("--".to_owned());
            words.extend(self.cargo_args.iter().map(|word| quoted(word)));
        }
        words.join(" ")
    }
}

/// A word of a shell's.
fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_-./@+,:=%".contains(char);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The strategy, or whichever is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chosen {
    /// unwind where the pinned nightly is installed, else abort
    Auto,
    /// Recover in the instance
    Unwind,
    /// End the instance
    Abort,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For a person
    Pretty,
    /// The Test Anything Protocol
    Tap,
    /// JUnit, as CI systems read it
    Junit,
}

fn budget(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|last: char| !last.is_ascii_digit());
    let scale = match &text[digits.len()..] {
        "s" | "" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let seconds = digits.parse::<u64>().ok().zip(scale);
    let seconds = seconds.and_then(|(number, scale)| number.checked_mul(scale));
    match seconds {
        Some(seconds @ 1..=604_800) => Ok(Duration::from_secs(seconds)),
        _ => Err("give a time from 1s to 168h, such as 60s, 10m or 1h".to_owned()),
    }
}

/// The name of a file.
fn name(text: &str) -> Result<String, String> {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with(['-', '_']) {
        true => Ok(text.to_owned()),
        false => Err("give a name of letters, digits, `-` and `_`, such as counter".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    /// The options, and no command.
    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        options: TortureOptions,
    }

    fn options(words: &[&str]) -> TortureOptions {
        let words = ["cargo recover torture"].iter().chain(words);
        Alone::try_parse_from(words).unwrap().options
    }

    #[test]
    fn times_are_seconds_minutes_and_hours() {
        let seconds = |text: &str| budget(text).map(|time| time.as_secs());
        assert_eq!(seconds("60s"), Ok(60));
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("1h"), Ok(3600));
        for text in ["", "0s", "-1s", "1d", "s", "99999999999999999999h", "169h"] {
            assert!(budget(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_replay_has_what_was_built_and_one_run() {
        let given = options(&[
            "--dev", "--eh", "legacy", "-p", "my app", "--engine", "workerd", "--budget", "5s",
            "--", "--locked",
        ]);
        let schedule = "panic@3,fail@7+".parse().unwrap();
        let command = given.replay(Some("torture/a.mjs"), "a", Strategy::Unwind, 9, &schedule);
        assert_eq!(
            command,
            "cargo recover torture torture/a.mjs --package 'my app' --engine workerd --strategy unwind --eh legacy \
             --profile dev --only a --seed 9 --schedule panic@3,fail@7+ -- --locked"
        );
        // And it is a command.
        let words = command.replace("'my app'", "app");
        let words: Vec<_> = words.split_whitespace().skip(3).collect();
        assert_eq!(options(&words).schedule, Some(schedule));
    }

    #[test]
    fn names_are_those_of_files() {
        assert!(name("counter-2").is_ok());
        for text in ["", "a/b", "..", "a.mjs", "_a", "-a"] {
            assert!(name(text).is_err(), "{text}");
        }
    }
}
