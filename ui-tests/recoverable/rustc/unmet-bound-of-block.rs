use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, String))]
pub struct Store<T> {
    value: T,
}

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied
impl<T> Store<T>
where
    T: Copy,
{
    pub fn value(&self) -> T {
        self.value
    }

    pub async fn wait(&mut self, value: &str) -> Result<Vec<T>, String> {
        Err(value.to_owned())
    }
}

fn main() {}
