//! A text on the crate `diamond-types`, a log of operations and a rope, twice: as a snapshot that is rolled back, and
//! kept as a call that failed left it. The crate encodes its log itself; serde is given those bytes.

use diamond_types::list::encoding::ENCODE_FULL;
use diamond_types::list::{Branch, ListCRDT, OpLog};
use recover_runtime::{JsErrorClass, recoverable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is refused: nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum LogError {
    /// There is no such place in the text.
    #[error("there is no place {at} in a text of {length}")]
    OutOfRange {
        /// The place, in characters.
        at: u32,
        /// The length of the text.
        length: u32,
    },
    /// The bytes are no log.
    #[error("no log: {reason}")]
    NoLog {
        /// Why not.
        reason: String,
    },
}

/// A log and the text that it makes, and whose they are.
struct Author {
    name: String,
    list: ListCRDT,
}

impl Author {
    fn new(name: String) -> Self {
        let list = ListCRDT::new();
        Self { name, list }
    }

    fn place(&self, at: u32) -> Result<usize, LogError> {
        let length = self.list.len() as u32;
        if at > length {
            return Err(LogError::OutOfRange { at, length });
        }
        Ok(at as usize)
    }

    fn insert(&mut self, at: u32, text: &str) -> Result<u32, LogError> {
        let at = self.place(at)?;
        let agent = self.list.get_or_create_agent_id(&self.name);
        self.list.insert(agent, at, text);
        Ok(self.list.len() as u32)
    }

    fn delete(&mut self, from: u32, to: u32) -> Result<u32, LogError> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        if from < to {
            let agent = self.list.get_or_create_agent_id(&self.name);
            self.list.delete(agent, from..to);
        }
        Ok(self.list.len() as u32)
    }

    fn merge(&mut self, log: &[u8]) -> Result<u32, LogError> {
        let merged = self.list.merge_data_and_ff(log);
        merged.map_err(no_log)?;
        Ok(self.list.len() as u32)
    }

    fn log(&self) -> Vec<u8> {
        self.list.oplog.encode(ENCODE_FULL)
    }

    fn text(&self) -> String {
        self.list.branch.content().to_string()
    }

    /// Panics if the log is not what its own rules say, or another text than this one comes of it.
    fn check(&self) {
        self.list.dbg_check(true);
        self.list.branch.content().check();
        let other = Branch::new_at_tip(&self.list.oplog);
        assert_eq!(
            other.content().to_string(),
            self.text(),
            "the text that the log makes"
        );
        let read = OpLog::load_from(&self.log()).expect("its own log");
        let read = Branch::new_at_tip(&read);
        assert_eq!(
            read.content().to_string(),
            self.text(),
            "the text of the encoded log"
        );
    }
}

fn no_log(error: impl std::fmt::Debug) -> LogError {
    let reason = format!("{error:?}");
    LogError::NoLog { reason }
}

fn write<S: Serializer>(author: &Author, serializer: S) -> Result<S::Ok, S::Error> {
    (&author.name, author.log()).serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Author, D::Error> {
    let (name, log) = <(String, Vec<u8>)>::deserialize(deserializer)?;
    let list = ListCRDT::load_from(&log);
    let list = list.map_err(|error| serde::de::Error::custom(no_log(error)))?;
    Ok(Author { name, list })
}

/// Kept by the host as a snapshot.
#[recoverable(persist = "snapshot", on_panic = "rollback")]
#[derive(Serialize, Deserialize)]
pub struct Log {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    author: Author,
}

/// What a call that failed made of it stays.
#[recoverable(on_panic = "keep")]
pub struct KeptLog {
    author: Author,
}

macro_rules! logs {
    ($($class:ident)*) => {$(
        #[recoverable]
        impl $class {
            /// An empty one, of an author.
            #[recoverable(constructor)]
            pub fn new(name: String) -> Self {
                let author = Author::new(name);
                Self { author }
            }

            /// Inserts; the answer is how many characters there are.
            pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, LogError> {
                self.author.insert(at, text)
            }

            /// Deletes from one place to before another.
            pub fn delete(&mut self, from: u32, to: u32) -> Result<u32, LogError> {
                self.author.delete(from, to)
            }

            /// Takes in another author's log.
            pub fn merge(&mut self, log: &[u8]) -> Result<u32, LogError> {
                self.author.merge(log)
            }

            /// The whole log, for another to merge.
            pub fn log(&self) -> Vec<u8> {
                self.author.log()
            }

            /// The text that it makes.
            #[recoverable(getter)]
            pub fn text(&self) -> String {
                self.author.text()
            }

            /// Panics if the log is not what its own rules say, or another text than this one comes of it.
            pub fn check(&self) {
                self.author.check();
            }
        }
    )*};
}

logs! { Log KeptLog }
