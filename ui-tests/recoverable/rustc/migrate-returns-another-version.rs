use recover_runtime::recoverable;

#[recoverable(persist = "snapshot", version = 3, migrate(from_v1, from_v2))] //~ ERROR a migration returns `Store`, and the next version is `StoreV2`
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

#[derive(serde::Deserialize)]
pub struct StoreV2 {
    size: u32,
}

fn from_v1(size: u32) -> Store {
    Store { size }
}

fn from_v2(StoreV2 { size }: StoreV2) -> Store {
    Store { size }
}

fn main() {}
