use recover_runtime::recoverable;

#[recoverable(persist = "snapshot", version = 2, migrate = "from_v1")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn from_v1(before: u32) -> Store {
    Store { size: before }
}

fn main() {}
