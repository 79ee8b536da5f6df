//! The results of tests: as a person reads them, as JUnit, and as JSON. Pure: results in, text
//! out.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// How one test ended.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Its path in the crate.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) place: Option<(String, u32)>,
    /// How.
    pub(crate) end: End,
    /// How long it took.
    pub(crate) seconds: f64,
    /// What it wrote to the console.
    pub(crate) output: String,
}

/// The end of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Passed,
    /// It was not run; the reason, which may be empty.
    Ignored(String),
    /// Otherwise.
    Failed(Failure),
}

/// What is known of a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What happened.
    pub(crate) message: String,
    /// Where a panic began.
    pub(crate) location: Option<String>,
    /// JavaScript's stack.
    pub(crate) stack: String,
}

/// One program's tests in one engine.
#[derive(Debug, Clone)]
pub(crate) struct Suite {
    /// The engine.
    pub(crate) engine: &'static str,
    /// The strategy.
    pub(crate) strategy: &'static str,
    /// The program: a target of the crate, such as `lib app`.
    pub(crate) program: String,
    /// Its tests.
    pub(crate) outcomes: Vec<Outcome>,
    /// Those that `--filter` left out.
    pub(crate) filtered: usize,
    /// From the engine's start to its end.
    pub(crate) seconds: f64,
}

/// How many ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// As they should.
    pub(crate) passed: usize,
    /// Otherwise.
    pub(crate) failed: usize,
    /// Not run.
    pub(crate) ignored: usize,
    /// Left out by `--filter`.
    pub(crate) filtered: usize,
}

impl Counts {
    /// Those of some suites.
    pub(crate) fn of(suites: &[Suite]) -> Self {
        let mut counts = Self::default();
        for suite in suites {
            counts.filtered += suite.filtered;
            for outcome in &suite.outcomes {
                match outcome.end {
                    End::Passed => counts.passed += 1,
                    End::Failed(_) => counts.failed += 1,
                    End::Ignored(_) => counts.ignored += 1,
                }
            }
        }
        counts
    }
}

/// The line above a suite's tests.
pub(crate) fn heading(suite: &Suite) -> String {
    let many = suite.outcomes.len();
    let noun = if many == 1 { "test" } else { "tests" };
    format!(
        "\nrunning {many} {noun} of {} in {} ({})",
        suite.program, suite.engine, suite.strategy
    )
}

/// The line of a test.
pub(crate) fn line(outcome: &Outcome) -> String {
    let end = match &outcome.end {
        End::Passed => "ok".to_owned(),
        End::Failed(_) => "FAILED".to_owned(),
        End::Ignored(reason) if reason.is_empty() => "ignored".to_owned(),
        End::Ignored(reason) => format!("ignored, {reason}"),
    };
    format!("test {} ... {end}", outcome.name)
}

/// What failed, and the counts.
pub(crate) fn summary(suites: &[Suite]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for (suite, outcome, failure) in failures(suites) {
        let _ = writeln!(
            text,
            "\n---- {} ({}, {}, {}) ----",
            outcome.name, suite.program, suite.engine, suite.strategy
        );
        let _ = writeln!(text, "{}", failure.message);
        if let Some(location) = &failure.location {
            let _ = writeln!(text, "  at {location}");
        }
        if let Some((file, line)) = &outcome.place {
            let _ = writeln!(text, "  in the test at {file}:{line}");
        }
        if !outcome.output.is_empty() {
            let _ = writeln!(text, "it wrote:\n{}", indented(&outcome.output));
        }
    }
    let counts = Counts::of(suites);
    let seconds: f64 = suites.iter().map(|suite| suite.seconds).sum();
    let result = if counts.failed == 0 { "ok" } else { "FAILED" };
    let _ = writeln!(
        text,
        "\ntest result: {result}. {} passed; {} failed; {} ignored; {} filtered out; finished in {seconds:.2}s",
        counts.passed, counts.failed, counts.ignored, counts.filtered
    );
    text
}

fn failures(suites: &[Suite]) -> impl Iterator<Item = (&Suite, &Outcome, &Failure)> {
    suites.iter().flat_map(|suite| {
        let outcomes = suite.outcomes.iter();
        outcomes.filter_map(move |outcome| match &outcome.end {
            End::Failed(failure) => Some((suite, outcome, failure)),
            _ => None,
        })
    })
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}

/// A test as one line of JSON.
pub(crate) fn event(suite: &Suite, outcome: &Outcome) -> Value {
    let (end, failure, reason) = match &outcome.end {
        End::Passed => ("passed", None, None),
        End::Failed(failure) => ("failed", Some(failure), None),
        End::Ignored(reason) => ("ignored", None, Some(reason)),
    };
    let place = outcome.place.as_ref();
    json!({
        "type": "test",
        "engine": suite.engine,
        "strategy": suite.strategy,
        "program": suite.program,
        "name": outcome.name,
        "file": place.map(|(file, _)| file),
        "line": place.map(|(_, line)| line),
        "outcome": end,
        "seconds": outcome.seconds,
        "reason": reason,
        "message": failure.map(|failure| &failure.message),
        "location": failure.and_then(|failure| failure.location.as_ref()),
        "stack": failure.map(|failure| &failure.stack),
        "output": outcome.output,
    })
}

