use recover_runtime::{AbortSignal, recoverable};

#[recoverable(cancellable)]
pub async fn run(signal: Option<AbortSignal>) -> bool {
    signal.is_some()
}

fn main() {}
