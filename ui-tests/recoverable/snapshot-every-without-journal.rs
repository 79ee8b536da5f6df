use recover_runtime::recoverable;

#[recoverable(persist = "snapshot", snapshot_every = 10)]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
