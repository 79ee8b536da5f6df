use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(getter)]
    pub async fn size(&self) -> u32 {
        self.size
    }
}

fn main() {}
