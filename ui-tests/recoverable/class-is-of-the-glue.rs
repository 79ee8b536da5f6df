use recover_runtime::recoverable;

#[recoverable]
pub struct Object {
    pub size: u32,
}

fn main() {}
