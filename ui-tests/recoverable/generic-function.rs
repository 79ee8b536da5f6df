use recover_runtime::recoverable;

#[recoverable]
pub fn run<T>(values: Vec<T>) -> usize {
    values.len()
}

fn main() {}
