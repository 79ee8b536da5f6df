use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(setter)]
    pub fn set_size(&mut self) {
        self.size = 0;
    }
}

fn main() {}
