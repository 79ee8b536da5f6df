use recover_runtime::recoverable;

#[recoverable(colour = "red")]
pub struct Store {
    #[recoverable(start)]
    pub size: u32,
}

#[recoverable]
impl Store {
    #[recoverable(constructor)]
    pub fn new() {}
    pub fn name(&self) -> &str {
        "store"
    }
    pub fn sync<T>(&mut self) {}
}

// The stubs stand in, so that this adds no error.
#[recoverable]
pub fn run(_: &Store) {}

fn main() {
    Store::new();
}
