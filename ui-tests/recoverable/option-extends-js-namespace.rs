use recover_runtime::recoverable;

#[recoverable(extends_js_namespace = "models")]
pub struct Store {
    size: u32,
}

fn main() {}
