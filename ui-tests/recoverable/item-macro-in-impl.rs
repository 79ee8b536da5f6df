use recover_runtime::recoverable;

macro_rules! methods {
    () => {
        pub fn run(&self) {}
    };
}

#[recoverable]
pub struct Store;

#[recoverable]
impl Store {
    methods!();
}

fn main() {}
