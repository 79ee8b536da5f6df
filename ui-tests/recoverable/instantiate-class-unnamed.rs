use recover_runtime::recoverable;

pub struct Store<T>(T);

#[recoverable]
impl Store<[u8; 4]> {
    pub fn size(&self) -> usize {
        4
    }
}

fn main() {}
