use recover_runtime::recoverable;

#[recoverable(on_panic = "rollback", rollback = "journal")]
#[derive(Clone)]
pub struct Store {
    size: u32,
}

fn main() {}
