use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(concurrency = "wait")]
    pub async fn fill(&mut self) {
        self.size += 1;
    }
}

fn main() {}
