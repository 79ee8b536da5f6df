use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(setter)]
    pub fn resize(&mut self, size: u32) {
        self.size = size;
    }
}

fn main() {}
