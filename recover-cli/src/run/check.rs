//! Gathers a crate's source for `check`, and shows what was found. A build asks here, too, whether what
//! is stored can still be read.

use std::fs;
use std::io;
use std::path::Path;

use super::probe::{self, Sources};
use super::progress::during;
use super::say::{is_json, print, print_json, say, shown};
use crate::check::{self, BREAKING, FILE, Finding, Now, Read, Schema};
use crate::error::Error;
use crate::facts::Facts;
use crate::options::{BuildOptions, CheckOptions};
use crate::pins::pins;

/// Names what is not protected; the answer is the exit code.
pub(crate) fn check(options: &CheckOptions) -> Result<u8, Error> {
    let sources = during("reading the crate", || probe::source(options, pins()))?;
    let findings = found(&sources, options.accept_schema)?;
    match is_json() {
        true => print_json(&check::document(&findings)),
        false => findings.iter().for_each(|finding| print(&finding.line())),
    }
    let many = findings.len();
    match many {
        0 => say(
            "check",
            "all that the crate exports and imports is protected",
        ),
        1 => say("check", "1 thing is not protected"),
        _ => say("check", &format!("{many} things are not protected")),
    }
    Ok(u8::from(many > 0))
}

/// What is not protected, and what differs from the schema file, unless that is written.
fn found(sources: &Sources, accepts: bool) -> Result<Vec<Finding>, Error> {
    let (mut findings, now) = reading(sources, check::crate_of)?;
    let file = sources.directory.join(FILE);
    let accepted = accepted(&file)?;
    if accepts {
        accept(&now, accepted.as_ref(), &file)?;
    } else if let Some(accepted) = accepted {
        findings.extend(now.compare(&accepted, &shown(&file)));
    } else if now.has_classes() {
        say(
            "note",
            &format!(
                "classes persist, and there is no {FILE}: `cargo recover check --accept-schema` writes it, and from then on a state that changes needs a new version"
            ),
        );
    }
    Ok(check::in_order(findings))
}

/// Writes the schema file, where it changes.
fn accept(now: &Now, before: Option<&Schema>, file: &Path) -> Result<(), Error> {
    if !now.has_classes() && before.is_none() {
        say("note", "no class persists: there is no schema to accept");
        return Ok(());
    }
    let schema = now.accept(before);
    let what = match schema.len() {
        1 => "1 class".to_owned(),
        many => format!("{many} classes"),
    };
    let line = format!("{}, with {what}", shown(file));
    if before == Some(&schema) {
        say("kept", &line);
        return Ok(());
    }
    fs::write(file, schema.text()).map_err(Error::io("write", file))?;
    say("wrote", &line);
    Ok(())
}

/// Fails if the crate has a schema file, and what is stored by it would be misread.
pub(super) fn stored_is_read(options: &BuildOptions, facts: &Facts) -> Result<(), Error> {
    let package = facts.metadata.select(options.package.as_deref())?;
    // A crate without a library fails by what it lacks.
    match probe::sources(&facts.metadata, package, facts.cfgs.clone()) {
        Ok(sources) => stored(&sources),
        Err(_) => Ok(()),
    }
}

fn stored(sources: &Sources) -> Result<(), Error> {
    let file = sources.directory.join(FILE);
    let Some(accepted) = accepted(&file)? else {
        return Ok(());
    };
    let now = reading(sources, check::states_of)?;
    let mut found = now.compare(&accepted, &shown(&file));
    found.retain(|finding| BREAKING.contains(&finding.rule));
    let found = check::in_order(found);
    match &found[..] {
        [] => Ok(()),
        [one] => Err(Error::StatesChanged(one.line())),
        [one, more @ ..] => Err(Error::StatesChanged(format!(
            "{} (and {} more: `cargo recover check`)",
            one.line(),
            more.len()
        ))),
    }
}

