use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable]
impl Store { //~ ERROR `Store` is not exported
    pub fn size(&self) -> u32 {
        self.size
    }
}

fn main() {}
