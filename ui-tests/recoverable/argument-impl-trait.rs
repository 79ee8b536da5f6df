use recover_runtime::recoverable;

#[recoverable]
pub fn run(by: impl Into<u32>) -> u32 {
    by.into()
}

fn main() {}
