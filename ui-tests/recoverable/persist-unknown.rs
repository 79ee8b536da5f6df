use recover_runtime::recoverable;

#[recoverable(persist = "disk")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
