use recover_runtime::recoverable;

#[recoverable(cancellable, variadic)]
pub async fn run(rest: Vec<u32>) -> usize {
    rest.len()
}

fn main() {}
