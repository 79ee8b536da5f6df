use recover_runtime::recoverable;

#[recoverable]
pub fn run(first: u32, #[cfg(unix)] _second: u32) -> u32 {
    first
}

fn main() {}
