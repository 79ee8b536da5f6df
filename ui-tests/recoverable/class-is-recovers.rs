use recover_runtime::recoverable;

#[recoverable]
pub struct PanicError {
    code: u32,
}

fn main() {}
