use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Store { size: 0 }
    }
    #[recoverable(constructor)]
    pub fn of(size: u32) -> Self {
        Store { size }
    }
}

fn main() {}
