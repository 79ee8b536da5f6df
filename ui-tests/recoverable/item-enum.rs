use recover_runtime::recoverable;

#[recoverable]
pub enum Colour {
    Red,
    Green,
}

fn main() {}
