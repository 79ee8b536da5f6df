use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    pub fn free(&mut self) {
        self.size = 0;
    }
}

fn main() {}
