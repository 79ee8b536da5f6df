use recover_runtime::recoverable;

#[recoverable]
pub fn run() -> (u32, u32) { //~ ERROR `(u32, u32)` can't be returned to JavaScript
    (1, 2)
}

fn main() {}