/// The schema file, if there is one.
fn accepted(file: &Path) -> Result<Option<Schema>, Error> {
    match fs::read_to_string(file) {
        Ok(text) => Schema::parse(&text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", file)(error)),
    }
}

fn reading<R>(
    sources: &Sources,
    read: impl FnOnce(&str, &Read<'_>) -> Result<R, Error>,
) -> Result<R, Error> {
    let text = |path: &str| fs::read_to_string(path).ok();
    let root = shown(&sources.root).replace('\\', "/");
    let cfgs = &sources.cfgs;
    read(&root, &Read { text: &text, cfgs })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "#[recoverable(persist = \"snapshot\", version = 2)]\npub struct Page {\n    title: String,\n}\n";

    /// A crate of one file, in a folder of its own.
    struct Folder(Sources);

    impl Folder {
        fn new(name: &str) -> Self {
            let directory =
                std::env::temp_dir().join(format!("recover-{name}-{}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            let root = directory.join("lib.rs");
            let folder = Folder(Sources {
                root,
                directory,
                cfgs: vec![],
            });
            folder.write(PAGE);
            folder
        }

        fn write(&self, text: &str) {
            fs::write(&self.0.root, text).unwrap();
        }

        fn rules(&self, accepts: bool) -> Vec<&'static str> {
            let found = found(&self.0, accepts).unwrap();
            found.iter().map(|finding| finding.rule).collect()
        }

        fn file(&self) -> Option<String> {
            fs::read_to_string(self.0.directory.join(FILE)).ok()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0.directory);
        }
    }

    #[test]
    fn a_crate_without_the_file_is_as_it_was() {
        let folder = Folder::new("schema-none");
        assert_eq!(folder.rules(false), [""; 0]);
        assert!(stored(&folder.0).is_ok());
        assert_eq!(folder.file(), None, "nobody asked for it");
        // Nor is there anything to accept where nothing persists.
        folder.write("pub struct Page;");
        assert_eq!(folder.rules(true), [""; 0]);
        assert_eq!(folder.file(), None);
    }

    #[test]
    fn a_build_fails_where_a_state_changed_and_its_version_did_not_until_it_is_accepted() {
        let folder = Folder::new("schema-changed");
        folder.rules(true);
        let accepted = folder.file();
        assert_eq!(folder.rules(false), [""; 0]);
        folder.write(&PAGE.replace("String", "Vec<u8>"));
        assert_eq!(folder.rules(false), ["schema-changed"]);
        let error = stored(&folder.0).unwrap_err();
        let line = error.to_string();
        assert_eq!(error.exit_code(), 1);
        assert!(
            line.contains(
                "lib.rs:3:5: schema-changed: `title: Vec<u8>` of `Page` was `title: String`"
            ),
            "{line}"
        );
        assert_eq!(folder.file(), accepted, "nothing is written unasked");
        assert_eq!(folder.rules(true), [""; 0]);
        assert!(stored(&folder.0).is_ok());
        assert_ne!(folder.file(), accepted);
    }

    #[test]
    fn a_build_with_a_raised_version_is_made_and_the_check_asks_to_accept() {
        let folder = Folder::new("schema-raised");
        folder.rules(true);
        let accepted = folder.file();
        folder.write(
            &PAGE
                .replace("version = 2", "version = 3")
                .replace("String", "u8"),
        );
        assert!(stored(&folder.0).is_ok());
        assert_eq!(folder.rules(false), ["schema-behind"]);
        assert_eq!(folder.file(), accepted);
        folder.rules(true);
        assert_eq!(folder.rules(false), [""; 0]);
    }

    #[test]
    fn a_file_that_can_not_be_read_ends_both() {
        let folder = Folder::new("schema-broken");
        fs::write(folder.0.directory.join(FILE), "<<<<<<< HEAD").unwrap();
        for error in [
            found(&folder.0, false).unwrap_err(),
            stored(&folder.0).unwrap_err(),
        ] {
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("recover.schema.json"), "{error}");
        }
    }
}
