//! A text on the rope of the crate `crop`, twice: as a journal that is rolled back, and kept as a call that failed
//! left it. The first must always be what the calls that succeeded made; the second shows what crop itself makes of a
//! failure in its midst.
//!
//! crop's own `Serialize` does not say how many chunks there are, which the bytes of a snapshot need to know: the text
//! is written in one piece.

use crop::Rope;
use recover_runtime::{JsErrorClass, recoverable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An edit that is refused: nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum EditError {
    /// It is not between two characters of the text.
    #[error("{at} is not between two characters of the text")]
    Misplaced {
        /// The place, in bytes.
        at: u32,
    },
    /// There is no such line.
    #[error("there is no line {line}")]
    NoLine {
        /// Its number.
        line: u32,
    },
}

fn place(rope: &Rope, at: u32) -> Result<usize, EditError> {
    let byte = at as usize;
    if byte <= rope.byte_len() && rope.is_char_boundary(byte) {
        return Ok(byte);
    }
    Err(EditError::Misplaced { at })
}

fn insert(rope: &mut Rope, at: u32, text: &str) -> Result<u32, EditError> {
    let at = place(rope, at)?;
    rope.insert(at, text);
    Ok(rope.byte_len() as u32)
}

fn replace(rope: &mut Rope, from: u32, to: u32, text: &str) -> Result<u32, EditError> {
    let (from, to) = (place(rope, from)?, place(rope, to)?);
    rope.replace(from.min(to)..to, text);
    Ok(rope.byte_len() as u32)
}

fn line(rope: &Rope, line: u32) -> Result<String, EditError> {
    if line as usize >= rope.line_len() {
        return Err(EditError::NoLine { line });
    }
    Ok(rope.line(line as usize).to_string())
}

fn write<S: Serializer>(rope: &Rope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(rope)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rope, D::Error> {
    Ok(<&str>::deserialize(deserializer)?.into())
}

/// Kept by the host as a journal.
#[recoverable(persist = "journal", on_panic = "rollback", snapshot_every = 4)]
#[derive(Default, Serialize, Deserialize)]
pub struct Text {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    rope: Rope,
}

#[recoverable]
impl Text {
    /// An empty one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts; the answer is how long the text is, in bytes.
    pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, EditError> {
        insert(&mut self.rope, at, text)
    }

    /// Puts a text in the place of another.
    pub fn replace(&mut self, from: u32, to: u32, text: &str) -> Result<u32, EditError> {
        replace(&mut self.rope, from, to, text)
    }

    /// A line of it.
    pub fn line(&self, number: u32) -> Result<String, EditError> {
        line(&self.rope, number)
    }

    /// All of it.
    #[recoverable(getter)]
    pub fn text(&self) -> String {
        self.rope.to_string()
    }
}

/// What a call that failed made of it stays.
#[recoverable(on_panic = "keep")]
#[derive(Default)]
pub struct KeptText {
    rope: Rope,
}

#[recoverable]
impl KeptText {
    /// An empty one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts; the answer is how long the text is, in bytes.
    pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, EditError> {
        insert(&mut self.rope, at, text)
    }

    /// Puts a text in the place of another.
    pub fn replace(&mut self, from: u32, to: u32, text: &str) -> Result<u32, EditError> {
        replace(&mut self.rope, from, to, text)
    }

    /// A line of it.
    pub fn line(&self, number: u32) -> Result<String, EditError> {
        line(&self.rope, number)
    }

    /// All of it.
    #[recoverable(getter)]
    pub fn text(&self) -> String {
        self.rope.to_string()
    }

    /// Panics if the rope is not what crop's own rules say, or its sums are not those of its text.
    pub fn check(&self) {
        self.rope.assert_invariants();
        let text = self.rope.to_string();
        assert_eq!(text.len(), self.rope.byte_len(), "the length in bytes");
        let breaks = text.matches('\n').count();
        let lines = breaks + usize::from(!text.is_empty() && !text.ends_with('\n'));
        assert_eq!(lines, self.rope.line_len(), "the number of lines");
    }
}
