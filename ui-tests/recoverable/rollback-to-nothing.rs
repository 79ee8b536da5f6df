use recover_runtime::recoverable;

#[recoverable(on_panic = "rollback")]
pub struct Store {
    size: u32,
}

fn main() {}
