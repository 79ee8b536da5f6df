use recover_runtime::recoverable;

#[recoverable]
pub mod store {
    pub fn run() {}
}

fn main() {}
