//! Proves on the host the inputs that exhaust the memory or the stack.
//!
//! Either ends the process, so each runs in a child: this test again, told by the
//! environment which input it is. There an allocator refuses what would take more than
//! the limit, so that no input costs the machine what it asks for.
//!
//! `unsafe` here: that allocator, which passes everything on to the system's.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use common::{FILES, Input, Kind, Sessions, call, is_right, load};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// Counts what is allocated, and refuses what would exceed [`LIMIT`].
struct Limited;

static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// A new block's octets, if they fit.
fn take(size: usize) -> bool {
    let fits = LIVE.fetch_add(size, Relaxed).saturating_add(size) <= LIMIT.load(Relaxed);
    if !fits {
        LIVE.fetch_sub(size, Relaxed);
    }
    fits
}

// SAFETY: blocks are the system allocator's, with the layouts the caller gave; a null
// pointer is the way to refuse. Nothing here allocates or unwinds.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;

const CHILD: &str = "GAUNTLET_CHILD";
const STACK: &str = "GAUNTLET_STACK";

/// In octets: far more than any valid input takes, far less than a hostile one asks for.
/// Twice what the packages have, since pointers are twice as large.
const MEMORY: usize = 128 << 20;
/// In octets. On the small stack a level of recursion is had some thousand times at most;
/// the large one is reserved, and used only as far as it is needed.
const SMALL: usize = 256 << 10;
const LARGE: usize = 1 << 30;

/// In a child, runs the input that it was started for on a stack of the size it was told.
fn be_a_child() -> bool {
    let Ok(which) = env::var(CHILD) else {
        return false;
    };
    let (file, name) = which.split_once('/').expect("a file and an input");
    let file = load(file);
    let input = file.inputs.into_iter().find(|input| input.name == name);
    let input = input.expect("an input of that name");
    let size = env::var(STACK).expect("a stack").parse().expect("a number");
    let run = move || {
        LIMIT.store(MEMORY, Relaxed);
        let got = call(&input, &mut Sessions::new());
        LIMIT.store(usize::MAX, Relaxed);
        assert!(is_right(&input, &got), "wrong, or nothing stated");
        println!("right");
    };
    let child = thread::Builder::new().stack_size(size).spawn(run);
    child.expect("a thread").join().expect("a right answer");
    true
}

/// Runs `input` in a child of the test named `test`.
fn child(test: &str, file: &str, input: &Input, stack: usize) -> Output {
    Command::new(env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, format!("{file}/{}", input.name))
        .env(STACK, stack.to_string())
        .output()
        .expect("a child")
}

/// The inputs of every file that `take` wants, with the file's name.
fn inputs(take: impl Fn(&Input) -> bool) -> Vec<(&'static str, Input)> {
    let of = |name| {
        load(name)
            .inputs
            .into_iter()
            .map(move |input| (name, input))
    };
    let all = FILES.into_iter().flat_map(of);
    all.filter(|(_, input)| take(input)).collect()
}

/// How large the request was that could not be met, as std reports it.
fn refused_request(output: &Output) -> Option<usize> {
    let text = String::from_utf8_lossy(&output.stderr);
    let (_, rest) = text.split_once("memory allocation of ")?;
    rest.split_once(" bytes failed")?.0.parse().ok()
}

#[test]
fn memory_is_exhausted_by_the_request_that_is_stated() {
    if be_a_child() {
        return;
    }
    let hungry = inputs(|input| input.error.as_deref() == Some("OutOfMemoryError"));
    assert!(hungry.len() >= 10, "too few inputs");
    for (file, input) in hungry {
        let test = "memory_is_exhausted_by_the_request_that_is_stated";
        let output = child(test, file, &input, LARGE);
        let what = format!("{file}: {}: {output:?}", input.name);
        assert!(!output.status.success(), "{what}");
        let refused = refused_request(&output).expect(&what);
        // What a namespace is noted in is twice as large where pointers are.
        let there = if file == "quick-xml" {
            refused / 2
        } else {
            refused
        };
        assert!(input.requested.allows(&there), "{what}");
    }
}

#[test]
fn a_stack_is_exhausted() {
    if be_a_child() {
        return;
    }
    let deep = inputs(|input| input.kind == Kind::Later);
    assert!(deep.len() >= 10, "too few inputs");
    for (file, input) in deep {
        let output = child("a_stack_is_exhausted", file, &input, SMALL);
        let text = String::from_utf8_lossy(&output.stderr);
        let what = format!("{file}: {}: {output:?}", input.name);
        assert!(!output.status.success(), "{what}");
        assert!(text.contains("overflowed its stack"), "{what}");
        // It is the depth alone: where the stack suffices, the input has its right end.
        // The alias of what it is in has none: see below.
        if file != "serde_yaml" {
            let output = child("a_stack_is_exhausted", file, &input, LARGE);
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("right"), "{file}: {}: {output:?}", input.name);
        }
    }
}

/// A value that only counts how deep it is, and stops at some depth.
struct Levels;

thread_local! {
    static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

const ENOUGH: u32 = 10_000;

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DEPTH.set(DEPTH.get() + 1);
        if DEPTH.get() == ENOUGH {
            return Err(D::Error::custom("deep enough"));
        }
        deserializer.deserialize_any(Levels)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sequences and mappings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Levels>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<String, Levels>()?.is_some() {}
        Ok(self)
    }
}

/// Some ten octets are as deep as anyone looks.
#[test]
fn an_alias_of_what_it_is_in_has_no_end() {
    let endless = inputs(|input| input.kind == Kind::Later && input.call.starts_with("serde"));
    assert!(endless.len() >= 3, "too few inputs");
    for (_, input) in endless {
        let text = input.text.make();
        let run = move || {
            let end = serde_yaml::from_str::<Levels>(&text)
                .err()
                .map(|error| error.to_string());
            (DEPTH.get(), end)
        };
        let child = thread::Builder::new().stack_size(LARGE).spawn(run);
        let (depth, end) = child.expect("a thread").join().expect("an end");
        assert_eq!(depth, ENOUGH, "{}", input.name);
        assert!(
            end.is_some_and(|end| end.contains("deep enough")),
            "{}",
            input.name
        );
    }
}
