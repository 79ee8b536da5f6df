//! Variables as a shell, or another program, reads them.
//!
//! Pure: which variables there are is decided in `plan.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::options::Format;

/// The text that sets the variables, and removes those without a value.
pub(crate) fn written(variables: &[(String, Option<String>)], format: Format) -> String {
    if format == Format::Json {
        let all: BTreeMap<_, _> = variables
            .iter()
            .map(|(name, value)| (name, value))
            .collect();
        let all = serde_json::to_string_pretty(&all);
        return all.map_or_else(|_| String::new(), |text| text + "\n");
    }
    let mut text = String::new();
    for (name, value) in variables {
        // Writing to a String cannot fail.
        let _ = match (format, value) {
            (Format::Sh, Some(value)) => writeln!(text, "export {name}={}", sh(value)),
            (Format::Sh, None) => writeln!(text, "unset {name}"),
            (Format::Fish, Some(value)) => writeln!(text, "set -gx {name} {};", fish(value)),
            (Format::Fish, None) => writeln!(text, "set -e {name};"),
            (Format::Powershell, Some(value)) => {
                writeln!(text, "$env:{name} = '{}'", value.replace('\'', "''"))
            }
            (Format::Powershell, None) => {
                writeln!(text, "Remove-Item Env:{name} -ErrorAction SilentlyContinue")
            }
            (Format::Plain | Format::Json, value) => {
                writeln!(text, "{name}={}", value.as_deref().unwrap_or(""))
            }
        };
    }
    text
}

fn sh(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: Format) -> String {
        let variables = [
            ("A".to_owned(), Some("it's".to_owned())),
            ("B".to_owned(), None),
        ];
        written(&variables, format)
    }

    #[test]
    fn every_shell_gets_its_own_quotes() {
        assert_eq!(text(Format::Sh), "export A='it'\\''s'\nunset B\n");
        assert_eq!(text(Format::Fish), "set -gx A 'it\\'s';\nset -e B;\n");
        let powershell = text(Format::Powershell);
        assert!(powershell.starts_with("$env:A = 'it''s'\nRemove-Item Env:B "));
        assert_eq!(text(Format::Plain), "A=it's\nB=\n");
        let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).unwrap();
        assert_eq!(json, serde_json::json!({ "A": "it's", "B": null }));
    }

    #[test]
    #[cfg(unix)]
    fn a_shell_reads_what_was_meant() {
        let script = format!("{}printf %s \"$A${{B-none}}\"", text(Format::Sh));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("B", "set")
            .output();
        assert_eq!(output.unwrap().stdout, b"it'snone");
    }
}
