use recover_runtime::recoverable;

use std::fmt::Display;

pub struct Silent;

#[recoverable(instantiate(T = u32, Vec<u32>))] //~ ERROR `Vec<u32>` doesn't implement `std::fmt::Display`
pub fn shout<T: Display>(value: T) -> String {
    value.to_string()
}

fn main() {}
