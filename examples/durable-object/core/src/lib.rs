//! What a room of the Durable Object holds, in plain Rust: a text that many edit, on a
//! rope, and some ways to fail that real programs have.
//!
//! Both twins (`room` and `plain`) export exactly this, so that the only difference
//! between them is the attribute. Nothing of JavaScript stands here, and nothing guards
//! against the faults.

mod nesting;

pub use nesting::{level, nesting};

use ropey::Rope;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The most that a document may have, in UTF-16 units.
pub const MOST: usize = 1 << 20;

/// A request that is refused the orderly way: nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such place in the document.
    #[error("there is no place {at} in a document of {length}")]
    OutOfRange {
        /// The place.
        at: u32,
        /// The length of the document.
        length: u32,
    },
    /// The document would be too long.
    #[error("the document may have {MOST} units")]
    Full,
    /// Brackets that are not closed, or not opened.
    #[error("a bracket has no counterpart")]
    Unbalanced,
}

/// A text that is edited, and how often it was. Places are counted in UTF-16 units, as
/// JavaScript does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    text: Rope,
    sequence: u32,
}

fn write<S: Serializer>(text: &Rope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rope, D::Error> {
    deserializer.deserialize_str(Text)
}

/// Makes the rope of the bytes that there are, without a copy in between.
struct Text;

impl Visitor<'_> for Text {
    type Value = Rope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Rope, E> {
        Ok(Rope::from_str(text))
    }
}

impl Document {
    /// How many edits there were.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The length in UTF-16 units.
    pub fn length(&self) -> u32 {
        self.text.len_utf16_cu() as u32
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.text.to_string()
    }

    /// Inserts, and says how many edits there were with this one.
    ///
    /// # Errors
    /// There is no such place, or no room.
    pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, Refused> {
        let at = self.place(at)?;
        if self.text.len_utf16_cu() + text.len() > MOST {
            return Err(Refused::Full);
        }
        self.text.insert(at, text);
        Ok(self.edited())
    }

    /// Deletes from one place to before another.
    ///
    /// # Errors
    /// There is no such place.
    pub fn delete(&mut self, from: u32, to: u32) -> Result<u32, Refused> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        self.text.remove(from.min(to)..to);
        Ok(self.edited())
    }

    /// Takes a part out and inserts it at a place of what remains. The author forgot to
    /// check that place: past the end the rope panics, and the part is gone.
    ///
    /// # Errors
    /// There is no such part.
    pub fn shift(&mut self, from: u32, to: u32, at: u32) -> Result<u32, Refused> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        let from = from.min(to);
        let part = self.text.slice(from..to).to_string();
        self.text.remove(from..to);
        let at = self.text.utf16_cu_to_char(at as usize);
        self.text.insert(at, &part);
        Ok(self.edited())
    }

    /// Inserts a text many times over. The author forgot to ask how much that is before
    /// it is made.
    ///
    /// # Errors
    /// There is no such place, or no room.
    pub fn fill(&mut self, at: u32, text: &str, times: u32) -> Result<u32, Refused> {
        self.insert(at, &text.repeat(times as usize))
    }

    /// Empties the document and ends the process, as a failed assertion in C does.
    pub fn crash(&mut self) {
        self.text = Rope::new();
        self.sequence = 0;
        std::process::abort()
    }

    /// What stands between two places.
    ///
    /// # Errors
    /// There is no such place.
    pub fn read(&self, from: u32, to: u32) -> Result<String, Refused> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        Ok(self.text.slice(from.min(to)..to).to_string())
    }

    /// The number of the character at a place.
    fn place(&self, at: u32) -> Result<usize, Refused> {
        let length = self.length();
        if at > length {
            return Err(Refused::OutOfRange { at, length });
        }
        Ok(self.text.utf16_cu_to_char(at as usize))
    }

    fn edited(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }
}

/// What a page shows of a document.
pub fn render(template: &str, text: &str) -> String {
    template.replace("{}", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Document {
        let mut document = Document::default();
        document.insert(0, text).unwrap();
        document
    }

    fn all(document: &Document) -> String {
        let all = document.text();
        assert_eq!(document.read(0, document.length()), Ok(all.clone()));
        all
    }

    #[test]
    fn places_are_those_of_javascript() {
        let mut document = of("a𝄞b");
        assert_eq!(document.length(), 4);
        assert_eq!(document.read(1, 3).unwrap(), "𝄞");
        assert_eq!(document.insert(3, "ü"), Ok(2));
        assert_eq!(all(&document), "a𝄞üb");
        assert_eq!(document.delete(1, 3), Ok(3));
        assert_eq!(all(&document), "aüb");
        let refused = Refused::OutOfRange { at: 4, length: 3 };
        assert_eq!(document.insert(4, ""), Err(refused.clone()));
        assert_eq!(document.delete(0, 4), Err(refused.clone()));
        assert_eq!(document.read(0, 4), Err(refused));
        assert_eq!(document.sequence(), 3);
    }

    #[test]
    fn a_part_is_shifted() {
        let mut document = of("abcdef");
        assert_eq!(document.shift(1, 3, 2), Ok(2));
        assert_eq!(all(&document), "adbcef");
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn a_part_that_is_shifted_past_the_end_panics() {
        let _ = of("abcdef").shift(1, 3, 5);
    }

    #[test]
    fn a_document_has_a_most() {
        let mut document = Document::default();
        assert_eq!(document.fill(0, "ab", MOST as u32 / 2), Ok(1));
        assert_eq!(document.insert(1, "x"), Err(Refused::Full));
        assert_eq!(document.length() as usize, MOST);
    }

    #[test]
    fn what_is_encoded_is_there_again() {
        let mut document = of("a𝄞b");
        document.delete(0, 1).unwrap();
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
        assert_eq!(render("<p>{}</p>", &all(&document)), "<p>𝄞b</p>");
    }
}
