//! Bytes of an older version of a class: they are read as what that version was, and brought to
//! this one by the user's migrations, one after the other. What is around the bytes was checked
//! before (`codec.rs`); where they come from is not known here.
//!
//! Nothing is changed until the last migration has ended: one that fails leaves the bytes as they
//! were. A migration is run again for the same bytes, at each rollback and revival until there is a
//! snapshot of this version.

use crate::base::payload;
use crate::base::unwind;
use crate::call::{hook, settle};
use crate::persist::codec::Refused;
use crate::persist::decode;
use crate::persist::policy::Class;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt::Display;

/// What a migration takes: the state as an older version had it.
#[diagnostic::on_unimplemented(
    message = "bytes of an older version can't be read as `{Self}`",
    label = "derive `serde::Deserialize` for `{Self}`, which a migration takes",
    note = "a migration takes the state as the older version had it, by value"
)]
pub trait Readable: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Readable for T {}

/// What a migration returns: the state as the next version has it, or a `Result` of that.
#[diagnostic::on_unimplemented(
    message = "a migration returns `{Self}`, and the next version is `{T}`",
    label = "return `{T}`, or a `Result` of it with an error that has `Display`"
)]
pub trait Migrated<T, How> {
    /// The state, or what the migration failed by.
    ///
    /// # Errors
    /// The text of the user's error.
    fn result(self) -> Result<T, String>;
}

/// A migration that returns the state.
pub struct Plain;

/// A migration that returns a `Result`.
pub struct Fallible;

/// What the migration before the first one returns: there is none.
pub enum First {}

impl<T> Migrated<T, Plain> for T {
    fn result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T, E: Display> Migrated<T, Fallible> for Result<T, E> {
    fn result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

impl<T> Migrated<T, First> for First {
    fn result(self) -> Result<T, String> {
        match self {}
    }
}

/// Has the compiler look at what the next migration takes before it says what this one returns: with one
/// way alone it would decide here, and blame the next one.
pub enum Undecided {}

impl<R> Migrated<Undecided, Undecided> for R {
    fn result(self) -> Result<Undecided, String> {
        Err(String::new())
    }
}

/// The way of a payload up to this version; `R` is what the last migration returned.
pub struct Older<'a, R> {
    found: u32,
    payload: &'a [u8],
    /// `None` while the version of the payload has not been reached.
    reached: Result<Option<R>, Refused>,
}

impl<'a> Older<'a, First> {
    /// The way of the payload of version `found`.
    pub fn new(found: u32, payload: &'a [u8]) -> Self {
        Older {
            found,
            payload,
            reached: Ok(None),
        }
    }
}

impl<'a, R> Older<'a, R> {
    /// The step from version `from` to the next.
    pub fn step<T, U, How>(self, from: u32, migration: impl FnOnce(T) -> U) -> Older<'a, U>
    where
        T: Readable,
        R: Migrated<T, How>,
    {
        let (found, payload) = (self.found, self.payload);
        let before = match self.reached {
            Ok(None) if found == from => read(payload).ok_or(Refused::State).map(Some),
            reached => returned(reached, from),
        };
        let reached = before.and_then(|before| match before {
            Some(before) => migrated(from, || migration(before)).map(Some),
            None => Ok(None),
        });
        Older {
            found,
            payload,
            reached,
        }
    }

