//! Bytes of older versions, read as records are. A file of its own, since `record.rs` uses `older.rs`.

use crate::persist::codec::Refused;
use crate::persist::older::*;
use crate::persist::policy::Class;
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
