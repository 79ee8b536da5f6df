use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32))]
pub struct Store<T> {
    value: T,
}

#[recoverable(instantiate(T = u32, f64))]
impl<T: Copy> Store<T> { //~ ERROR `Store<f64>` is not exported
    pub fn value(&self) -> T {
        self.value
    }
}

fn main() {}
