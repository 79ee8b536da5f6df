use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(on_panic = "keep")]
    pub fn new() -> Self {
        Store { size: 0 }
    }
}

fn main() {}
