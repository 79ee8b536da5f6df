use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    pub fn fill<T: Into<u32>>(&mut self, by: T) {
        self.size += by.into();
    }
}

fn main() {}
