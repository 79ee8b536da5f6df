use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

#[recoverable(instantiate(T = u32, Vec<u32>), persist = "journal")] //~ ERROR the trait bound `Vec<u32>: Copy` is not satisfied //~ NOTE required by a bound in `Store`
#[derive(Serialize, Deserialize)]
pub struct Store<T: Copy> {
    pub value: T,
    pub size: u32,
    hidden: Vec<T>,
}

#[recoverable(instantiate(T = u32, Vec<u32>))] //~ ERROR the trait bound `Vec<u32>: Copy` is not satisfied
impl<T: Copy> Store<T> {
    pub fn put(&mut self, value: T, other: &Store<T>) -> Result<Store<T>, String> {
        (self.value, self.size) = (value, other.size);
        Err(String::new())
    }
}

#[recoverable(instantiate((T, N) = (u8, 2), (String, 3)), rollback = "clone", on_panic = "rollback")] //~ ERROR the trait bound `String: Copy` is not satisfied
#[derive(Clone)]
pub struct Row<T, const N: usize>(Vec<T>, pub T) where T: Copy;

fn main() {}
