use recover_runtime::recoverable;

#[recoverable(jspi)]
pub async fn run() {}

fn main() {}
