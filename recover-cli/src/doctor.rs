//! The table of what builds need, and the commands that install it.
//!
//! Pure: what was found comes as `Health`; looking for it belongs in `run`.

use std::fmt::Write as _;

use crate::options::Strategy;
use crate::pins::{Pins, TRIPLE};

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    /// rustup's version.
    pub(crate) rustup: Option<String>,
    /// The pinned nightly.
    pub(crate) nightly: Option<ToolchainHealth>,
    /// The pinned stable.
    pub(crate) stable: Option<ToolchainHealth>,
    /// The crate that the command was run in.
    pub(crate) crate_health: CrateHealth,
    /// Node's version.
    pub(crate) node: Option<String>,
}

/// The parts of an installed toolchain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToolchainHealth {
    /// The wasm target.
    pub(crate) has_target: bool,
    /// The source of std.
    pub(crate) has_source: bool,
}

/// The crate's wasm-bindgen against the pinned one.
#[derive(Debug, Clone)]
pub(crate) enum CrateHealth {
    /// There is no crate here.
    None,
    /// It agrees; the crate's name.
    Agrees(String),
    /// It uses another version of the range; the line that says so.
    Served(String),
    /// It does not; the line that says so.
    Disagrees(String),
    /// It is unknown; the reason.
    Unknown(String),
}

/// Whether a tool is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is installed.
    Ok,
    /// It is missing, and the default build needs it.
    Missing,
    /// It is missing, and only other builds need it.
    Optional,
}

/// A line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The tool.
    pub(crate) what: String,
    /// Whether it is installed.
    pub(crate) state: State,
    /// What was found, or the command that installs it.
    pub(crate) detail: String,
}

/// The command that installs a toolchain with all that its builds need.
pub(crate) fn install_toolchain(name: &str, strategy: Strategy) -> String {
    // An unwind build compiles std itself, and does not need the shipped one.
    let part = match strategy {
        Strategy::Unwind => "-c rust-src".to_owned(),
        Strategy::Abort => format!("-t {TRIPLE}"),
    };
    format!("rustup toolchain install {name} --profile minimal {part}")
}

/// The command that adds the wasm target.
pub(crate) fn install_target(name: &str) -> String {
    format!("rustup target add {TRIPLE} --toolchain {name}")
}

/// The command that adds the source of std.
pub(crate) fn install_source(name: &str) -> String {
    format!("rustup component add rust-src --toolchain {name}")
}

/// The table's lines.
pub(crate) fn rows(health: &Health, pins: &Pins) -> Vec<Row> {
    let mut rows = vec![found(
        "rustup",
        health.rustup.as_ref(),
        State::Missing,
        "install it from https://rustup.rs",
    )];
    rows.extend(toolchain(
        &pins.nightly,
        health.nightly,
        Strategy::Unwind,
        State::Missing,
    ));
    rows.extend(toolchain(
        &pins.stable,
        health.stable,
        Strategy::Abort,
        State::Optional,
    ));
    rows.push(of_crate(&health.crate_health, pins));
    rows.push(of_node(health.node.as_deref()));
    rows
}

fn of_node(version: Option<&str>) -> Row {
    match version {
        None => row(
            "node",
            State::Optional,
            "only for running packages outside a browser; https://nodejs.org",
        ),
        Some(version) if runs_exnref(version) => row("node", State::Ok, version),
        Some(version) => row(
            "node",
            State::Optional,
            format!("{version} does not run exnref: build for it with `--eh legacy`"),
        ),
    }
}

/// Whether this Node release has V8's exnref support switched on.
fn runs_exnref(version: &str) -> bool {
    let numbers = version.trim_start_matches('v').split('.');
    let numbers: Vec<u32> = numbers.filter_map(|part| part.parse().ok()).collect();
    match numbers[..] {
        [22, minor, patch] => (minor, patch) >= (22, 3),
        [24, minor, _] => minor >= 15,
        [major, ..] => major > 24,
        [] => false,
    }
}

fn row(what: impl Into<String>, state: State, detail: impl Into<String>) -> Row {
    Row {
        what: what.into(),
        state,
        detail: detail.into(),
    }
}

fn found(what: &str, version: Option<&String>, absent: State, mend: &str) -> Row {
    match version {
        Some(version) => row(what, State::Ok, version),
        None => row(what, absent, mend),
    }
}

