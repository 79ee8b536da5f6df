use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
union Failure {
    code: u32,
}

fn main() {}
