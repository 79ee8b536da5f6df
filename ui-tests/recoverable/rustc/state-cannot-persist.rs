use recover_runtime::recoverable;

#[recoverable(persist = "journal")] //~ ERROR `Store` can't persist //~ NOTE derive `serde::Serialize`
pub struct Store {
    size: u32,
}

fn main() {}
