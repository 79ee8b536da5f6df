use recover_runtime::recoverable;

#[recoverable(persist = "snapshot")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Base {
    value: u32,
}

#[recoverable(extends = Base)] //~ ERROR evaluation panicked: a class and the one that it extends are one object
pub struct Store {
    size: u32,
}

fn main() {}
