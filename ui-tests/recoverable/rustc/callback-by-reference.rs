use recover_runtime::{Callback, callback};

pub fn make() -> Callback {
    callback(|text: &str| text.len() as u32) //~ ERROR this closure can't be called by JavaScript
}

fn main() {}
