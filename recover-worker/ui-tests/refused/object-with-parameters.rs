use recover_worker::recoverable;

#[recoverable]
#[durable_object]
pub struct Room<T> {
    kept: T,
}

impl Room<u32> {
    pub fn kept(&self) -> u32 {
        self.kept
    }
}

fn main() {}
