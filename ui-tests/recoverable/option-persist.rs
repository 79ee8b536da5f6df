use recover_runtime::recoverable;

#[recoverable(persist = "journal")]
pub struct Store {
    size: u32,
}

fn main() {}
