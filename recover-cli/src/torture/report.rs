//! What torture found: as a person reads it, as the Test Anything Protocol, and as outcomes of tests, which
//! `test_report` writes as JUnit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schedule::Schedule;
use crate::test_report::{End, Failure, Outcome};

/// What a run broke, as the engine says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Violation {
    /// The rule.
    pub(crate) rule: String,
    /// What happened.
    pub(crate) message: String,
    /// What was random began from this.
    pub(crate) seed: u32,
    /// What was injected.
    pub(crate) schedule: Option<Schedule>,
    /// The least of it that breaks the rule, too.
    pub(crate) smallest: Option<Schedule>,
    /// That in words.
    pub(crate) words: Vec<String>,
    /// What is known of the error: a report, or a stack.
    pub(crate) report: Value,
    /// The same with lines of Rust, where they are known.
    #[serde(skip)]
    pub(crate) lines: String,
    /// The command that makes the run again.
    #[serde(skip)]
    pub(crate) command: String,
    /// The regression test that was written.
    #[serde(skip)]
    pub(crate) kept: Option<String>,
}

impl Violation {
    /// The schedule to show.
    pub(crate) fn least(&self) -> Option<&Schedule> {
        self.smallest.as_ref().or(self.schedule.as_ref())
    }

    fn body(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for word in &self.words {
            let _ = writeln!(text, "  - {word}");
        }
        if let Some(schedule) = self.least() {
            let _ = writeln!(text, "  seed {}, schedule {schedule}", self.seed);
        }
        for line in self.lines.lines() {
            let _ = writeln!(text, "    {line}");
        }
        if !self.command.is_empty() {
            let _ = writeln!(text, "  again: {}", self.command);
        }
        if let Some(kept) = &self.kept {
            let _ = writeln!(text, "  kept as a test: {kept}");
        }
        text
    }
}

/// At which sites of exports, imports and classes a failure happened.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Coverage {
    /// Those at which one did.
    pub(crate) tortured: Vec<String>,
    /// Those that runs only came by.
    pub(crate) passed: Vec<String>,
    /// Those that no run came by.
    pub(crate) never: Vec<String>,
    /// Those that need not be tortured.
    pub(crate) waived: Vec<Waived>,
}

/// How much of each failure at each point was tried.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Searched {
    /// Those that were.
    pub(crate) tried: u64,
    /// Those that there are.
    pub(crate) of: u64,
    /// Of those that were, so many did not come where they were to come.
    pub(crate) missed: u64,
    /// Pairs of them.
    pub(crate) pairs: u64,
    /// Random schedules.
    pub(crate) randoms: u64,
}

impl Searched {
    fn words(self) -> String {
        let mut text = format!("{} of {} failures tried", self.tried, self.of);
        for (count, what) in [(self.pairs, "pairs"), (self.randoms, "random schedules")] {
            if count > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, ", {count} {what}");
            }
        }
        if self.missed > 0 {
            let _ = write!(text, "; {} came elsewhere than meant", self.missed);
        }
        text
    }
}

/// A site that need not be tortured.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Waived {
    /// Its site.
    site: String,
    /// Why.
    reason: String,
}

/// How a scenario went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// What it broke.
    pub(crate) violations: Vec<Violation>,
    /// Where it was.
    pub(crate) coverage: Option<Coverage>,
    /// How much of it was tried.
    pub(crate) searched: Option<Searched>,
    /// Why it was not run, if it was not.
    pub(crate) skipped: Option<String>,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// The counts of all runs.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Summary {
    /// Failures that were injected.
    pub(crate) injected: u64,
    /// Runs that broke a rule.
    pub(crate) violations: u64,
    /// Runs.
    pub(crate) runs: u64,
    /// How long they took, in milliseconds.
    pub(crate) ms: u64,
}

impl Summary {
    /// Whether nothing was broken.
    pub(crate) fn is_clean(&self, cases: &[Case]) -> bool {
        self.violations == 0 && cases.iter().all(|case| case.violations.is_empty())
    }

    /// How fast it was, if it took long enough to say so.
    fn speed(&self) -> Option<String> {
        let speed = (self.injected * 1000).checked_div(self.ms)?;
        (self.ms >= 1000).then(|| format!("speed: {speed} failures a second\n"))
    }

