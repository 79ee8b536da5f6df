//! The ways to fail of the load test's hostile mix, and the lines of the room that they fail in.

use std::path::Path;

use crate::error::Error;
use crate::reports::judge::Due;

/// The one way that is asynchronous: by `docs/book/replay.md`, none is captured if the instance ends.
pub(crate) const BEHIND_AN_AWAIT: &str = "out of memory, behind an await";

/// All that tests/reports/session.mjs has.
pub(crate) const ALL: [Due; 6] = [
    Due {
        way: "panic",
        file: "core/src/lib.rs",
        line: Some("let at = self.text.utf16_cu_to_char(at as usize);"),
        functions: &["shift"],
        export: "room_shift",
    },
    Due {
        way: "out of memory",
        file: "core/src/lib.rs",
        line: Some("self.insert(at, &text.repeat(times as usize))"),
        functions: &["fill"],
        export: "room_fill",
    },
    Due {
        way: "stack overflow, guarded",
        file: "room/src/lib.rs",
        line: Some("fn guarded(text: &mut Chars<'_>, inside: bool) -> Result<u32, Refused> {"),
        functions: &["guarded"],
        export: "room_nesting",
    },
    // Which line of the recursion asks for the last bytes of the stack, the engine decides.
    Due {
        way: "stack overflow, not guarded",
        file: "core/src/nesting.rs",
        line: None,
        functions: &["unguarded", "level"],
        export: "room_nesting_unguarded",
    },
    Due {
        way: "trap",
        file: "core/src/lib.rs",
        line: Some("std::process::abort()"),
        functions: &["crash"],
        export: "room_crash",
    },
    Due {
        way: BEHIND_AN_AWAIT,
        file: "core/src/lib.rs",
        line: Some("template.replace(\"{}\", text)"),
        functions: &["render"],
        export: "render",
    },
];

impl Due {
    /// The number of its line, in the sources below `example`.
    pub(crate) fn number(&self, example: &Path) -> Result<Option<u64>, Error> {
        let Some(due) = self.line else {
            return Ok(None);
        };
        let path = example.join(self.file);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
        let lines = text.lines().zip(1..);
        let found: Vec<u64> = lines
            .filter(|(line, _)| line.trim() == due)
            .map(|(_, number)| number)
            .collect();
        match found[..] {
            [number] => Ok(Some(number)),
            _ => Err(Error::file(
                path,
                format!("`{due}` is a line of it {} times", found.len()),
            )),
        }
    }
}
