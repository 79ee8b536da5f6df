//! The stage that fuzzes what reads foreign bytes. What is fuzzed, and what must hold, is
//! in `fuzz/`; this builds it with the coverage that libFuzzer wants, and runs it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::test::counts::Counts;

/// The programs in `fuzz/`.
const TARGETS: [&str; 2] = ["snapshot", "journal"];

/// What `cargo fuzz` would give rustc.
const COVERAGE: &str = "--cfg fuzzing -Dwarnings -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Where a seed may be given.
const SEED: &str = "RECOVER_FUZZ_SEED";

/// Fuzzes every target for so many seconds, at the same time.
pub(crate) fn run(project: &Project, seconds: u32) -> Result<Counts, Error> {
    let triple = host(project)?;
    let directory = project.target.join("fuzz");
    build(project, &triple)?;
    let seed = seed()?;
    say("fuzz", &format!("{SEED}={seed}"));
    let programs = TARGETS.map(|name| directory.join(&triple).join("release").join(name));
    let mut runs = vec![];
    for (name, program) in TARGETS.iter().zip(&programs) {
        let corpus = directory.join("corpus").join(name);
        let failures = directory.join("failures");
        for path in [&corpus, &failures] {
            std::fs::create_dir_all(path).map_err(|error| Error::file(path, error))?;
        }
        let artifacts = failures.join(format!("{name}-"));
        let run = project
            .cmd(program)
            .args([
                format!("-seed={seed}"),
                format!("-max_total_time={seconds}"),
            ])
            .args(["-max_len=4096", "-timeout=20", "-rss_limit_mb=1024"])
            .args([
                "-use_value_profile=1",
                "-verbosity=0",
                "-print_final_stats=1",
            ])
            .arg(format!("-artifact_prefix={}", artifacts.display()));
        runs.push((run.arg(&corpus), program, artifacts));
    }
    let codes: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = runs
            .iter()
            .map(|(run, ..)| scope.spawn(|| run.status()))
            .collect();
        let ended = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.collect()
    });
    let mut counts = Counts::default();
    for ((run, program, artifacts), code) in runs.iter().zip(codes) {
        let code = code.map_err(|_| Error::Check("a run of the fuzzer panicked".to_owned()))??;
        if code != Some(0) {
            say("failed", &run.failed(code).to_string());
            let again = project.cmd(program).arg(artifacts);
            say("failed", &format!("the input by itself: {}*", again.line()));
        }
        counts += Counts::of(code == Some(0));
    }
    Ok(counts)
}

fn build(project: &Project, triple: &str) -> Result<(), Error> {
    // As libfuzzer-sys looks for it.
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    if !project
        .cmd(&compiler)
        .arg("--version")
        .quiet()
        .is_ok_and(|output| output.success)
    {
        return Err(Error::Missing {
            what: format!(
                "libFuzzer is in C++, and {} can't be run",
                compiler.display()
            ),
            fix: "apt-get install g++".to_owned(),
        });
    }
    project
        .cargo(&project.pins.nightly)
        .args(["build", "--release", "--locked"])
        .args(["--manifest-path", "fuzz/Cargo.toml"])
        // Build scripts are not for fuzzing, and are spared by naming the target.
        .args(["--target", triple, "--target-dir"])
        .arg(project.target.join("fuzz"))
        .env("RUSTFLAGS", COVERAGE)
        .run()
}

/// What the pinned nightly builds for by itself.
fn host(project: &Project) -> Result<String, Error> {
    let nightly = format!("+{}", project.pins.nightly);
    let command: Cmd = project.cmd("rustc").args([&nightly, "-vV"]);
    let output = command.quiet()?.stdout;
    let triple = output.lines().find_map(|line| line.strip_prefix("host: "));
    let triple = triple.ok_or_else(|| Error::Check("rustc does not name its host".to_owned()))?;
    Ok(triple.to_owned())
}

/// What the run begins from; another each time, unless one is given.
fn seed() -> Result<u32, Error> {
    if let Ok(text) = std::env::var(SEED) {
        let number = text.parse().ok().filter(|&seed| seed != 0);
        return number
            .ok_or_else(|| Error::Usage(format!("{SEED} is a number from 1 to {}", u32::MAX)));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // To libFuzzer zero is none.
    Ok(now.map_or(1, |now| now.subsec_nanos().max(1)))
}
