//! The table of mechanisms: what is taken out, and which tests must fail then. Nothing is
//! run here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// Where it is.
const PLACE: &str = "tests/mechanisms";
/// What the suites are; every other file there has mechanisms.
const SUITES: &str = "suites.toml";

/// A mechanism, as a change that takes it out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mechanism {
    /// A word for it.
    pub(crate) name: String,
    /// What would happen without it, or what it is for.
    pub(crate) protects: String,
    /// What the packages are built as.
    #[serde(default = "usual")]
    pub(crate) flavour: String,
    /// The file it is in.
    file: String,
    /// Its text, which stands there once.
    find: String,
    /// What stands in its place.
    #[serde(default)]
    replace: String,
    /// What has to go with it.
    #[serde(default)]
    and: Vec<Cut>,
    /// The tests that must fail, by suite.
    pub(crate) fails: BTreeMap<String, Vec<String>>,
}

/// One change of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cut {
    /// Its path from the root.
    pub(crate) file: String,
    find: String,
    #[serde(default)]
    replace: String,
}

/// How tests are run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    /// A file of node:test.
    pub(crate) node: Option<String>,
    /// The module in which tests stand that several such files run.
    pub(crate) shared: Option<String>,
    /// The packages that it loads.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    /// It loads the Worker in Rust, as worker-build makes it.
    #[serde(default)]
    pub(crate) worker: bool,
    /// It tortures: its package is built with points.
    #[serde(default)]
    pub(crate) torture: bool,
    /// Only the named tests are run: the file takes long.
    #[serde(default)]
    pub(crate) select: bool,
    /// Variables for it.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Or a folder of Python's unittest; of it, only the named tests are run.
    pub(crate) python: Option<String>,
    /// It loads the component of the fixtures.
    #[serde(default)]
    pub(crate) component: bool,
    /// Or the arguments of `cargo test`.
    pub(crate) cargo: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Area {
    mechanism: Vec<Mechanism>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) mechanisms: Vec<Mechanism>,
    pub(crate) suites: BTreeMap<String, Suite>,
}

/// The quickest to build; a mechanism of which optimisation asks names another.
fn usual() -> String {
    "debug-exnref".to_owned()
}