    /// And those of another engine.
    pub(crate) fn add(&mut self, other: Self) {
        self.injected += other.injected;
        self.violations += other.violations;
        self.runs += other.runs;
        self.ms += other.ms;
    }
}

/// A violation as a person reads it.
pub(crate) fn violation(scenario: &str, violation: &Violation) -> String {
    format!(
        "\nviolation in {scenario}: {}: {}\n{}",
        violation.rule,
        violation.message,
        violation.body()
    )
}

/// What is told when all is done; the last line has the counts.
pub(crate) fn summary(cases: &[Case], total: Summary) -> String {
    let mut text = String::from("\n");
    for case in cases {
        let name = &case.name;
        if let Some(reason) = &case.skipped {
            let _ = writeln!(text, "{name}: skipped, {reason}");
            continue;
        }
        let end = match case.violations.len() {
            0 => "ok".to_owned(),
            1 => "1 violation".to_owned(),
            many => format!("{many} violations"),
        };
        let _ = write!(text, "{name}: {end}");
        if let Some(searched) = case.searched {
            let _ = write!(text, "; {}", searched.words());
        }
        text.push('\n');
    }
    text.extend(covered(cases));
    text.extend(total.speed());
    let _ = write!(
        text,
        "torture: {} failures injected, {} violations",
        total.injected, total.violations
    );
    text
}

/// Why nothing was injected, if nothing was: then nothing is known.
pub(crate) fn idle(cases: &[Case], total: Summary) -> Option<String> {
    if total.injected > 0 || cases.iter().any(|case| !case.violations.is_empty()) {
        return None;
    }
    let why = |case: &Case| match (&case.skipped, case.searched) {
        (Some(reason), _) => format!("{}: {reason}", case.name),
        (None, Some(searched)) if searched.of > 0 && searched.tried == 0 => {
            format!("{}: the budget was over before the first", case.name)
        }
        (None, _) => format!("{}: it passes no point", case.name),
    };
    let whys: Vec<_> = cases.iter().map(why).collect();
    Some(match whys.is_empty() {
        true => "no scenario was run".to_owned(),
        false => whys.join("; "),
    })
}

/// What all scenarios together tortured: a site that one tortures need not be tortured by another.
fn covered(cases: &[Case]) -> Option<String> {
    let coverages = || cases.iter().filter_map(|case| case.coverage.as_ref());
    coverages().next()?;
    let tortured: BTreeSet<&str> = coverages()
        .flat_map(|coverage| coverage.tortured.iter().map(String::as_str))
        .collect();
    let left = |site: &str| !tortured.contains(site);
    let waived: BTreeMap<&str, &str> = coverages()
        .flat_map(|coverage| &coverage.waived)
        .filter(|waived| left(&waived.site))
        .map(|waived| (waived.site.as_str(), waived.reason.as_str()))
        .collect();
    let is_open = |site: &&str| left(site) && !waived.contains_key(site);
    let passed: BTreeSet<&str> = coverages()
        .flat_map(|coverage| coverage.passed.iter().map(String::as_str))
        .filter(is_open)
        .collect();
    let never: BTreeSet<&str> = coverages()
        .flat_map(|coverage| coverage.never.iter().map(String::as_str))
        .filter(|site| is_open(site) && !passed.contains(site))
        .collect();
    let all = tortured.len() + passed.len() + never.len() + waived.len();
    let mut text = format!(
        "sites: {} of {all} tortured, {} only passed, {} never, {} waived\n",
        tortured.len(),
        passed.len(),
        never.len(),
        waived.len()
    );
    for (what, sites) in [("only passed", passed), ("never", never)] {
        if !sites.is_empty() {
            let sites: Vec<_> = sites.into_iter().collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {what}: {}", sites.join(", "));
        }
    }
    for (site, reason) in waived {
        let _ = writeln!(text, "  waived: {site} ({reason})");
    }
    Some(text)
}

/// One run that was asked for, as the engine says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Replayed {
    /// What was injected.
    words: Vec<String>,
    /// How each step ended.
    steps: Vec<String>,
}

