use recover_runtime::recoverable;

#[recoverable]
pub struct Base;

#[recoverable(extends = Base, instantiate(T = u32))]
pub struct Store<T> {
    value: T,
}

fn main() {}
