//! Judges whether what `cargo recover symbolicate` makes of a report leads to what failed. Nothing is run or
//! read here; which engine told the report is not known.

use serde_json::Value;

/// Where everything that the room's author wrote stands, from the root.
const OWN: &str = "examples/durable-object/";

/// Where a failure is due to lead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// The way to fail, as tests/reports/session.mjs names it.
    pub(crate) way: &'static str,
    /// The source, below examples/durable-object.
    pub(crate) file: &'static str,
    /// The line that fails, without what is around it; none where any line of the functions may be the one.
    pub(crate) line: Option<&'static str>,
    /// The functions in which it is, by their last names.
    pub(crate) functions: &'static [&'static str],
    /// How the function begins by which JavaScript calls the package.
    pub(crate) export: &'static str,
}

/// How far a report leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// To the line.
    Line,
    /// To the function: the engine told no offset.
    Function,
    /// To the call of the package: the engine told no offset, and what failed is inlined into code of others.
    Export,
    /// Elsewhere, or nowhere.
    Missing(String),
}

/// A call, as `symbolicate --format json` has it.
#[derive(Debug, Clone, Copy)]
struct Call<'a> {
    function: &'a str,
    file: &'a str,
    line: u64,
}

impl Due {
    /// How far a report leads, by what was made of it. `line` is the number of the line that is due.
    pub(crate) fn judge(&self, line: Option<u64>, symbolicated: &Value) -> Verdict {
        let report = &symbolicated["report"];
        let frames = symbolicated["frames"].as_array();
        let frames = frames.map_or(&[][..], Vec::as_slice);
        let calls: Vec<_> = frames.iter().flat_map(calls).collect();
        if frames.is_empty() {
            return Verdict::Missing(format!("no frames, in a call of {}", report["export"]));
        }
        let Some(at) = calls.iter().position(|call| call.file.starts_with(OWN)) else {
            return Verdict::Missing(format!("no frame of {OWN}: {}", shown(&calls)));
        };
        let own = calls[at];
        let is_due = own.file == format!("{OWN}{}", self.file)
            && self.functions.contains(&last_name(own.function));
        if frames.iter().all(|frame| frame["offset"].is_null()) {
            // What is inlined is not known. The call of the package is around it, with a hash behind its name.
            let called = last_name(own.function).starts_with(self.export);
            return match (is_due, called) {
                (true, _) => Verdict::Function,
                (false, true) => Verdict::Export,
                (false, false) => {
                    Verdict::Missing(format!("another function: {}", shown(&calls[..=at])))
                }
            };
        }
        if !is_due || line.is_some_and(|line| line != own.line) {
            return Verdict::Missing(format!(
                "not line {} of {}: {}",
                line.unwrap_or(0),
                self.file,
                shown(&calls[..=at])
            ));
        }
        // A panic says its own place: that line, or one of what it calls.
        let place = &report["location"];
        let agrees = place.is_null()
            || calls[..=at].iter().any(|call| {
                Some(call.file) == place["file"].as_str()
                    && Some(call.line) == place["line"].as_u64()
            });
        match agrees {
            true => Verdict::Line,
            false => Verdict::Missing(format!(
                "the panic is at {}:{}, the frames are {}",
                place["file"].as_str().unwrap_or_default(),
                place["line"],
                shown(&calls[..=at])
            )),
        }
    }
}

fn calls(frame: &Value) -> impl Iterator<Item = Call<'_>> {
    let calls = frame["calls"].as_array().into_iter().flatten();
    calls.map(|call| Call {
        function: call["function"].as_str().unwrap_or_default(),
        file: call["file"].as_str().unwrap_or_default(),
        line: call["line"].as_u64().unwrap_or_default(),
    })
}

/// The last name of a path, without its arguments.
fn last_name(function: &str) -> &str {
    let end = function.find("::<").unwrap_or(function.len());
    let path = function[..end].trim_end_matches("::{{closure}}");
    let path = path.trim_end_matches("::{closure#0}");
    path.rsplit("::").next().unwrap_or(path)
}

