use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Clone for Store {
    fn clone(&self) -> Self {
        Store { size: self.size }
    }
}

fn main() {}
