use recover_runtime::recoverable;

#[recoverable(persist = "snapshot", version = 4294967296)]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
