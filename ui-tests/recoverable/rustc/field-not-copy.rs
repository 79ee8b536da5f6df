use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    pub name: String, //~ ERROR a public field of type `String` can't be copied out to JavaScript //~ NOTE getter_with_clone
}

fn main() {}
