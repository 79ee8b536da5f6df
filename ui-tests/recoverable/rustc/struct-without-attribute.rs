use recover_runtime::{JsValue, recoverable};

pub struct Store {
    size: u32,
}

#[recoverable]
impl Store { //~ ERROR `Store` is not exported //~ NOTE put `#[recoverable]` on the struct
    #[recoverable(constructor)]
    pub fn new() -> Store {
        Store { size: 0 }
    }
    pub fn grow(&mut self, by: u32) -> Result<u32, JsValue> {
        self.size += by;
        Ok(self.size)
    }
    pub fn merge(self, other: &Self) -> Option<Self> {
        (other.size > 0).then_some(self)
    }
    pub async fn wait(&self) -> u32 {
        self.size
    }
}

fn main() {}
