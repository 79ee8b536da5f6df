use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    pub fn size(&self) -> Option<&u32> {
        Some(&self.size)
    }
}

fn main() {}
