use recover_runtime::recoverable;

#[recoverable]
pub struct Store<'a> {
    name: &'a str,
}

fn main() {}
