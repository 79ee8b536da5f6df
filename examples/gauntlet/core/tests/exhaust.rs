//! Proves on the host the inputs that exhaust the memory or the stack.
//!
//! Either ends the process, so each runs in a child: this test again, told by the
//! environment which input it is. There an allocator refuses what would take more than
//! the limit, so that no input costs the machine what it asks for.
//!
//! `unsafe` here: that allocator, which passes everything on to the system's.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::env;
use std::marker::PhantomData;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use common::{FILES, Input, Sessions, call, is_right, load};
use gauntlet_core::{Shape, ShapeVisitor};
use serde::de::{Deserialize, Deserializer, Error};

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

/// Whether it is the stack that `input` exhausts, if nothing guards it.
fn is_deep(input: &Input) -> bool {
    let ends = ["InstanceAbortedError", "StackOverflowError"];
    input
        .error
        .as_deref()
        .is_some_and(|error| ends.contains(&error))
}

#[test]
fn a_stack_is_exhausted() {
    if be_a_child() {
        return;
    }
    let deep = inputs(is_deep);
    assert!(deep.len() >= 14, "too few inputs");
    for (file, input) in deep {
        let output = child("a_stack_is_exhausted", file, &input, SMALL);
        let text = String::from_utf8_lossy(&output.stderr);
        let what = format!("{file}: {}: {output:?}", input.name);
        assert!(!output.status.success(), "{what}");
        assert!(text.contains("overflowed its stack"), "{what}");
        // It is the depth alone: where the stack suffices, the input has its right end.
        // The alias of what it is in has none: see below.
        if !input.call.starts_with("serde") {
            let output = child("a_stack_is_exhausted", file, &input, LARGE);
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("right"), "{file}: {}: {output:?}", input.name);
        }
    }
}

/// A value that counts how deep it is, and stops at some depth.
struct Levels(Shape);

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

const ENOUGH: u32 = 10_000;

impl From<Levels> for Shape {
    fn from(levels: Levels) -> Self {
        levels.0
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let depth = DEPTH.replace(DEPTH.get() + 1);
        if depth == ENOUGH {
            return Err(D::Error::custom("deep enough"));
        }
        let visitor = ShapeVisitor::<Levels>(PhantomData);
        let shape = deserializer.deserialize_any(visitor)?;
        DEPTH.set(depth);
        Ok(Levels(shape))
    }
}

/// Some ten octets are as deep as anyone looks.
#[test]
fn an_alias_of_what_it_is_in_has_no_end() {
    let endless = inputs(|input| is_deep(input) && input.call.starts_with("serde"));
    assert!(endless.len() >= 7, "too few inputs");
    for (_, input) in endless {
        let text = input.text.make();
        let run = move || {
            let end = serde_yaml::from_str::<Levels>(&text).err();
            end.map(|error| error.to_string())
        };
        let child = thread::Builder::new().stack_size(LARGE).spawn(run);
        let end = child.expect("a thread").join().expect("an end");
        let deep = end.as_ref().is_some_and(|end| end.contains("deep enough"));
        assert!(deep, "{}: {end:?}", input.name);
    }
}
