use recover_runtime::recoverable;

#[recoverable]
pub unsafe extern "C" fn run(first: u32, _: ...) -> u32 {
    first
}

fn main() {}
