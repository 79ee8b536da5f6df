use recover_runtime::recoverable;

#[recoverable(memory_limit = "64MiB")]
pub struct Store {
    size: u32,
}

fn main() {}
