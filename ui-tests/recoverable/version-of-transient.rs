use recover_runtime::recoverable;

#[recoverable(version = 2)]
pub struct Store {
    size: u32,
}

fn main() {}
