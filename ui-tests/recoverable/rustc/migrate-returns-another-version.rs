use recover_runtime::recoverable;

#[derive(serde::Deserialize)]
pub struct StoreV1 {
    size: u32,
}

#[derive(serde::Deserialize)]
pub struct StoreV2 {
    size: u64,
}

fn from_v1(before: StoreV1) -> Store {
    Store { size: before.size }
}

fn from_v2(before: StoreV2) -> Store {
    Store { size: before.size as u32 }
}

#[recoverable(persist = "snapshot", version = 3, migrate(from_v1, from_v2))] //~ ERROR a migration returns `Store`, and the next version is `StoreV2`
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
