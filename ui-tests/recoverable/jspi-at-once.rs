use recover_runtime::recoverable;

#[recoverable]
pub struct Counter;

#[recoverable]
impl Counter {
    #[recoverable(constructor, jspi)]
    pub fn new() -> Counter {
        Counter
    }

    #[recoverable(getter, jspi)]
    pub fn value(&self) -> u32 {
        1
    }

    #[recoverable(setter, jspi)]
    pub fn set_value(&mut self, _value: u32) {}
}

fn main() {}
