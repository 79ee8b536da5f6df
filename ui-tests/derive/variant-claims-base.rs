use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum StoreError {
    Store,
}

fn main() {}
