//! What the host keeps of an object that persists: how it was made or what it saved, and the calls since.
//!
//! A record holds no resource and no instance: it is what outlives them. When it changes is not decided here.

use wasmtime::component::Val;

use crate::catalog::FunctionIndex;
use crate::error::Error;
use crate::value::weight;

/// When an object is asked to save itself, so that its journal can be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journal {
    /// After that many calls.
    pub calls: usize,
    /// Or when their arguments take about that many bytes.
    pub bytes: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Journal {
            calls: 64,
            bytes: 1 << 20,
        }
    }
}

/// Where a replay begins.
#[derive(Debug, Clone)]
pub(crate) enum Base {
    /// By the constructor, with these arguments.
    Made(FunctionIndex, Vec<Val>),
    /// By `restore`, with the bytes that `save` returned.
    Saved(Val),
}

/// How a journaled call ended: the replay must end the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Returned,
    /// With an error of the program's own, which may have changed the object.
    Domain {
        class: String,
        code: String,
    },
    /// In another way; no such call is journaled, but a replay may end so.
    Failed(String),
}

impl Ended {
    pub(crate) fn of<T>(ended: &Result<T, Error>) -> Self {
        match ended {
            Ok(_) => Ended::Returned,
            Err(Error::Domain(error)) => {
                let failure = error.failure();
                Ended::Domain {
                    class: failure.class.clone(),
                    code: failure.code.clone(),
                }
            }
            Err(error) => Ended::Failed(error.class().to_owned()),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Ended::Returned => "returned".to_owned(),
            Ended::Domain { class, .. } => format!("returned a {class}"),
            Ended::Failed(class) => format!("failed by a {class}"),
        }
    }
}

/// A call that was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) function: FunctionIndex,
    /// The first is the receiver's place.
    pub(crate) args: Vec<Val>,
    pub(crate) ended: Ended,
}

/// What the host keeps of an object.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) base: Base,
    pub(crate) entries: Vec<Entry>,
    bytes: usize,
    /// How many entries there may be before the next attempt to save.
    due: Option<usize>,
    /// A call failed in the middle, and the class may keep what it left: the journal does not tell.
    pub(crate) unsure: bool,
    /// The object is ahead of what is kept of it, since it could not be saved: why.
    pub(crate) behind: Option<Error>,
}

impl Record {
    pub(crate) fn new(base: Base) -> Self {
        Record {
            base,
            entries: Vec::new(),
            bytes: 0,
            due: None,
            unsure: false,
            behind: None,
        }
    }

    /// Whether what is kept of the object is all of it, so that another call can be added.
    pub(crate) fn is_whole(&self) -> bool {
        !self.unsure && self.behind.is_none()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += entry.args.iter().map(weight).sum::<usize>();
        self.entries.push(entry);
    }

    /// Whether the journal is long: the object is to be saved now.
    pub(crate) fn is_due(&self, journal: Journal) -> bool {
        match self.due {
            Some(due) => self.entries.len() >= due,
            None => self.entries.len() >= journal.calls || self.bytes >= journal.bytes,
        }
    }

    /// The object could not be saved: that is tried again when the journal is twice as long.
    pub(crate) fn postpone(&mut self) {
        self.due = Some(self.entries.len().max(1) * 2);
    }

    /// The object was saved: the journal begins anew.
    pub(crate) fn cut(&mut self, saved: Val) {
        *self = Record::new(Base::Saved(saved));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            function: 0,
            args: vec![Val::String("0123456789".into())],
            ended: Ended::Returned,
        }
    }

    #[test]
    fn a_journal_is_due_by_calls_or_by_bytes() {
        let mut record = Record::new(Base::Made(0, Vec::new()));
        let by_calls = Journal {
            calls: 2,
            bytes: usize::MAX,
        };
        record.push(entry());
        assert!(!record.is_due(by_calls));
        assert!(record.is_due(Journal {
            calls: 9,
            bytes: 10
        }));
        record.push(entry());
        assert!(record.is_due(by_calls));
        record.postpone();
        assert!(!record.is_due(by_calls));
        record.push(entry());
        record.push(entry());
        assert!(record.is_due(by_calls));
        record.cut(Val::List(Vec::new()));
        assert!(record.entries.is_empty() && !record.is_due(by_calls));
        assert!(record.is_whole());
        record.unsure = true;
        assert!(!record.is_whole());
    }
}