/// The run as a person reads it.
pub(crate) fn replayed(replayed: &Replayed) -> String {
    let words = replayed.words.iter().map(|word| format!("  - {word}"));
    let steps = replayed.steps.iter().map(|step| format!("  {step}"));
    words.chain(steps).collect::<Vec<_>>().join("\n")
}

/// How often a violation of one rule is shown whole; a program may break it in a thousand places.
const SHOWN: usize = 5;

/// What to do about more violations of a rule than are shown; nothing if there are not.
pub(crate) fn advice(seen: &mut BTreeMap<String, usize>, rule: &str) -> Option<String> {
    let count = seen.entry(rule.to_owned()).or_default();
    *count += 1;
    match (*count).cmp(&(SHOWN + 1)) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(format!(
            "\nmore violations of {rule} are counted and not shown; mend the first ones, and torture again"
        )),
        std::cmp::Ordering::Greater => Some(String::new()),
    }
}

/// A scenario as a test.
pub(crate) fn outcome(case: &Case) -> Outcome {
    let end = match (&case.skipped, &case.violations[..]) {
        (Some(reason), _) => End::Ignored(reason.clone()),
        (None, []) => End::Passed,
        (None, [first, rest @ ..]) => {
            let mut message = format!("{}: {}", first.rule, first.message);
            let _ = write!(message, "\n{}", first.body());
            for more in rest {
                let _ = write!(message, "{}: {}\n{}", more.rule, more.message, more.body());
            }
            End::Failed(Failure {
                message: message.trim_end().to_owned(),
                ..Failure::default()
            })
        }
    };
    Outcome {
        name: case.name.clone(),
        place: None,
        end,
        seconds: case.seconds,
        output: String::new(),
    }
}

/// All of it by the Test Anything Protocol, version 14.
pub(crate) fn tap(cases: &[Case], total: Summary) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", cases.len());
    for (index, case) in cases.iter().enumerate() {
        let number = index + 1;
        let name = plain(&case.name);
        match (&case.skipped, case.violations.is_empty()) {
            (Some(reason), _) => {
                let _ = writeln!(text, "ok {number} - {name} # SKIP {}", plain(reason));
            }
            (None, true) => {
                let _ = writeln!(text, "ok {number} - {name}");
                if let Some(searched) = case.searched {
                    let _ = writeln!(text, "# {name}: {}", searched.words());
                }
            }
            (None, false) => {
                let _ = writeln!(text, "not ok {number} - {name}");
                text.push_str("  ---\n  violations:\n");
                for violation in &case.violations {
                    for (begin, key, value) in [
                        ("-", "rule", &*violation.rule),
                        (" ", "message", &violation.message),
                        (" ", "again", &violation.command),
                    ] {
                        // A string of JSON is one of YAML.
                        let value = Value::from(value).to_string();
                        let _ = writeln!(text, "    {begin} {key}: {value}");
                    }
                }
                text.push_str("  ...\n");
            }
        }
    }
    let _ = writeln!(
        text,
        "# torture: {} failures injected, {} violations",
        total.injected, total.violations
    );
    text
}

