//! Faults that belong to no object: memory, the stack, the end of the instance.

use std::hint::black_box;

/// One request, for more than there can be.
pub fn allocate(bytes: usize) -> usize {
    black_box(Vec::<u8>::with_capacity(bytes)).capacity()
}

/// Small requests, until there is no more.
pub fn fill() -> usize {
    let mut blocks: Vec<Box<[u8; 4096]>> = Vec::new();
    loop {
        blocks.push(Box::new([1; 4096]));
        black_box(&blocks);
    }
}

/// How long a text is that JavaScript passes in.
pub fn length(text: &str) -> usize {
    text.len()
}

/// Recursion that nothing bounds but `depth`.
pub fn nest(depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    black_box(nest(depth - 1)) + 1
}

/// A trap that is no panic.
pub fn abort() {
    std::process::abort()
}

/// A panic in a destructor that runs because of another.
pub fn panic_twice() {
    let _fuse = super::Fuse;
    panic!("the first of two");
}

/// A closure's fault.
pub fn ring() {
    panic!("the alarm went off");
}

/// What a call returns if all is well.
pub fn answer() -> u32 {
    42
}
