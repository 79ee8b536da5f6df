use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

impl Store {
    #[recoverable]
    pub fn size(&self) -> u32 {
        self.size
    }
}

fn main() {}
