use recover_runtime::recoverable;

#[recoverable(on_panic = "ignore")]
pub struct Store {
    size: u32,
}

fn main() {}
