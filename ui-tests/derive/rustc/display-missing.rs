use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure; //~ ERROR `Failure` derives `JsErrorClass` and has no message for JavaScript //~ NOTE derive `thiserror::Error`, or implement

fn main() {}
