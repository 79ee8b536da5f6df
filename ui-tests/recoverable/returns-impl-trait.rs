use recover_runtime::recoverable;

#[recoverable]
pub fn run() -> impl Into<u32> {
    1u8
}

fn main() {}
