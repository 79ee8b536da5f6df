use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    #[recoverable(readonly)]
    size: u32,
}

fn main() {}
