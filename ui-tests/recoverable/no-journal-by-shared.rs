use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(no_journal)]
    pub fn read(&self) -> u32 {
        0
    }
}

fn main() {}
