use recover_runtime::recoverable;

#[recoverable]
pub fn run(#[recoverable(variadic)] all: Vec<u32>) -> usize {
    all.len()
}

fn main() {}
