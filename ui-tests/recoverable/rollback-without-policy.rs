use recover_runtime::recoverable;

#[recoverable(rollback = "clone")]
#[derive(Clone)]
pub struct Store {
    size: u32,
}

fn main() {}