fn shown(calls: &[Call<'_>]) -> String {
    let calls = calls.iter().take(12);
    let calls = calls.map(|call| format!("{} ({}:{})", call.function, call.file, call.line));
    calls.collect::<Vec<_>>().join(" < ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DUE: Due = Due {
        way: "panic",
        file: "core/src/lib.rs",
        line: Some("the line"),
        functions: &["shift"],
        export: "room_shift",
    };

    fn call(function: &str, file: &str, line: u64) -> Value {
        json!({ "function": function, "file": file, "line": line, "column": 1, "inlined": false })
    }

    fn frame(offset: Option<u32>, calls: &[Value]) -> Value {
        json!({ "text": "at …", "function": 7, "offset": offset, "calls": calls })
    }

    fn judged(report: &Value, frames: &[Value]) -> Verdict {
        DUE.judge(Some(9), &json!({ "report": report, "frames": frames }))
    }

    fn is_missing(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Missing(_))
    }

    #[test]
    fn the_innermost_call_of_the_room_decides_and_the_place_of_the_panic_agrees() {
        let rope = call("ropey::rope::Rope::insert", "ropey-1.6.1/src/rope.rs", 40);
        let right = call(
            "<room_core::Document>::shift",
            "examples/durable-object/core/src/lib.rs",
            9,
        );
        let other = call(
            "<room_core::Document>::shift",
            "examples/durable-object/core/src/lib.rs",
            8,
        );
        let frames = [
            frame(Some(1), std::slice::from_ref(&rope)),
            frame(Some(5), &[right.clone(), other.clone()]),
        ];
        let at = |file: &str, line: u64| json!({ "location": { "file": file, "line": line } });
        assert_eq!(judged(&json!({}), &frames), Verdict::Line);
        let in_the_rope = at("ropey-1.6.1/src/rope.rs", 40);
        assert_eq!(judged(&in_the_rope, &frames), Verdict::Line);
        let own = at("examples/durable-object/core/src/lib.rs", 9);
        assert_eq!(judged(&own, &frames), Verdict::Line);
        let elsewhere = at("ropey-1.6.1/src/rope.rs", 41);
        assert!(is_missing(&judged(&elsewhere, &frames)));

        let [first, _] = frames;
        let swapped = frame(Some(5), &[other, right]);
        assert!(is_missing(&judged(&json!({}), &[first, swapped])));
    }

    #[test]
    fn another_function_file_or_nothing_of_the_room_is_missing() {
        for (function, file) in [
            (
                "<room_core::Document>::fill",
                "examples/durable-object/core/src/lib.rs",
            ),
            (
                "<room_core::Document>::shift",
                "examples/durable-object/room/src/lib.rs",
            ),
            ("<room_core::Document>::shift", "elsewhere/core/src/lib.rs"),
        ] {
            let frames = [frame(Some(1), &[call(function, file, 9)])];
            assert!(
                is_missing(&judged(&json!({}), &frames)),
                "{function} {file}"
            );
        }
        assert!(is_missing(&judged(&json!({}), &[frame(Some(1), &[])])));
    }

    #[test]
    fn without_an_offset_it_is_the_function_or_the_call_and_without_a_frame_nothing() {
        let in_room = |function: &str| {
            let file = "examples/durable-object/core/src/lib.rs";
            [frame(None, &[call(function, file, 3)])]
        };
        let none = json!({});
        let shift = in_room("<room_core::Document>::shift");
        assert_eq!(judged(&none, &shift), Verdict::Function);
        assert!(is_missing(&judged(&none, &in_room("room_core::fill"))));
        assert_eq!(judged(&none, &in_room("room_shift_1a2b")), Verdict::Export);
        assert!(is_missing(&judged(&none, &in_room("room_fill_1a2b"))));

        assert!(is_missing(&judged(&json!({ "export": "room_shift" }), &[])));
    }

    #[test]
    fn names_are_without_paths_and_closures() {
        for (name, last) in [
            ("<room_core::Document>::shift", "shift"),
            ("room_core::render::<u8>::{closure#0}", "render"),
            ("durable_room::render::{{closure}}", "render"),
            ("main", "main"),
        ] {
            assert_eq!(last_name(name), last);
        }
    }
}
