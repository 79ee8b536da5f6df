use recover_runtime::recoverable;

#[recoverable(persist = "snapshot", on_panic = "rollback", rollback = "clone")]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
