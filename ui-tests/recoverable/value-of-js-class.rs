use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable(js_class)]
impl Store {
    pub fn new() -> Self {
        Store { size: 0 }
    }
}

fn main() {}