fn toolchain(
    name: &str,
    health: Option<ToolchainHealth>,
    strategy: Strategy,
    absent: State,
) -> Vec<Row> {
    let purpose = match strategy {
        Strategy::Unwind => "for unwind builds, the default",
        Strategy::Abort => "for --strategy abort",
    };
    let Some(health) = health else {
        let command = format!("{purpose}: {}", install_toolchain(name, strategy));
        return vec![row(name, absent, command)];
    };
    let part = |what: &str, there, command| {
        let what = format!("{name}: {what}");
        if there {
            row(what, State::Ok, "")
        } else {
            row(what, absent, command)
        }
    };
    let part = match strategy {
        Strategy::Unwind => part("rust-src", health.has_source, install_source(name)),
        Strategy::Abort => part(TRIPLE, health.has_target, install_target(name)),
    };
    vec![row(name, State::Ok, purpose), part]
}

fn of_crate(health: &CrateHealth, pins: &Pins) -> Row {
    let what = format!(
        "wasm-bindgen {} to {}",
        pins.oldest_wasm_bindgen, pins.wasm_bindgen
    );
    match health {
        CrateHealth::None => row(
            what,
            State::Ok,
            "the last is built in; no crate here to compare",
        ),
        CrateHealth::Agrees(name) => row(
            what,
            State::Ok,
            format!("`{name}` uses the last, which is built in"),
        ),
        CrateHealth::Served(line) => row(what, State::Ok, line),
        CrateHealth::Disagrees(line) => row(what, State::Missing, line),
        CrateHealth::Unknown(line) => row(what, State::Optional, line),
    }
}

/// Can the default build run?
pub(crate) fn healthy(rows: &[Row]) -> bool {
    rows.iter().all(|row| row.state != State::Missing)
}

/// The lines as text.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let state = match row.state {
            State::Ok => "ok",
            State::Missing => "missing",
            State::Optional => "optional",
        };
        let line = format!("{:width$}  {state:8}  {}", row.what, row.detail);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::pins;

    fn whole() -> Health {
        let toolchain = ToolchainHealth {
            has_target: true,
            has_source: true,
        };
        Health {
            rustup: Some("rustup 9".into()),
            nightly: Some(toolchain),
            stable: Some(toolchain),
            crate_health: CrateHealth::None,
            node: Some("v99.0.0".into()),
        }
    }

    fn outcome(health: &Health) -> (bool, String) {
        let rows = rows(health, pins());
        (healthy(&rows), table(&rows))
    }

    #[test]
    fn a_complete_setup_is_healthy() {
        let (healthy, table) = outcome(&whole());
        assert!(healthy, "{table}");
        assert!(!table.contains("missing") && !table.contains("optional"));
    }

    #[test]
    fn a_missing_need_of_the_default_build_names_its_command() {
        let mut health = whole();
        health.nightly = None;
        let (healthy, table) = outcome(&health);
        assert!(!healthy);
        let command = install_toolchain(&pins().nightly, Strategy::Unwind);
        assert!(table.contains(&command) && command.contains("rust-src"));

        let mut health = whole();
        health.nightly.as_mut().unwrap().has_source = false;
        let (healthy, table) = outcome(&health);
        assert!(!healthy);
        assert!(table.contains(&install_source(&pins().nightly)));

        let mut health = whole();
        health.rustup = None;
        assert!(!outcome(&health).0);
    }

    #[test]
    fn a_need_of_other_builds_only_is_optional() {
        let mut health = whole();
        health.stable = None;
        health.node = None;
        let (healthy, table) = outcome(&health);
        assert!(healthy);
        assert!(table.contains(&install_toolchain(&pins().stable, Strategy::Abort)));
        let mut health = whole();
        health.stable.as_mut().unwrap().has_target = false;
        assert!(outcome(&health).1.contains(&install_target(&pins().stable)));
    }

    #[test]
    fn a_node_without_exnref_is_recognised() {
        for version in ["v22.22.3", "v22.23.0", "v24.15.0", "v26.0.0"] {
            assert!(runs_exnref(version), "{version}");
        }
        for version in ["v20.20.2", "v22.22.2", "v23.11.0", "v24.14.9", "", "x"] {
            assert!(!runs_exnref(version), "{version}");
        }
        let mut health = whole();
        health.node = Some("v20.0.0".into());
        let (healthy, table) = outcome(&health);
        assert!(healthy && table.contains("--eh legacy"), "{table}");
    }

    #[test]
    fn a_crate_with_another_wasm_bindgen_is_reported_as_missing() {
        let mut health = whole();
        health.crate_health = CrateHealth::Disagrees("differs".into());
        let (healthy, table) = outcome(&health);
        assert!(!healthy && table.contains("differs"));
        health.crate_health = CrateHealth::Agrees("mine".into());
        let (healthy, table) = outcome(&health);
        assert!(healthy && table.contains("`mine`"));
    }
}
