//! What a stage did, and how the summaries of test runners are read.

use std::ops::AddAssign;

/// How many passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests, or checks, that passed.
    pub(crate) passed: u64,
    /// Those that did not.
    pub(crate) failed: u64,
}

impl Counts {
    /// Of a check that is no test runner.
    pub(crate) fn of(holds: bool) -> Self {
        Self {
            passed: u64::from(holds),
            failed: u64::from(!holds),
        }
    }

    /// Makes a run count as failed that ended badly though no test says so, or
    /// that ran nothing.
    pub(crate) fn checked(mut self, success: bool) -> Self {
        if self.failed == 0 && (!success || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The closing line of a run of this program; of a run without one nothing is known.
pub(crate) fn of_closing_line(output: &str) -> Counts {
    let last = output.lines().next_back().unwrap_or_default();
    let number = |part: Option<&str>, what: &str| {
        part.and_then(|part| part.trim().strip_suffix(what)?.trim().parse().ok())
    };
    let mut parts = last.split(',');
    match (
        number(parts.next(), "passed"),
        number(parts.next(), "failed"),
    ) {
        (Some(passed), Some(failed)) => Counts { passed, failed },
        _ => Counts::default(),
    }
}

/// The sum of cargo test's `test result:` lines.
pub(crate) fn of_cargo(output: &str) -> Counts {
    let mut counts = Counts::default();
    let results = output
        .lines()
        .filter(|line| line.starts_with("test result: "));
    for part in results.flat_map(|line| line.split([';', '.'])) {
        match *part.split_whitespace().collect::<Vec<_>>() {
            [.., number, "passed"] => counts.passed += number.parse().unwrap_or(0),
            [.., number, "failed"] => counts.failed += number.parse().unwrap_or(0),
            _ => {}
        }
    }
    counts
}

/// The summary of node:test's TAP.
pub(crate) fn of_tap(output: &str) -> Counts {
    let number = |name: &str| -> u64 {
        let prefix = format!("# {name} ");
        let lines = output
            .lines()
            .filter_map(|line| line.strip_prefix(&*prefix));
        lines
            .filter_map(|text| text.trim().parse::<u64>().ok())
            .sum()
    };
    // A file without tests counts as a test of its own, named by its path.
    let empty = output
        .lines()
        .filter(|line| is_file_that_passed(line))
        .count() as u64;
    Counts {
        passed: number("pass").saturating_sub(empty),
        failed: number("fail") + number("cancelled"),
    }
}

/// The summary of Python's unittest. A test that is skipped did not pass.
pub(crate) fn of_unittest(output: &str) -> Counts {
    let mut lines = output.lines().rev();
    let end = lines.find(|line| line.starts_with("OK") || line.starts_with("FAILED"));
    let ran = output.lines().rev().find_map(|line| {
        let number = line.strip_prefix("Ran ")?.split(' ').next()?;
        number.parse::<u64>().ok()
    });
    let words = end.unwrap_or_default().split(['(', ')', ',']);
    let number = |name: &str| -> u64 {
        let mut found = words.clone().filter_map(|word| word.trim().split_once('='));
        found
            .find(|(word, _)| *word == name)
            .and_then(|(_, number)| number.parse().ok())
            .unwrap_or(0)
    };
    let failed = number("failures") + number("errors") + number("unexpected successes");
    let others = number("skipped") + number("expected failures");
    Counts {
        passed: ran.unwrap_or(0).saturating_sub(failed + others),
        failed,
    }
}

/// What a line of TAP says of a test: its name, and whether it passed.
pub(crate) fn test_of_tap(line: &str) -> Option<(&str, bool)> {
    let text = line.trim_start();
    let (rest, passed) = match text.strip_prefix("not ok ") {
        Some(rest) => (rest, false),
        None => (text.strip_prefix("ok ")?, true),
    };
    let (_, name) = rest.split_once(" - ")?;
    Some((name.split(" # ").next().unwrap_or(name).trim(), passed))
}

/// Which of the tests that should fail did, and of the others what they did instead.
pub(crate) fn should_fail<'a>(output: &str, names: &[&'a str]) -> (Vec<&'a str>, Vec<String>) {
    let (mut failed, mut wrong) = (vec![], vec![]);
    for name in names {
        let mut found = output.lines().filter_map(test_of_tap);
        match found.find(|(test, _)| test == name) {
            Some((_, false)) => failed.push(*name),
            Some((_, true)) => wrong.push(format!("`{name}` passes")),
            None => wrong.push(format!("there is no test `{name}`")),
        }
    }
    (failed, wrong)
}

/// What TAP says of each test that failed, but for those that should: its line and the block
/// after it.
pub(crate) fn failures_of_tap<'a>(output: &'a str, but: &[&str]) -> Vec<&'a str> {
    let mut inside = false;
    let of_a_failure = |line: &&str| {
        let text = line.trim_start();
        inside |= test_of_tap(text).is_some_and(|(name, passed)| !passed && !but.contains(&name));
        let shown = inside;
        inside &= text != "...";
        shown
    };
    output.lines().filter(of_a_failure).collect()
}

