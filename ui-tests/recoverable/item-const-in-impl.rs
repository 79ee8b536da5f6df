use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable]
    pub const LIMIT: u32 = 10;
}

fn main() {}
