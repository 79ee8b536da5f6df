use recover_runtime::recoverable;

#[recoverable]
pub struct Store<T> {
    values: Vec<T>,
}

fn main() {}
