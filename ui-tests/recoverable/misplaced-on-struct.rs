use recover_runtime::recoverable;

#[recoverable(readonly)]
pub struct Store {
    size: u32,
}

fn main() {}
