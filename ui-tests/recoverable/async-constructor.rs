use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(constructor)]
    pub async fn open() -> Self {
        Store { size: 0 }
    }
}

fn main() {}
