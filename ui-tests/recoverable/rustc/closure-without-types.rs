use recover_runtime::{Callback, callback};

pub fn next() -> Callback {
    callback(|x| x + 1) //~ ERROR type annotations needed //~ NOTE consider giving this closure parameter an explicit type
}

pub fn length() -> Callback {
    callback(|text| text.len() as u32) //~ ERROR type annotations needed //~ NOTE consider giving this closure parameter an explicit type
}

pub fn log() -> Callback {
    callback(|text| drop(text)) //~ ERROR type annotations needed //~ NOTE consider giving this closure parameter an explicit type
}

fn main() {}
