use recover_runtime::recoverable;

#[recoverable]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Base {
    value: u32,
}

#[recoverable(extends = Base, persist = "journal")] //~ ERROR evaluation panicked: a class and the one that it extends are one object
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

fn main() {}
