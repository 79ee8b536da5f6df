use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, Vec<u32>))] //~ ERRORS the trait bound `Vec<u32>: Copy` is not satisfied
pub struct Store<T: Copy> {
    value: T,
}

fn main() {}
