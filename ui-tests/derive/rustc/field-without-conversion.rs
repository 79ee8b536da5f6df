use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    path: std::path::PathBuf,
}
impl std::fmt::Display for Failure {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

fn main() {}
