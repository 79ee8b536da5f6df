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
    pub fn value(&self) -> T { //~ ERROR `value` exists for struct `Store<String>`, but its trait bounds were not satisfied
        self.value
    }

    pub fn set(&mut self, value: T) { //~ ERROR `set` exists for struct `Store<String>`, but its trait bounds were not satisfied
        self.value = value;
    }
}

fn main() {}
