use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    pub fn into_size(self: Box<Self>) -> u32 {
        self.size
    }
}

fn main() {}
