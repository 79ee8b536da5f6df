//! A record that finds no memory, natively: the allocator refuses one allocation, that of the record's own copy of a state.
//! Running out of memory as such is the fixture's in tests/fixtures/component: natively it ends the process.
#![cfg(all(feature = "component", feature = "persist"))]
// As wit-bindgen has it.
#![allow(clippy::result_large_err)]

use recover_runtime::__private as __recover;
use recover_runtime::__private::component as __c;
use recover_runtime::component::Resource;
use recover_runtime::component::types::{Failure, Kind};
use serde::{Deserialize, Serialize, Serializer};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What only a state is as large as.
const LARGE: usize = 1 << 20;

thread_local! {
    /// Whether the state that is written next finds no room for its copy.
    static FULL: Cell<bool> = const { Cell::new(false) };
    /// Whether large allocations are refused.
    static REFUSES: Cell<bool> = const { Cell::new(false) };
}

struct Refusing;

// SAFETY: what is not refused is the system's.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE && REFUSES.replace(false) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

#[derive(Serialize, Deserialize)]
struct Pages {
    bytes: Vec<u8>,
    end: End,
}

/// Written last, when the bytes of the state are there.
#[derive(Deserialize)]
struct End;

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        REFUSES.set(FULL.get());
        serializer.serialize_unit_struct("End")
    }
}

impl __recover::Class for Pages {
    const NAME: &'static str = "Pages";
}

impl __c::Component for Pages {
    const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Rollback;
    const SHARED: __recover::OnPanic = __recover::OnPanic::Keep;
    const INTERIOR: bool = false;
    type Persistence = __recover::persisted!(false, 0, 0);
}

__recover::persists!(Pages);

fn fill(pages: &Resource<Pages>, byte: u8) -> Result<u8, Failure> {
    __c::call!("Pages::fill", (__c::exclusive(pages), ()), |args| {
        let pages = args.0.get()?;
        pages.bytes.fill(byte);
        assert!(byte != 0, "no zeros");
        Ok(pages.bytes[0])
    })
}

fn first(pages: &Resource<Pages>) -> Result<u8, Failure> {
    __c::call!("Pages::first", (__c::shared(pages), ()), |args| Ok(args
        .0
        .get()?
        .bytes[0]))
}

#[test]
fn a_state_that_finds_no_room_in_its_record_is_missed_and_the_call_has_ended_well() {
    let pages = Resource::new(Pages {
        bytes: vec![1; LARGE],
        end: End,
    });
    assert_eq!(fill(&pages, 2).unwrap(), 2);
    FULL.set(true);
    assert_eq!(fill(&pages, 3).unwrap(), 3, "the call itself did not fail");
    assert!(!REFUSES.get(), "an allocation was refused");
    FULL.set(false);
    assert_eq!(first(&pages).unwrap(), 3, "nobody is inside");
    // There is nothing to roll back to: not the state before the last call, which ended well.
    assert_eq!(fill(&pages, 0).unwrap_err().kind, Kind::Panic);
    let refused = first(&pages).unwrap_err();
    assert_eq!(refused.kind, Kind::Poisoned);
    assert_eq!(refused.causes[0].kind, Kind::OutOfMemory);
    assert!(__c::clear_poison!("Pages::clear_poison", &pages).unwrap());
    // The state that was accepted is recorded.
    assert_eq!(fill(&pages, 4).unwrap(), 4);
    assert_eq!(fill(&pages, 0).unwrap_err().kind, Kind::Panic);
    assert_eq!(first(&pages).unwrap(), 4);
}
