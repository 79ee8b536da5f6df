//! `cargo xtask shared`: the numbers that Rust and JavaScript share, from
//! recover-runtime/shared.toml into the sources of both. What they mean stands there and
//! where they are used.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use toml::{Table, Value};

use crate::error::Error;
use crate::process::say;
use crate::project::Project;

const SOURCE: &str = "recover-runtime/shared.toml";
const RUST: &str = "recover-runtime/src/base/shared.rs";
const BEGIN: &str = "// <shared> `cargo xtask shared` writes this from shared.toml.\n";
const END: &str = "// </shared>\n";

/// Numbers that belong together.
#[derive(Debug, PartialEq)]
struct Group {
    name: String,
    about: String,
    /// The modules of js/ that have them.
    js: Vec<String>,
    /// In the order of their values.
    values: Vec<(String, u32)>,
}

/// Writes what is not current.
pub(crate) fn run(project: &Project) -> Result<ExitCode, Error> {
    for (path, text) in outdated(project)? {
        std::fs::write(&path, text).map_err(|error| Error::file(&path, error))?;
        say("wrote", &path.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// What is not as shared.toml has it, one line each.
pub(crate) fn stale(project: &Project) -> Result<Vec<String>, Error> {
    let outdated = outdated(project)?;
    let line = |(path, _): &(PathBuf, String)| {
        let path = path.strip_prefix(&project.root).unwrap_or(path);
        format!("{} is not current: run cargo xtask shared", path.display())
    };
    Ok(outdated.iter().map(line).collect())
}

/// The files that are not current, as they should be.
fn outdated(project: &Project) -> Result<Vec<(PathBuf, String)>, Error> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|e| Error::file(path, e));
    let source = project.root.join(SOURCE);
    let groups = parse(&read(&source)?).map_err(|reason| Error::file(&source, reason))?;
    let mut found = vec![];
    let path = project.root.join(RUST);
    let text = rust(&groups);
    if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        found.push((path, text));
    }
    let mut modules: Vec<_> = groups.iter().flat_map(|group| &group.js).collect();
    modules.sort();
    modules.dedup();
    for module in modules {
        let path = project.root.join(format!("recover-runtime/js/{module}.js"));
        let now = read(&path)?;
        let text = script(&now, module, &groups).map_err(|reason| Error::file(&path, reason))?;
        if text != now {
            found.push((path, text));
        }
    }
    Ok(found)
}

fn parse(text: &str) -> Result<Vec<Group>, String> {
    let tables: Table = text.parse().map_err(|error| format!("{error}"))?;
    let group = |(name, table): (&String, &Value)| {
        let lacks = |what: &str| format!("[{name}] has no `{what}`");
        let about = table.get("about").and_then(Value::as_str);
        let js = table.get("js").and_then(Value::as_array);
        let values = table.get("values").and_then(Value::as_table);
        let values = values.ok_or_else(|| lacks("values"))?.iter();
        let number = |(name, value): (&String, &Value)| {
            let number = value.as_integer().and_then(|value| value.try_into().ok());
            Ok((name.clone(), number.ok_or(format!("{name} is no u32"))?))
        };
        let mut values = values.map(number).collect::<Result<Vec<_>, String>>()?;
        values.sort_by_key(|(_, value)| *value);
        if values.windows(2).any(|two| two[0].1 == two[1].1) {
            return Err(format!("[{name}] has one number twice"));
        }
        let js = js.ok_or_else(|| lacks("js"))?.iter();
        Ok(Group {
            name: name.clone(),
            about: about.ok_or_else(|| lacks("about"))?.to_owned(),
            js: js.filter_map(Value::as_str).map(str::to_owned).collect(),
            values,
        })
    };
    tables.iter().map(group).collect()
}

/// The module of Rust: one inside it for each group.
fn rust(groups: &[Group]) -> String {
    let mut text = "//! The numbers that Rust and JavaScript share. `cargo xtask shared` writes this from\n//! shared.toml; nothing is changed here.\n#![allow(dead_code)] // some are JavaScript's alone\n".to_owned();
    for group in groups {
        let _ = write!(
            text,
            "\n/// {}\npub(crate) mod {} {{\n",
            group.about, group.name
        );
        for (name, value) in &group.values {
            let _ = writeln!(text, "    pub(crate) const {name}: u32 = {value};");
        }
        text += "}\n";
    }
    text
}

/// A module of JavaScript with those numbers between the marks that it names elsewhere.
fn script(now: &str, module: &str, groups: &[Group]) -> Result<String, String> {
    let marks = format!("has no `{}` … `{}`", BEGIN.trim(), END.trim());
    let (before, rest) = now.split_once(BEGIN).ok_or_else(|| marks.clone())?;
    let (_, after) = rest.split_once(END).ok_or(marks)?;
    let names: Vec<&str> = before
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .chain(after.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .collect();
    let mut text = format!("{before}{BEGIN}");
    for group in groups
        .iter()
        .filter(|group| group.js.iter().any(|js| js == module))
    {
        let used = group.values.iter();
        let used = used.filter(|(name, _)| names.contains(&name.as_str()));
        let used: Vec<_> = used
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if used.is_empty() {
            return Err(format!("uses nothing of [{}]", group.name));
        }
        let _ = write!(text, "/** {} */\nconst {};\n", group.about, used.join(", "));
    }
    Ok(format!("{text}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "[kind]\nabout = \"Which.\"\njs = [\"m\"]\nvalues = { TWO = 2, ONE = 1 }\n";

    #[test]
    fn both_languages_have_what_they_use() {
        let groups = parse(TOML).unwrap();
        assert!(rust(&groups).ends_with("\n/// Which.\npub(crate) mod kind {\n    pub(crate) const ONE: u32 = 1;\n    pub(crate) const TWO: u32 = 2;\n}\n"));
        let now = format!("head\n{BEGIN}const TWO = 3;\n{END}f(TWO);\n");
        let text = script(&now, "m", &groups).unwrap();
        assert_eq!(
            text,
            format!("head\n{BEGIN}/** Which. */\nconst TWO = 2;\n{END}f(TWO);\n")
        );
        assert_eq!(script(&text, "m", &groups).unwrap(), text);
    }

    #[test]
    fn a_faulty_table_is_reported() {
        let groups = parse(TOML).unwrap();
        let error = |now: &str| script(now, "m", &groups).unwrap_err();
        assert!(error("f(TWO)").starts_with("has no `// <shared>"));
        assert_eq!(error(&format!("{BEGIN}{END}")), "uses nothing of [kind]");
        let error = |toml: &str| parse(toml).unwrap_err();
        assert_eq!(
            error(&TOML.replace("ONE = 1", "ONE = 2")),
            "[kind] has one number twice"
        );
        assert_eq!(
            error(&TOML.replace("about", "abuot")),
            "[kind] has no `about`"
        );
        assert_eq!(error(&TOML.replace("ONE = 1", "ONE = -1")), "ONE is no u32");
    }
}
