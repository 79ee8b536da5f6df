use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied //~ NOTE required by a bound in `Cell`
pub struct Cell<T: Copy> {
    value: T,
}

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied
impl<T: Copy> Cell<T> {
    #[recoverable(getter)]
    pub fn value(&self) -> T {
        self.value
    }

    #[recoverable(setter)]
    pub fn set_value(&mut self, value: T) {
        self.value = value;
    }
}

fn main() {}
