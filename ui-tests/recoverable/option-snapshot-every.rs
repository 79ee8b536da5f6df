use recover_runtime::recoverable;

#[recoverable(snapshot_every = 100)]
pub struct Store {
    size: u32,
}

fn main() {}
