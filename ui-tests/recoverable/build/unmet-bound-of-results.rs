use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied //~ NOTE required by a bound in `Cell`
pub struct Cell<T: Copy> {
    value: T,
}

#[recoverable(instantiate(T = u32, String))] //~ ERROR the trait bound `String: Copy` is not satisfied
impl<T: Copy> Cell<T> {
    pub fn get(&self) -> Result<T, String> {
        Ok(self.value)
    }

    pub fn checked(&self, other: &Cell<T>) -> Result<Option<T>, std::num::ParseIntError> {
        Ok(Some(other.value))
    }

    pub async fn settle(&mut self, value: T) -> Result<Vec<T>, String> {
        Ok(vec![std::mem::replace(&mut self.value, value)])
    }
}

fn main() {}
