use recover_runtime::recoverable;

#[recoverable(extends_js_class = "Parent")]
pub struct Store {
    size: u32,
}

fn main() {}
