//! `cargo xtask newcomer`: what somebody does who has rustup and npm and nothing else, from the installation to a
//! package, in a home of their own; and how long each step takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use crate::error::Error;
use crate::npm;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::setup::{self, Piece};
use crate::test::counts::Counts;

/// The options of `newcomer`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Use the toolchains that are there, and download none
    #[arg(long)]
    link: bool,

    /// Leave the home where it is
    #[arg(long)]
    keep: bool,

    /// A program of `cargo recover`, in place of one that is compiled for the release
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,

    /// Fail where a step takes longer than on an idle machine it should
    #[arg(long)]
    strict: bool,
}

/// How long what may take.
const INSTALL: Duration = Duration::from_secs(5);
const FIRST_ERROR: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(3);

/// The line that the newcomer changes.
const BEFORE: &str = "self.titles.len() - 1";
const AFTER: &str = "self.titles.len().saturating_sub(1)";

/// Walks the path, and prints the seconds.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let walk = Walk::begin(project, options.link)?;
    let steps = walk.all(options.program.as_deref());
    if options.keep {
        say("kept", &walk.home.display().to_string());
    } else {
        fs::remove_dir_all(&walk.home).map_err(|error| Error::file(&walk.home, error))?;
    }
    let steps = steps?;
    println!();
    for step in &steps {
        println!("{:>7.1} s  {}", step.took.as_secs_f64(), step.name);
    }
    let mut late = vec![];
    println!();
    for (what, names, most) in bars() {
        let took: Duration = steps
            .iter()
            .filter(|step| names.contains(&step.name))
            .map(|step| step.took)
            .sum();
        let (took_s, most_s) = (took.as_secs_f64(), most.as_secs_f64());
        println!("{took_s:>7.1} s  {what} (at most {most_s:.0} s on an idle machine)");
        if took > most {
            late.push(what);
        }
    }
    Ok(match options.strict && !late.is_empty() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// The walk as a stage of the tests: each step that ends well is one.
pub(crate) fn stage(project: &Project) -> Result<Counts, Error> {
    let walk = Walk::begin(project, true)?;
    let steps = walk.all(None);
    fs::remove_dir_all(&walk.home).map_err(|error| Error::file(&walk.home, error))?;
    let steps = steps?;
    for step in &steps {
        say(
            "ok",
            &format!("{:>6.1} s {}", step.took.as_secs_f64(), step.name),
        );
    }
    Ok(Counts {
        passed: steps.len() as u64,
        failed: 0,
    })
}

/// What is judged, and the steps whose times are added.
fn bars() -> [(&'static str, &'static [&'static str], Duration); 3] {
    [
        ("the installation", &[STEP_INSTALL], INSTALL),
        (
            "from nothing but rustup to a typed error",
            &[
                STEP_INSTALL,
                STEP_NEW,
                STEP_TOOLCHAIN,
                STEP_BUILD,
                STEP_BREAK,
            ],
            FIRST_ERROR,
        ),
        ("a build after one changed line", &[STEP_AGAIN], AGAIN),
    ]
}

const STEP_INSTALL: &str = "npm install --global, of the tarballs";
const STEP_NEW: &str = "cargo-recover new";
const STEP_TOOLCHAIN: &str = "the toolchain, by the command that `new` prints";
const STEP_BUILD: &str = "cargo recover build";
const STEP_BREAK: &str = "node main.mjs, which breaks it";
const STEP_AGAIN: &str = "cargo recover build, after one changed line";
const STEP_TEST: &str = "cargo test, and node --test";
const STEP_PACK: &str = "cargo recover pack";
const STEP_USE: &str = "npm install of that package, and its use";

/// A step that ended well.
struct Step {
    name: &'static str,
    took: Duration,
}

/// Those so far.
#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    /// Runs the commands of a step; one that fails ends the walk.
    fn run(&mut self, name: &'static str, commands: &[Cmd]) -> Result<(), Error> {
        let start = Instant::now();
        commands.iter().try_for_each(Cmd::run)?;
        self.ended(name, start);
        Ok(())
    }

    fn ended(&mut self, name: &'static str, start: Instant) {
        let took = start.elapsed();
        say("took", &format!("{:.1} s: {name}", took.as_secs_f64()));
        self.0.push(Step { name, took });
    }
}

/// The newcomer.
struct Walk<'a> {
    project: &'a Project,
    home: PathBuf,
    link: bool,
}

impl<'a> Walk<'a> {
    /// Makes the home: empty, but for rustup.
    fn begin(project: &'a Project, link: bool) -> Result<Self, Error> {
        setup::ensure(project, &[Piece::Node])?;
        let home = std::env::temp_dir().join(format!("recover-newcomer-{}", std::process::id()));
        let walk = Self {
            project,
            home,
            link,
        };
        let bin = walk.home.join(".cargo").join("bin");
        fs::create_dir_all(&bin).map_err(|error| Error::file(&bin, error))?;
        let rustup = rustup()?;
        // As its installer leaves it: one program with many names.
        for name in ["rustup", "cargo", "rustc", "rustdoc"] {
            let to = bin
                .join(name)
                .with_extension(std::env::consts::EXE_EXTENSION);
            fs::copy(&rustup, &to).map_err(|error| Error::file(&to, error))?;
        }
        Ok(walk)
    }

    /// A command of the newcomer's, in a directory of their home.
    fn cmd(&self, directory: &Path, program: &str) -> Cmd {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let node = self.project.node();
        let mut path: Vec<String> = [
            self.home.join(".cargo").join("bin"),
            self.home.join("npm").join("bin"),
            node.parent().unwrap_or(&node).to_owned(),
        ]
        .map(|directory| directory.display().to_string())
        .into();
        path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(str::to_owned));
        let cmd = Cmd::new(directory, "env")
            .arg(format!("HOME={}", self.home.display()))
            .arg(format!("CARGO_HOME={}", self.home.join(".cargo").display()))
            .arg(format!("PATH={}", path.join(separator)));
        let cmd = match self.link {
            true => cmd,
            false => cmd.arg(format!(
                "RUSTUP_HOME={}",
                self.home.join(".rustup").display()
            )),
        };
        cmd.arg(program)
    }

    /// Every step, the first that fails ends it.
    fn all(&self, program: Option<&Path>) -> Result<Vec<Step>, Error> {
        let out = self.project.target.join("npm").join("newcomer");
        let tarballs = npm::pack(self.project, &[], &out, program)?;
        // Without create-recover, the last, which a newcomer does not install.
        let tarballs = &tarballs[..tarballs.len() - 1];
        let mut steps = Steps::default();
        let home = &self.home;
        let prefix = home.join("npm");
        let install = self
            .cmd(home, "npm")
            .args(["install", "--global", "--no-audit", "--no-fund", "--prefix"])
            .arg(&prefix)
            // The programs of other platforms are not packed here, and nobody has them.
            .args(["--fetch-retries=0", "--loglevel=error"])
            .args(tarballs);
        steps.run(STEP_INSTALL, &[install])?;

        let shelf = home.join("shelf");
        let runtime = self.project.root.join("recover-runtime");
        let new = self
            .cmd(home, "cargo-recover")
            .args(["new", "shelf", "--runtime-path"])
            .arg(runtime);
        steps.run(STEP_NEW, &[new])?;

        if !self.link {
            let nightly = &self.project.pins.nightly;
            let rustup = self
                .cmd(&shelf, "rustup")
                .args(["toolchain", "install", nightly]);
            let rustup = rustup.args(["--profile", "minimal", "-c", "rust-src"]);
            steps.run(STEP_TOOLCHAIN, &[rustup])?;
        }

        let build = || {
            self.cmd(&shelf, "cargo")
                .args(["recover", "build", "--target", "nodejs"])
        };
        steps.run(STEP_BUILD, &[build()])?;

        let start = Instant::now();
        let said = self.cmd(&shelf, "node").arg("main.mjs").quiet()?;
        print!("{}", said.stdout);
        for word in [
            "NotThereError: there is no Dune (Dune)",
            "PanicError: ",
            "(src/lib.rs:",
            "still has Emma",
        ] {
            if !said.success || !said.stdout.contains(word) {
                return Err(Error::Check(format!("main.mjs did not say `{word}`")));
            }
        }
        steps.ended(STEP_BREAK, start);

        let source = shelf.join("src").join("lib.rs");
        let text = fs::read_to_string(&source).map_err(|error| Error::file(&source, error))?;
        if !text.contains(BEFORE) {
            return Err(Error::Check(format!("the template has no `{BEFORE}`")));
        }
        fs::write(&source, text.replace(BEFORE, AFTER))
            .map_err(|error| Error::file(&source, error))?;
        steps.run(STEP_AGAIN, &[build()])?;

        // The only toolchain that a newcomer has, who followed `new`.
        let nightly = format!("+{}", self.project.pins.nightly);
        let test = self
            .cmd(&shelf, "cargo")
            .args([nightly.as_str(), "test", "--quiet"]);
        steps.run(STEP_TEST, &[test, self.cmd(&shelf, "node").arg("--test")])?;

        steps.run(
            STEP_PACK,
            &[self.cmd(&shelf, "cargo").args(["recover", "pack"])],
        )?;

        let consumer = home.join("consumer");
        fs::create_dir_all(&consumer).map_err(|error| Error::file(&consumer, error))?;
        let install = self
            .cmd(&consumer, "npm")
            .args(["install", "--no-audit", "--no-fund", "--offline"])
            .arg(shelf.join("npm").join("shelf-0.1.0.tgz"));
        let script = "import { Shelf } from 'shelf'; const shelf = new Shelf(); shelf.add('Emma'); \
             if (shelf.at(0) !== 'Emma') throw new Error('no Emma');";
        let node = self
            .cmd(&consumer, "node")
            .args(["--input-type=module", "--eval", script]);
        steps.run(STEP_USE, &[install, node])?;
        Ok(steps.0)
    }
}

/// The program of rustup.
fn rustup() -> Result<PathBuf, Error> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let program = home.map(|home| home.join("bin").join("rustup"));
    let program = program.map(|path| path.with_extension(std::env::consts::EXE_EXTENSION));
    program
        .filter(|path| path.is_file())
        .ok_or_else(|| Error::Missing {
            what: "rustup is not where its installer puts it".to_owned(),
            fix: "curl --proto '=https' -sSf https://sh.rustup.rs | sh".to_owned(),
        })
}
