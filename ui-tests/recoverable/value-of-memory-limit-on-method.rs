use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(memory_limit = "4GiB")]
    pub fn put(&mut self, data: Vec<u8>) -> usize {
        data.len()
    }
}

fn main() {}