/// The last line of JSON.
pub(crate) fn result(suites: &[Suite]) -> Value {
    let counts = Counts::of(suites);
    json!({
        "type": "result",
        "ok": counts.failed == 0,
        "passed": counts.passed,
        "failed": counts.failed,
        "ignored": counts.ignored,
        "filtered": counts.filtered,
        "seconds": suites.iter().map(|suite| suite.seconds).sum::<f64>(),
    })
}

/// The results as a JUnit file, as CI systems read it.
pub(crate) fn junit(suites: &[Suite]) -> String {
    let counts = Counts::of(suites);
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let seconds: f64 = suites.iter().map(|suite| suite.seconds).sum();
    let all = counts.passed + counts.failed + counts.ignored;
    let _ = writeln!(
        text,
        "<testsuites tests=\"{all}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.3}\">",
        counts.failed, counts.ignored
    );
    for suite in suites {
        let own = Counts::of(std::slice::from_ref(suite));
        let name = format!("{} ({}, {})", suite.program, suite.engine, suite.strategy);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\">",
            escaped(&name),
            suite.outcomes.len(),
            own.failed,
            own.ignored,
            suite.seconds
        );
        for outcome in &suite.outcomes {
            case(&mut text, &name, outcome);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, suite: &str, outcome: &Outcome) {
    let _ = write!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6}\"",
        escaped(suite),
        escaped(&outcome.name),
        outcome.seconds
    );
    if let Some((file, line)) = &outcome.place {
        let _ = write!(text, " file=\"{}\" line=\"{line}\"", escaped(file));
    }
    let mut inner = String::new();
    match &outcome.end {
        End::Passed => {}
        End::Ignored(reason) => {
            let _ = writeln!(inner, "      <skipped message=\"{}\"/>", escaped(reason));
        }
        End::Failed(failure) => {
            let mut all = failure.message.clone();
            for more in [failure.location.as_deref(), Some(&*failure.stack)] {
                if let Some(more) = more.filter(|more| !more.is_empty()) {
                    let _ = write!(all, "\n{more}");
                }
            }
            let first = failure.message.lines().next().unwrap_or_default();
            let _ = writeln!(
                inner,
                "      <failure message=\"{}\">{}</failure>",
                escaped(first),
                escaped(&all)
            );
        }
    }
    if !outcome.output.is_empty() {
        let output = escaped(&outcome.output);
        let _ = writeln!(inner, "      <system-out>{output}</system-out>");
    }
    match inner.is_empty() {
        true => text.push_str("/>\n"),
        false => {
            let _ = write!(text, ">\n{inner}    </testcase>\n");
        }
    }
}

/// The text as XML takes it; what XML has no way to say goes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => {}
            char if char < ' ' => {}
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> Suite {
        let outcome = |name: &str, end| Outcome {
            name: name.to_owned(),
            place: Some(("src/lib.rs".to_owned(), 7)),
            end,
            seconds: 0.5,
            output: String::new(),
        };
        let failure = Failure {
            message: "panicked: 1 < 2 & \"x\"\u{1b}[0m".to_owned(),
            location: Some("src/lib.rs:9:5".to_owned()),
            stack: "at f".to_owned(),
        };
        let mut failed = outcome("b", End::Failed(failure));
        failed.output = "said\nthis".to_owned();
        Suite {
            engine: "node",
            strategy: "unwind",
            program: "lib app".to_owned(),
            outcomes: vec![
                outcome("a", End::Passed),
                failed,
                outcome("c", End::Ignored("slow".to_owned())),
            ],
            filtered: 2,
            seconds: 1.0,
        }
    }

    #[test]
    fn a_person_reads_a_line_for_each_test_and_what_failed() {
        let suite = suite();
        assert_eq!(
            heading(&suite),
            "\nrunning 3 tests of lib app in node (unwind)"
        );
        let lines: Vec<_> = suite.outcomes.iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "test a ... ok",
                "test b ... FAILED",
                "test c ... ignored, slow"
            ]
        );
        let text = summary(&[suite]);
        for part in [
            "---- b (lib app, node, unwind) ----",
            "  at src/lib.rs:9:5",
            "  in the test at src/lib.rs:7",
            "    said\n    this",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 2 filtered out",
        ] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
    }

    #[test]
    fn junit_counts_and_escapes() {
        let text = junit(&[suite()]);
        for part in [
            "<testsuites tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"",
            "<testsuite name=\"lib app (node, unwind)\" tests=\"3\"",
            "<failure message=\"panicked: 1 &lt; 2 &amp; &quot;x&quot;[0m\">",
            "<skipped message=\"slow\"/>",
            "<system-out>said&#10;this</system-out>",
        ] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn json_has_a_line_for_each_test_and_a_result() {
        let suite = suite();
        let failed = event(&suite, &suite.outcomes[1]);
        assert_eq!(failed["outcome"], "failed");
        assert_eq!(failed["location"], "src/lib.rs:9:5");
        let result = result(&[suite]);
        assert_eq!(result["ok"], false);
        assert_eq!(result["passed"], 1);
    }
}
