use recover_runtime::recoverable;

#[recoverable]
pub struct Store;

#[recoverable]
impl &Store {
    pub fn run(&self) {}
}

fn main() {}
