use recover_runtime::recoverable;

#[recoverable(extends_js_class = "Base", extends_js_namespace = "zoo")]
pub struct Store {
    size: u32,
}

fn main() {}
