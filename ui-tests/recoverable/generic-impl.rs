use recover_runtime::recoverable;

pub struct Store<T> {
    values: Vec<T>,
}

#[recoverable]
impl<T> Store<T> {
    pub fn len(&self) -> usize {
        self.values.len()
    }
}

fn main() {}