fn is_file_that_passed(line: &str) -> bool {
    let rest = line
        .strip_prefix("ok ")
        .and_then(|rest| rest.split_once(" - "));
    rest.is_some_and(|(_, name)| {
        let path = name.split(" # ").next().unwrap_or(name).trim();
        path.ends_with(".test.mjs") && path.contains(['/', '\\'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_a_stage_is_read() {
        let counts = |passed, failed| Counts { passed, failed };
        assert_eq!(
            of_closing_line("1 stages in 2 s\n7 passed, 1 failed\n"),
            counts(7, 1)
        );
        assert_eq!(
            of_closing_line("7 passed, 1 failed\nerror: no"),
            counts(0, 0)
        );
        assert_eq!(of_closing_line(""), counts(0, 0));
    }

    #[test]
    fn cargo_results_are_summed() {
        let output = "test a ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out\n";
        assert_eq!(
            of_cargo(output),
            Counts {
                passed: 13,
                failed: 2
            }
        );
        assert_eq!(of_cargo("nothing"), Counts::default());
    }

    #[test]
    fn tap_is_read_and_files_without_tests_do_not_count() {
        let output = "TAP version 13\nok 1 - sums\nok 2 - /r/tests/e2e/none.test.mjs\n\
            # tests 7\n# pass 4\n# fail 2\n# cancelled 1\n# skipped 0\n";
        assert_eq!(
            of_tap(output),
            Counts {
                passed: 3,
                failed: 3
            }
        );
    }

    #[test]
    fn the_summary_of_unittest_is_read() {
        let of = |end: &str| {
            let text =
                format!("test_a (a.A.test_a) ... ok\n\n----\nRan 12 tests in 0.1s\n\n{end}\n");
            let counts = of_unittest(&text);
            (counts.passed, counts.failed)
        };
        assert_eq!(of("OK"), (12, 0));
        assert_eq!(of("OK (skipped=3)"), (9, 0));
        assert_eq!(of("FAILED (failures=1, errors=2, skipped=1)"), (8, 3));
        assert_eq!(of("FAILED (unexpected successes=1)"), (11, 1));
        assert_eq!(of_unittest("Traceback"), Counts::default());
    }

    #[test]
    fn the_blocks_of_failed_tests_are_shown() {
        let output = "ok 1 - a\n  ---\n  x: 1\n  ...\nnot ok 2 - b\n  ---\n  y: 2\n  ...\nok 3 - c";
        let shown = failures_of_tap(output, &[]);
        assert_eq!(shown, ["not ok 2 - b", "  ---", "  y: 2", "  ..."]);
        assert!(failures_of_tap(output, &["b"]).is_empty());
    }

    #[test]
    fn a_test_that_should_fail_must_exist_and_fail() {
        let output = "ok 1 - a\nnot ok 2 - b - c\n  ---\n    not ok 1 - d # time\nok 3 - e # SKIP";
        assert_eq!(
            should_fail(output, &["b - c", "d"]),
            (vec!["b - c", "d"], vec![])
        );
        let (failed, wrong) = should_fail(output, &["a", "b", "e"]);
        assert!(failed.is_empty());
        assert_eq!(wrong, ["`a` passes", "there is no test `b`", "`e` passes"]);
    }

    #[test]
    fn a_run_without_tests_or_with_a_bad_exit_fails() {
        let three = Counts {
            passed: 3,
            failed: 0,
        };
        assert_eq!(Counts::default().checked(true).failed, 1);
        assert_eq!(three.checked(false).failed, 1);
        assert_eq!(three.checked(true), three);
        let failed = Counts {
            passed: 3,
            failed: 2,
        };
        assert_eq!(failed.checked(false), failed);
    }
}
