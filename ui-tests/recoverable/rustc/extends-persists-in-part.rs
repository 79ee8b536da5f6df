use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

#[recoverable]
#[derive(Serialize, Deserialize)]
pub struct Base {
    value: u32,
}

#[recoverable(extends = Base, persist = "journal")] //~ ERROR evaluation panicked: a class and the one that it extends are one object, and persist both or not at all
#[derive(Serialize, Deserialize)]
pub struct Store {
    size: u32,
}

#[recoverable(persist = "snapshot")]
#[derive(Serialize, Deserialize)]
pub struct Kept {
    value: u32,
}

#[recoverable(extends = Kept)] //~ ERROR evaluation panicked: a class and the one that it extends are one object, and persist both or not at all
pub struct Loose {
    size: u32,
}

fn main() {}
