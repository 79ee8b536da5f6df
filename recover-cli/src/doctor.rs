//! The table of what builds need, and the commands that install it.
//!
//! Pure: what was found comes as `Health`; looking for it belongs in `run`.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::options::Strategy;
use crate::pins::{COMPONENT, Pins, TRIPLE};

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
    /// What starts the other engines.
    pub(crate) engines: Engines,
}

/// What the crate has of npm, and the versions or places of it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Engines {
    /// What drives Chromium.
    pub(crate) playwright: Option<String>,
    /// Where Chromium is.
    pub(crate) chromium: Option<String>,
    /// What starts workerd.
    pub(crate) miniflare: Option<String>,
}

/// The parts of an installed toolchain.
#[derive(Debug, Clone)]
pub(crate) struct ToolchainHealth {
    /// The compiler's version.
    pub(crate) version: String,
    /// The wasm target.
    pub(crate) has_target: bool,
    /// The source of std.
    pub(crate) has_source: bool,
    /// The target of components.
    pub(crate) makes_components: bool,
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

impl State {
    /// Its word in the table.
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Optional => "optional",
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The tool.
    pub(crate) what: String,
    /// Whether it is installed.
    pub(crate) state: State,
    /// What was found, or what it is for.
    pub(crate) detail: String,
    /// What installs it, where it is missing.
    pub(crate) command: Option<String>,
}

impl Row {
    fn mended(self, command: impl Into<String>) -> Self {
        Self {
            command: Some(command.into()),
            ..self
        }
    }

    fn text(&self) -> String {
        match (&*self.detail, &self.command) {
            (detail, None) => detail.to_owned(),
            ("", Some(command)) => command.clone(),
            (detail, Some(command)) => format!("{detail}: {command}"),
        }
    }
}

/// The command that installs a toolchain with all that its builds need.
pub(crate) fn install_toolchain(name: &str, strategy: Strategy, triple: &str) -> String {
    // An unwind build compiles std itself, and does not need the shipped one; of WASI's it needs the C library.
    let part = match strategy {
        Strategy::Unwind if triple == TRIPLE => "-c rust-src".to_owned(),
        Strategy::Unwind => format!("-c rust-src -t {triple}"),
        Strategy::Abort => format!("-t {triple}"),
    };
    format!("rustup toolchain install {name} --profile minimal {part}")
}

/// The command that adds a wasm target.
pub(crate) fn install_target(name: &str, triple: &str) -> String {
    format!("rustup target add {triple} --toolchain {name}")
}

/// The command that adds the source of std.
pub(crate) fn install_source(name: &str) -> String {
    format!("rustup component add rust-src --toolchain {name}")
}

/// The table's lines.
pub(crate) fn rows(health: &Health, pins: &Pins) -> Vec<Row> {
    let mut rows = vec![match &health.rustup {
        Some(version) => row("rustup", State::Ok, version),
        None => row("rustup", State::Missing, "see https://rustup.rs").mended(RUSTUP),
    }];
    rows.extend(toolchain(
        &pins.nightly,
        health.nightly.as_ref(),
        Strategy::Unwind,
        State::Missing,
    ));
    rows.extend(toolchain(
        &pins.stable,
        health.stable.as_ref(),
        Strategy::Abort,
        State::Optional,
    ));
    rows.push(of_crate(&health.crate_health, pins));
    rows.push(of_node(health.node.as_deref()));
    rows.extend(of_engines(&health.engines));
    rows
}

/// What installs rustup, but on Windows.
const RUSTUP: &str = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

fn of_node(version: Option<&str>) -> Row {
    match version {
        None => row(
            "node",
            State::Optional,
            "for tests, and for packages outside a browser; see https://nodejs.org",
        ),
        Some(version) if runs_exnref(version) => row("node", State::Ok, version),
        Some(version) => row(
            "node",
            State::Optional,
            format!("{version} does not run exnref; build for it with `--eh legacy`, or"),
        )
        .mended("npm install --save-dev node@24"),
    }
}

/// What `cargo recover test` needs beside Node.
fn of_engines(engines: &Engines) -> Vec<Row> {
    let found = |what: &str, version: &Option<String>, option: &str, command: &str| match version {
        Some(version) => row(what, State::Ok, version),
        None => row(
            what,
            State::Optional,
            format!("for `cargo recover test --engine {option}`"),
        )
        .mended(command),
    };
    vec![
        found(
            "playwright",
            &engines.playwright,
            "chromium",
            "npm install --save-dev playwright",
        ),
        found(
            "chromium",
            &engines.chromium,
            "chromium",
            "npx playwright install chromium",
        ),
        found(
            "miniflare",
            &engines.miniflare,
            "workerd",
            "npm install --save-dev miniflare",
        ),
    ]
}

/// Whether this Node release has V8's exnref support switched on.
pub(crate) fn runs_exnref(version: &str) -> bool {
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
        command: None,
    }
}

