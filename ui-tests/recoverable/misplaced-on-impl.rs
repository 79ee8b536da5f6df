use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable(js_name = "Shop")]
impl Store {
    pub fn fill(&mut self) {
        self.size += 1;
    }
}

fn main() {}