impl Table {
    /// Reads every file of the table.
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let place = root.join(PLACE);
        let entries = fs::read_dir(&place).map_err(|error| Error::file(&place, error))?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "toml"));
        paths.sort();
        let mut table = Table {
            mechanisms: vec![],
            suites: BTreeMap::new(),
        };
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
            let wrong = |error: toml::de::Error| Error::file(&path, error);
            if path.ends_with(SUITES) {
                table.suites = toml::from_str(&text).map_err(wrong)?;
            } else {
                let area: Area = toml::from_str(&text).map_err(wrong)?;
                table.mechanisms.extend(area.mechanism);
            }
        }
        Ok(table)
    }

    /// Those that `only` names, or all.
    pub(crate) fn select(&self, only: &[String]) -> Result<Vec<&Mechanism>, String> {
        for name in only {
            if !self.mechanisms.iter().any(|one| one.name == *name) {
                return Err(format!(
                    "no mechanism {name}; cargo xtask unplug --list prints them"
                ));
            }
        }
        let all = self.mechanisms.iter();
        Ok(all
            .filter(|one| only.is_empty() || only.contains(&one.name))
            .collect())
    }

    /// What in it fits the sources no longer.
    pub(crate) fn stale(&self, root: &Path) -> Vec<String> {
        let mut stale = vec![];
        let mut names = BTreeMap::new();
        for one in &self.mechanisms {
            let mut wrong = |what: String| stale.push(format!("{}: {what}", one.name));
            if names.insert(&one.name, ()).is_some() {
                wrong("the name is taken".to_owned());
            }
            if let Err(what) = one.applied(|file| fs::read_to_string(root.join(file)).ok()) {
                wrong(what);
            }
            if one.fails.values().all(Vec::is_empty) {
                wrong("it names no test".to_owned());
            }
            for (suite, tests) in &one.fails {
                match self.suites.get(suite) {
                    None => wrong(format!("{PLACE}/{SUITES} has no suite {suite}")),
                    Some(Suite {
                        node: Some(file),
                        shared,
                        ..
                    }) => {
                        let files = [Some(file), shared.as_ref()].into_iter().flatten();
                        let texts = files.map(|file| fs::read_to_string(root.join(file)));
                        let text: String = texts.flatten().collect();
                        for test in tests
                            .iter()
                            .filter(|test| *test != file && !has_test(&text, test))
                        {
                            wrong(format!("{file} has no test `{test}`"));
                        }
                    }
                    Some(Suite {
                        python: Some(folder),
                        ..
                    }) => {
                        let there = |test: &String| has_python_test(&root.join(folder), test);
                        for test in tests.iter().filter(|test| !there(test)) {
                            wrong(format!("{folder} has no test `{test}`"));
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        stale
    }
}

impl Mechanism {
    /// The files that it is in.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let others = self.and.iter().map(|cut| &*cut.file);
        std::iter::once(&*self.file).chain(others)
    }

    fn cuts(&self) -> Vec<Cut> {
        let mut cuts = vec![Cut {
            file: self.file.clone(),
            find: self.find.clone(),
            replace: self.replace.clone(),
        }];
        cuts.extend(self.and.iter().cloned());
        cuts
    }

    /// The files that it changes, with the texts that they have without it.
    pub(crate) fn applied(
        &self,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut changed = BTreeMap::new();
        for cut in self.cuts() {
            let known = changed.remove(&cut.file).or_else(|| read(&cut.file));
            let text = known.ok_or_else(|| format!("there is no file {}", cut.file))?;
            changed.insert(cut.file.clone(), cut.of(&text)?);
        }
        Ok(changed)
    }
}

impl Cut {
    /// The text without what is taken out.
    fn of(&self, text: &str) -> Result<String, String> {
        if self.find == self.replace || self.find.is_empty() {
            return Err(format!("it changes nothing in {}", self.file));
        }
        match text.matches(&*self.find).count() {
            1 => Ok(text.replacen(&*self.find, &self.replace, 1)),
            times => Err(format!(
                "what is to go stands {times} times in {}, not once",
                self.file
            )),
        }
    }
}

/// Whether a file of node:test has a test of this name, perhaps one whose name it fills in.
fn has_test(text: &str, name: &str) -> bool {
    let calls = text.split("test(").skip(1);
    calls.into_iter().any(|call| {
        let mut letters = call.chars();
        let Some(quote @ ('\'' | '`' | '"')) = letters.next() else {
            return false;
        };
        let mut title = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => title.extend(letters.next()),
                letter if letter == quote => break,
                letter => title.push(letter),
            }
        }
        fits(&title, name)
    })
}

/// Whether a folder has the test `module.Class.test`.
fn has_python_test(folder: &Path, name: &str) -> bool {
    let mut words = name.split('.');
    let (Some(module), Some(class), Some(test), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let text = fs::read_to_string(folder.join(module).with_extension("py")).unwrap_or_default();
    let class = format!("\nclass {class}(");
    let of_class = text.split_once(&class).map_or("", |(_, rest)| rest);
    let of_class = of_class.split("\nclass ").next().unwrap_or_default();
    of_class.contains(&format!("    def {test}("))
}

/// Whether a name is what a title becomes when each `${…}` in it is filled in.
fn fits(title: &str, name: &str) -> bool {
    match title.split_once("${") {
        None => title == name,
        Some((head, tail)) => {
            let rest = tail.split_once('}').map_or("", |(_, rest)| rest);
            name.strip_prefix(head).is_some_and(|name| {
                let mut places = name.char_indices().map(|(at, _)| at).chain([name.len()]);
                places.any(|at| fits(rest, &name[at..]))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Mechanism {
        let area: Area = toml::from_str(text).unwrap();
        area.mechanism.into_iter().next().unwrap()
    }

    const ONE: &str =
        "[[mechanism]]\nname = 'n'\nprotects = 'p'\nfile = 'f'\nfind = 'b'\nfails.calls = ['t']\n";

    #[test]
    fn the_source_of_a_mechanism_must_occur_exactly_once() {
        let one = parsed(ONE);
        assert_eq!(one.flavour, "debug-exnref");
        let applied = |text: &str| one.applied(|_| Some(text.to_owned()));
        assert_eq!(applied("abc").unwrap()["f"], "ac");
        for wrong in ["ac", "abcb"] {
            assert!(applied(wrong).unwrap_err().contains("not once"), "{wrong}");
        }
        assert!(one.applied(|_| None).unwrap_err().contains("no file f"));
    }

    #[test]
    fn several_cuts_of_one_file_apply_in_order() {
        let more = "[[mechanism.and]]\nfile = 'f'\nfind = 'a'\nreplace = 'x'\n[[mechanism.and]]\nfile = 'g'\nfind = 'c'\n";
        let one = parsed(&format!("{ONE}{more}"));
        let changed = one.applied(|_| Some("abc".to_owned())).unwrap();
        assert_eq!([&changed["f"], &changed["g"]], ["xc", "ab"]);
    }

    #[test]
    fn a_change_of_nothing_and_an_unknown_key_are_refused() {
        let one = parsed(&ONE.replace("find = 'b'", "find = 'b'\nreplace = 'b'"));
        let error = one.applied(|_| Some("abc".to_owned())).unwrap_err();
        assert!(error.contains("changes nothing"));
        assert!(toml::from_str::<Area>(&format!("{ONE}fnid = 'x'\n")).is_err());
    }

    #[test]
    fn tests_are_found_by_name_and_by_template() {
        let text =
            "test('the engine\\'s own', () => {});\n  test(`${way}: aborted ${n} times`, f);\n";
        assert!(has_test(text, "the engine's own"));
        assert!(has_test(text, "by value: aborted 3 times"));
        assert!(!has_test(text, "by value: aborted"));
        assert!(!has_test(text, "own"));
    }

    #[test]
    fn tests_of_python_are_found_in_their_class() {
        let folder = std::env::temp_dir().join(format!("xtask-unplug-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let text = "\nclass A(B):\n    def test_a(self):\n\nclass C(D):\n    def test_c(self):\n";
        fs::write(folder.join("test_x.py"), text).unwrap();
        assert!(has_python_test(&folder, "test_x.A.test_a"));
        for wrong in [
            "test_x.A.test_c",
            "test_x.test_a",
            "test_y.A.test_a",
            "test_x.B.test_a",
        ] {
            assert!(!has_python_test(&folder, wrong), "{wrong}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    /// The table of this checkout fits its sources, so that the fast tests know of one that does not.
    #[test]
    fn the_table_fits_the_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let table = Table::read(root).unwrap();
        assert_eq!(table.stale(root), Vec::<String>::new());
        assert!(!table.mechanisms.is_empty());
        for (name, suite) in &table.suites {
            let used = table
                .mechanisms
                .iter()
                .any(|one| one.fails.contains_key(name));
            assert!(used, "nothing names the suite {name}");
            let Some(file) = &suite.node else {
                let runs = suite.cargo.is_some() || suite.python.is_some();
                assert!(runs, "{name} runs nothing");
                continue;
            };
            let text = fs::read_to_string(root.join(file)).unwrap();
            for package in &suite.packages {
                // Of a fixture that is built more than once, the test fills in the name's end.
                let begun = package.rsplit_once('-').map_or("", |(begun, _)| begun);
                let filled = text.contains(&format!("`{begun}-${{"));
                let whole = text.contains(&format!("'{package}'"));
                assert!(whole || filled, "{name}: {package}");
            }
        }
    }
}