fn toolchain(
    name: &str,
    health: Option<&ToolchainHealth>,
    strategy: Strategy,
    absent: State,
) -> Vec<Row> {
    let purpose = match strategy {
        Strategy::Unwind => "for unwind builds, the default",
        Strategy::Abort => "for --strategy abort",
    };
    let Some(health) = health else {
        return vec![row(name, absent, purpose).mended(install_toolchain(name, strategy, TRIPLE))];
    };
    let part = |what: &str, there, command: String| {
        let what = format!("{name}: {what}");
        match there {
            true => row(what, State::Ok, ""),
            false => row(what, absent, purpose).mended(command),
        }
    };
    let components = (strategy == Strategy::Unwind).then(|| {
        let what = format!("{name}: {COMPONENT}");
        match health.makes_components {
            true => row(what, State::Ok, ""),
            false => row(
                what,
                State::Optional,
                "for `cargo recover build --target component`",
            )
            .mended(install_target(name, COMPONENT)),
        }
    });
    let part = match strategy {
        Strategy::Unwind => part("rust-src", health.has_source, install_source(name)),
        Strategy::Abort => part(TRIPLE, health.has_target, install_target(name, TRIPLE)),
    };
    let own = row(name, State::Ok, format!("{}, {purpose}", health.version));
    [own, part].into_iter().chain(components).collect()
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
        // The line names the command.
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
        let line = format!(
            "{:width$}  {:8}  {}",
            row.what,
            row.state.name(),
            row.text()
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The lines as a document.
pub(crate) fn document(rows: &[Row]) -> Value {
    let rows_of = rows.iter().map(|row| {
        json!({ "what": row.what, "state": row.state.name(), "detail": row.detail, "command": row.command })
    });
    json!({ "type": "doctor", "ok": healthy(rows), "rows": rows_of.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::pins;

    fn whole() -> Health {
        let toolchain = ToolchainHealth {
            version: "rustc 1.2.3".into(),
            has_target: true,
            has_source: true,
            makes_components: true,
        };
        Health {
            rustup: Some("rustup 9".into()),
            nightly: Some(toolchain.clone()),
            stable: Some(toolchain),
            crate_health: CrateHealth::None,
            node: Some("v99.0.0".into()),
            engines: Engines {
                playwright: Some("1.2.3".into()),
                chromium: Some("/chromium".into()),
                miniflare: Some("4.5.6".into()),
            },
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
        let command = install_toolchain(&pins().nightly, Strategy::Unwind, TRIPLE);
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
        assert!(table.contains(&install_toolchain(&pins().stable, Strategy::Abort, TRIPLE)));
        let mut health = whole();
        health.stable.as_mut().unwrap().has_target = false;
        assert!(
            outcome(&health)
                .1
                .contains(&install_target(&pins().stable, TRIPLE))
        );
    }

    #[test]
    fn the_target_of_components_is_optional_and_names_its_command() {
        let mut health = whole();
        health.nightly.as_mut().unwrap().makes_components = false;
        let (healthy, table) = outcome(&health);
        assert!(healthy);
        assert!(table.contains(&install_target(&pins().nightly, COMPONENT)));
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
    fn what_tests_need_is_optional_and_names_its_command() {
        let mut health = whole();
        health.engines = Engines::default();
        let (healthy, table) = outcome(&health);
        assert!(healthy);
        for command in [
            "npm install --save-dev miniflare",
            "npx playwright install chromium",
        ] {
            assert!(table.contains(command), "{table}");
        }
        let document = document(&rows(&health, pins()));
        assert_eq!(document["ok"], true);
        let rows = document["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["what"] == "miniflare").unwrap();
        assert_eq!(row["state"], "optional");
        assert_eq!(row["command"], "npm install --save-dev miniflare");
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