    /// The state of version `now`.
    ///
    /// # Errors
    /// Why the bytes are refused.
    pub fn end<T, How>(self, now: u32) -> Result<T, Refused>
    where
        T: Class,
        R: Migrated<T, How>,
    {
        returned(self.reached, now)?.ok_or_else(|| unread::<T>(self.found, now))
    }
}

/// The state of version `of`, from what the migration before returned.
fn returned<R, T, How>(reached: Result<Option<R>, Refused>, of: u32) -> Result<Option<T>, Refused>
where
    R: Migrated<T, How>,
{
    let state = reached?.map(Migrated::result).transpose();
    state.map_err(|reason| Refused::Migration {
        from: of.wrapping_sub(1),
        reason,
    })
}

/// Nothing leads from version `found` of a class.
#[cold]
pub(crate) fn unread<T: Class>(found: u32, now: u32) -> Refused {
    let class = T::NAME;
    Refused::Version { class, found, now }
}

/// Decodes a payload. An older version need not be `Serialize`.
fn read<T: DeserializeOwned>(payload: &[u8]) -> Option<T> {
    let (value, rest) = decode::read(payload)?;
    rest.is_empty().then_some(value)
}

/// Runs a migration. Its catch is in a frame of its own, so that callers keep their landing pads.
#[cold]
#[inline(never)]
fn migrated<R>(from: u32, migration: impl FnOnce() -> R) -> Result<R, Refused> {
    unwind::may_unwind();
    unwind::catch(migration).map_err(|payload| Refused::Migration {
        from,
        reason: panicked(payload),
    })
}

/// The text of a panic, which is reported as one. What has an error class of its own goes on to the
/// caller.
#[cold]
#[inline(never)]
fn panicked(payload: Box<dyn Any + Send>) -> String {
    if payload::is_ours(&*payload) {
        std::panic::resume_unwind(payload);
    }
    let text =
        hook::message(&*payload).unwrap_or("it panicked with a payload that is not a string");
    let text = text.to_owned();
    drop(settle::panic_error(payload, "migrate"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persist::record::{State, opened};
    use crate::persist::{codec, encode};
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct First(u32);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Second {
        low: u16,
        high: u16,
    }

    #[derive(Debug, PartialEq)]
    struct Page(String);

    impl Class for Page {
        const NAME: &'static str = "Page";
    }

    fn from_v1(before: First) -> Second {
        Second {
            low: before.0 as u16,
            high: (before.0 >> 16) as u16,
        }
    }

    fn from_v2(before: Second) -> Result<Page, std::fmt::Error> {
        match (before.low, before.high) {
            (13, _) => panic!("thirteen"),
            (0, 0) => Err(std::fmt::Error),
            (low, high) => Ok(Page(format!("{high}:{low}"))),
        }
    }

    impl State for Page {
        const MIGRATES: bool = true;
        fn encode(&self, bytes: &mut Vec<u8>) {
            encode::append(&self.0, bytes).expect("a string");
        }
        fn decode(bytes: &[u8]) -> Option<Self> {
            read(bytes).map(Page)
        }
        fn older(found: u32, now: u32, payload: &[u8]) -> Result<Self, Refused> {
            Older::new(found, payload)
                .step(1, from_v1)
                .step(2, from_v2)
                .end(now)
        }
    }

    fn of(version: u32, payload: &[u8]) -> Result<Page, Refused> {
        let append = |bytes: &mut Vec<u8>| bytes.extend_from_slice(payload);
        opened(
            3,
            &codec::seal("Page", version, 0, append).expect("it was written"),
        )
    }

    fn failed(version: u32, payload: &[u8]) -> String {
        of(version, payload).expect_err("it failed").to_string()
    }

    #[test]
    fn bytes_of_each_version_are_read_and_go_the_rest_of_the_way() {
        assert_eq!(of(1, &[7, 0, 9, 0]), Ok(Page("9:7".to_owned())));
        assert_eq!(of(2, &[7, 0, 9, 0]), Ok(Page("9:7".to_owned())));
        assert_eq!(of(3, &[1, b'a']), Ok(Page("a".to_owned())));
    }

    #[test]
    fn a_version_that_no_migration_leads_from_is_refused_with_both_numbers() {
        let version = |found| {
            let (class, now) = ("Page", 3);
            Err(Refused::Version { class, found, now })
        };
        for found in [0, 4, u32::MAX] {
            assert_eq!(of(found, &[7, 0, 9, 0]), version(found));
        }
        assert_eq!(
            failed(0, &[]),
            "the snapshot is of version 0 of the class Page, which has version 3 here; name a \
             function from version 0 in the `migrate` of its #[recoverable]"
        );
        assert!(failed(4, &[]).ends_with("; a build with that version reads it"));
    }

    #[test]
    fn bytes_that_are_not_of_their_version_never_reach_a_migration() {
        for payload in [&[7, 0, 9][..], &[7, 0, 9, 0, 0], &[]] {
            assert_eq!(of(1, payload), Err(Refused::State));
            assert_eq!(of(2, payload), Err(Refused::State));
        }
    }

    /// Where no JavaScript is around the module, records are here.
    #[cfg(feature = "component")]
    mod in_records {
        use super::*;
        use crate::base::thrown::Thrown;
        use crate::host::component::{records, told};
        use crate::persist::policy::Persistence;
        use crate::persist::record::{Call, Persisted};

        type Now = Persisted<true, 0, 3>;

        fn sealed(version: u32, payload: &[u8]) -> Vec<u8> {
            let append = |bytes: &mut Vec<u8>| bytes.extend_from_slice(payload);
            codec::seal("Page", version, 0, append).expect("it was written")
        }

        fn revived(bytes: &[u8]) -> Result<(Page, u32), Thrown> {
            let id = records::record(bytes).unwrap_or_default();
            let revived = <Now as Persistence<Page>>::revive(id);
            revived.map(|(page, number)| (page, <Now as Persistence<Page>>::number(&number)))
        }

        #[test]
        fn an_object_comes_back_by_a_record_of_an_older_version_and_is_rolled_back_to_it() {
            for version in [1, 2] {
                let bytes = sealed(version, &[7, 0, 9, 0]);
                let id = records::record(&bytes).unwrap_or_default();
                let Ok((page, number)) = <Now as Persistence<Page>>::revive(id) else {
                    panic!("it did not come back")
                };
                assert_eq!(page, Page("9:7".to_owned()));
                let before = Now::before(&number, &Call::default());
                assert_eq!(before.ok(), Some(page));
                // The next snapshot is of this version.
                Now::accept(&number, &Page("next".to_owned()));
                let part = crate::base::shared::part::SNAPSHOT;
                let now = records::bytes(id, part).unwrap_or_default();
                assert_eq!(codec::open("Page", &now), Ok((3, &b"\x04next"[..])));
                records::forget(id);
            }
        }

        #[test]
        fn a_migration_that_fails_loses_no_bytes_and_says_why() {
            for (payload, why) in [([0; 4], "an error"), ([13, 0, 0, 0], "thirteen")] {
                let bytes = sealed(2, &payload);
                let error = revived(&bytes)
                    .map(|_| ())
                    .map_err(|error| told(error).message);
                let error = error.expect_err("it failed");
                assert!(
                    error.contains("the migration from version 2 failed: "),
                    "{error}"
                );
                assert!(error.contains(why), "{error}");
                let restored = <Now as Persistence<Page>>::read(&bytes);
                assert_eq!(restored.map(|_| ()), Err(failed(2, &payload)));
            }
        }
    }

    #[test]
    fn a_migration_that_returns_an_error_refuses_the_bytes_by_its_text() {
        for version in [1, 2] {
            assert_eq!(
                failed(version, &[0; 4]),
                format!("the migration from version 2 failed: {}", std::fmt::Error)
            );
        }
    }
}
