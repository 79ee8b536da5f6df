use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    #[recoverable(fallback)]
    pub size: u32,
}

fn main() {}
