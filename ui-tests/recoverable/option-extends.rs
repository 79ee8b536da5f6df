use recover_runtime::recoverable;

#[recoverable(extends = Parent)]
pub struct Store {
    size: u32,
}

fn main() {}
