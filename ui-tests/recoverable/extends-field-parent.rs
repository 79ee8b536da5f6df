use recover_runtime::recoverable;

#[recoverable]
pub struct Base;

#[recoverable(extends = Base)]
pub struct Store {
    parent: u32,
}

fn main() {}
