use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(getter)]
    pub fn size(&self, by: u32) -> u32 {
        self.size * by
    }
}

fn main() {}
