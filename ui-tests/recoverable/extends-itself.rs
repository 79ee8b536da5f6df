use recover_runtime::recoverable;

#[recoverable(extends = Store)]
pub struct Store {
    size: u32,
}

fn main() {}
