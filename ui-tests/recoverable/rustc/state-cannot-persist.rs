use recover_runtime::recoverable;

#[recoverable(persist = "journal")]
pub struct Store { //~ ERROR `Store` can't persist //~ NOTE derive `serde::Serialize`
    size: u32,
}

fn main() {}
