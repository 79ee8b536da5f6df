use recover_runtime::recoverable;

pub struct StoreV1 {
    size: u32,
}

fn from_v1(before: StoreV1) -> Store {
    Store { size: before.size }
}

#[recoverable(persist = "snapshot", version = 2, migrate = from_v1)] //~ ERROR bytes of an older version can't be read as `StoreV1` //~ NOTE by value
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
