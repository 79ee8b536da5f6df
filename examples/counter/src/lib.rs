//! A counter whose every failure costs one call: what a Durable Object would hold. What
//! becomes of a failure in HTTP is in `room.mjs`.

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// Kept by the host as a journal of its calls.
#[recoverable(persist = "journal", on_panic = "rollback")]
#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: u32,
}

#[recoverable]
impl Counter {
    /// Counts from nothing.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Counter::default()
    }

    /// What was counted.
    #[recoverable(getter)]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// One more.
    pub fn add(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// Counts, and then panics.
    pub fn panic(&mut self) -> u8 {
        let hostile = self.add() as usize;
        [0_u8; 1][black_box(hostile)]
    }

    /// Counts, and then takes all the memory there is.
    pub fn exhaust(&mut self) {
        self.add();
        let mut blocks = Vec::new();
        loop {
            blocks.push(vec![1_u8; 1 << 20]);
            black_box(&blocks);
        }
    }

    /// Counts, and then recurses until the stack is full; nothing guards it.
    pub fn overflow(&mut self) -> u64 {
        self.add();
        deeper(1)
    }

    /// Counts, and then executes the instruction `unreachable`: an abort on wasm is that.
    pub fn unreachable(&mut self) {
        self.add();
        std::process::abort()
    }
}

fn deeper(level: u64) -> u64 {
    match black_box(level) {
        0 => 0,
        level => black_box(deeper(level + 1)) + 1,
    }
}
