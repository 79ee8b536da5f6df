use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied //~ NOTE required by a bound in `Cell`
pub struct Cell<T: Copy> {
    value: T,
}

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied
impl<T: Copy> Cell<T> {
    #[recoverable(constructor)]
    pub fn new(value: T) -> Self {
        Self { value }
    }

    pub fn get(&self) -> T {
        self.value
    }

    pub fn set(&mut self, value: T) -> T {
        std::mem::replace(&mut self.value, value)
    }
}

fn main() {}