/// A description, in which TAP gives two signs a meaning.
fn plain(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('#', r"\#");
    text.lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_report::{Suite, junit};

    fn cases() -> Vec<Case> {
        let found: Violation = serde_json::from_str(
            r#"{"rule":"invariant","message":"3 is \"odd\"","seed":7,"schedule":[{"point":1,"action":"gc"},{"point":3,"action":"panic"}],
                "smallest":[{"point":3,"action":"panic"}],"words":["step 2: a panic at point 3"],"report":null}"#,
        )
        .unwrap();
        let found = Violation {
            lines: "at add (src/lib.rs:7:5)".to_owned(),
            command: "cargo recover torture --only b".to_owned(),
            kept: Some("torture/regressions/b.mjs".to_owned()),
            ..found
        };
        let coverage = Coverage {
            tortured: vec!["before@add".to_owned(), "enter@add".to_owned()],
            passed: vec!["leave@add".to_owned()],
            never: vec!["enter@clear".to_owned()],
            waived: vec![Waived {
                site: "enter@close".to_owned(),
                reason: "for the host alone".to_owned(),
            }],
        };
        let other = Coverage {
            tortured: vec!["enter@open".to_owned()],
            passed: vec!["enter@clear".to_owned(), "enter@add".to_owned()],
            never: vec!["before@add".to_owned(), "restart@clear".to_owned()],
            waived: vec![],
        };
        let searched = Searched {
            tried: 40,
            of: 120,
            missed: 1,
            pairs: 2,
            randoms: 0,
        };
        vec![
            Case {
                name: "a".to_owned(),
                coverage: Some(coverage),
                searched: Some(searched),
                ..Case::default()
            },
            Case {
                name: "b #1".to_owned(),
                violations: vec![found],
                coverage: Some(other),
                ..Case::default()
            },
            Case {
                name: "c".to_owned(),
                skipped: Some("of another strategy".to_owned()),
                ..Case::default()
            },
        ]
    }

    const TOTAL: Summary = Summary {
        injected: 42,
        violations: 1,
        runs: 50,
        ms: 2000,
    };

    #[test]
    fn a_person_reads_the_smallest_schedule_the_lines_and_the_command() {
        let cases = cases();
        assert_eq!(
            violation("b #1", &cases[1].violations[0]),
            "\nviolation in b #1: invariant: 3 is \"odd\"\n  - step 2: a panic at point 3\n  seed 7, schedule panic@3\n    \
             at add (src/lib.rs:7:5)\n  again: cargo recover torture --only b\n  kept as a test: torture/regressions/b.mjs\n"
        );
        assert_eq!(
            summary(&cases, TOTAL),
            "\na: ok; 40 of 120 failures tried, 2 pairs; 1 came elsewhere than meant\nb #1: 1 violation\nc: skipped, of another strategy\n\
             sites: 3 of 7 tortured, 2 only passed, 1 never, 1 waived\n  only passed: enter@clear, leave@add\n  \
             never: restart@clear\n  waived: enter@close (for the host alone)\n\
             speed: 21 failures a second\ntorture: 42 failures injected, 1 violations"
        );
    }

    #[test]
    fn tap_has_a_line_for_each_scenario_and_a_block_for_what_broke() {
        assert_eq!(
            tap(&cases(), TOTAL),
            "TAP version 14\n1..3\nok 1 - a\n# a: 40 of 120 failures tried, 2 pairs; 1 came elsewhere than meant\nnot ok 2 - b \\#1\n  ---\n  violations:\n    - rule: \"invariant\"\n      \
             message: \"3 is \\\"odd\\\"\"\n      again: \"cargo recover torture --only b\"\n  ...\nok 3 - c # SKIP of another strategy\n\
             # torture: 42 failures injected, 1 violations\n"
        );
    }

    #[test]
    fn a_run_in_which_nothing_was_injected_says_why() {
        let cases = cases();
        assert_eq!(idle(&cases, TOTAL), None);
        let none = Summary::default();
        assert_eq!(idle(&cases, none), None, "something broke");
        let late = Case {
            name: "late".to_owned(),
            searched: Some(Searched {
                of: 9,
                ..Searched::default()
            }),
            ..Case::default()
        };
        let without = Case {
            name: "without".to_owned(),
            ..Case::default()
        };
        assert_eq!(
            idle(&[cases[2].clone(), late, without], none).unwrap(),
            "c: of another strategy; late: the budget was over before the first; without: it passes no point"
        );
        assert_eq!(idle(&[], none).unwrap(), "no scenario was run");
    }

    #[test]
    fn junit_has_a_case_for_each_scenario() {
        let suite = Suite {
            engine: "node",
            strategy: "unwind",
            program: "torture app".to_owned(),
            outcomes: cases().iter().map(outcome).collect(),
            filtered: 0,
            seconds: 1.0,
        };
        let text = junit(&[suite]);
        for part in [
            "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"",
            "<failure message=\"invariant: 3 is &quot;odd&quot;\">",
            "again: cargo recover torture --only b",
        ] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
    }

    #[test]
    fn a_rule_that_is_broken_everywhere_is_shown_a_few_times() {
        let mut seen = BTreeMap::new();
        let shown = (0..10).filter(|_| advice(&mut seen, "typed").is_none());
        assert_eq!(shown.count(), SHOWN);
        assert_eq!(advice(&mut seen, "invariant"), None);
    }
}
