use recover_runtime::recoverable;

#[recoverable(js_name = "BusyError")]
pub struct Store {
    size: u32,
}

fn main() {}
