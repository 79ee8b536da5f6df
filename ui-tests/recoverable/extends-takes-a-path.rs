use recover_runtime::recoverable;

#[recoverable(extends = "a b")]
pub struct Store {
    size: u32,
}

fn main() {}
