//! The regression test that is written of a violation: a scenario's module again, with the schedule that
//! found it. It is run before all others.

use std::fmt::Write as _;

use serde_json::Value;

use super::report::Violation;
use super::schedule::Schedule;

/// Begins the line by which a regression test names a scenario that is a Rust function.
const RUST: &str = "export const rust = '";

/// How long each part of a name may be.
const PART: usize = 60;

/// A regression test: the name of its file without extension, and its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Regression {
    /// The name.
    pub(crate) name: String,
    /// The text.
    pub(crate) text: String,
}

impl Regression {
    /// That of a violation of a scenario, whose module is `module` from the folder of regression tests;
    /// none if it is a Rust function.
    pub(crate) fn of(
        scenario: &str,
        module: Option<&str>,
        strategy: &str,
        violation: &Violation,
        schedule: &Schedule,
    ) -> Self {
        let mut text = String::new();
        let title = format!("{}: {}", violation.rule, violation.message);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "// Found by `cargo recover torture`: {}",
            first(&title)
        );
        for word in &violation.words {
            let _ = writeln!(text, "// - {}", first(word));
        }
        text.push_str(
            "// `cargo recover torture` makes this run before all others. It fails until the crate is mended.\n",
        );
        match module {
            Some(module) => {
                let _ = writeln!(text, "export * from {};", single(module));
            }
            None => {
                let _ = writeln!(text, "{RUST}{scenario}';");
            }
        }
        let _ = writeln!(text, "export const strategy = '{strategy}';");
        let _ = writeln!(text, "export const seed = {};", violation.seed);
        let Value::Array(injections) = serde_json::to_value(schedule).unwrap_or_default() else {
            unreachable!("a schedule is an array")
        };
        text.push_str("export const schedule = [\n");
        for injection in injections {
            let point = &injection["point"];
            let action = injection["action"].as_str().unwrap_or_default();
            let more = match injection["persistent"] == true {
                true => ", persistent: true",
                false => "",
            };
            let _ = writeln!(text, "  {{ point: {point}, action: '{action}'{more} }},");
        }
        text.push_str("];\n");
        // What the parts don't tell apart, the last one does.
        let whole = format!("{scenario}\n{}", code(&text));
        let hash = sha1_smol::Sha1::from(whole).digest().to_string();
        let name = format!(
            "{}-{}-{strategy}-seed{}-{}",
            slug(scenario),
            slug_of(schedule),
            violation.seed,
            &hash[..8]
        );
        Self { name, text }
    }

    /// Its file; from 2 on the first ones are of other tests.
    pub(crate) fn file(&self, number: u32) -> String {
        match number {
            0 | 1 => format!("{}.mjs", self.name),
            more => format!("{}-{more}.mjs", self.name),
        }
    }

    /// Whether a file is this test, whatever its comments say.
    pub(crate) fn is(&self, text: &str) -> bool {
        code(text) == code(&self.text)
    }
}

/// The Rust function that a regression test is of, if it is of one.
pub(crate) fn rust_of(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(RUST)?.strip_suffix("';"))
}

/// A test without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first line, without what would end a comment's line.
fn first(text: &str) -> &str {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .next()
        .unwrap_or_default()
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// A part of a file's name.
fn slug(text: &str) -> String {
    let plain = |char: char| match char.is_ascii_alphanumeric() {
        true => char.to_ascii_lowercase(),
        false => '-',
    };
    let text: String = text.chars().map(plain).collect();
    let parts: Vec<_> = text.split('-').filter(|part| !part.is_empty()).collect();
    let mut slug = parts.join("-");
    slug.truncate(PART);
    slug
}

/// A schedule as a part of a file's name: `fail@7+` is `fail-7+`, and `restart@-1` is `restart--1`.
fn slug_of(schedule: &Schedule) -> String {
    let mut slug = schedule.to_string().replace(['@', ','], "-");
    slug.truncate(PART);
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation() -> Violation {
        Violation {
            rule: "invariant".to_owned(),
            message: "3 is odd\nmore".to_owned(),
            seed: 7,
            words: vec!["step 2 (add): a panic at point 3".to_owned()],
            ..Violation::default()
        }
    }

    #[test]
    fn a_regression_test_is_the_scenario_with_its_schedule() {
        let schedule = "panic@3,fail@7+".parse().unwrap();
        let made = Regression::of(
            "counter",
            Some("../counter.mjs"),
            "unwind",
            &violation(),
            &schedule,
        );
        let name = made.name.rsplit_once('-').unwrap().0;
        assert_eq!(name, "counter-panic-3-fail-7+-unwind-seed7");
        assert_eq!(
            made.text,
            "// Found by `cargo recover torture`: invariant: 3 is odd\n\
             // - step 2 (add): a panic at point 3\n\
             // `cargo recover torture` makes this run before all others. It fails until the crate is mended.\n\
             export * from '../counter.mjs';\n\
             export const strategy = 'unwind';\n\
             export const seed = 7;\n\
             export const schedule = [\n  \
               { point: 3, action: 'panic' },\n  \
               { point: 7, action: 'fail', persistent: true },\n\
             ];\n"
        );
        assert_eq!(rust_of(&made.text), None);
    }

    #[test]
    fn that_of_a_function_names_it() {
        let schedule = "trap@0".parse().unwrap();
        let made = Regression::of("tests::merges", None, "abort", &violation(), &schedule);
        let name = made.name.rsplit_once('-').unwrap().0;
        assert_eq!(name, "tests-merges-trap-0-abort-seed7");
        assert_eq!(rust_of(&made.text), Some("tests::merges"));
    }

    #[test]
    fn two_tests_have_two_names_and_one_has_the_same_again() {
        let long = "panic@1,".repeat(40);
        let schedules = [
            "fail@7",
            "fail@7+",
            "restart@-1,fail@3",
            "restart@1,fail@3",
            &format!("{long}trap@2"),
            &format!("{long}trap@3"),
        ];
        let name = |schedule: &str, seed: u32| {
            let schedule = schedule.parse().unwrap();
            let violation = Violation {
                seed,
                ..violation()
            };
            Regression::of("c", Some("../c.mjs"), "unwind", &violation, &schedule)
        };
        let mut names: Vec<_> = [1, 2]
            .iter()
            .flat_map(|seed| schedules.map(|schedule| name(schedule, *seed).name))
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{names:#?}");
        assert!(names.iter().all(|name| name.len() < 200));
        assert_eq!(name("fail@7", 1), name("fail@7", 1));
    }

    #[test]
    fn a_file_of_the_same_name_is_compared_by_what_it_does() {
        let of = |schedule: &str| {
            let schedule = schedule.parse().unwrap();
            Regression::of("c", Some("../c.mjs"), "unwind", &violation(), &schedule)
        };
        let made = of("fail@7");
        assert!(made.is(&format!("// a note of mine\n\n{}", made.text)));
        assert!(!made.is(&of("fail@7+").text));
        assert_eq!(made.file(1), format!("{}.mjs", made.name));
        assert_eq!(made.file(2), format!("{}-2.mjs", made.name));
    }
}
