use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    path: std::path::PathBuf, //~ ERROR a field of type `PathBuf` can't become a property of a JavaScript error //~ NOTE leave the field out with `#[js_error(skip)]`
}
impl std::fmt::Display for Failure {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

fn main() {}
