use recover_runtime::recoverable;

#[recoverable(persist = "journal", snapshot_every = 0)]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
