use recover_runtime::recoverable;

#[recoverable]
pub fn run(by: Option<impl Into<u32>>) -> bool {
    by.is_some()
}

fn main() {}
