use recover_runtime::recoverable;

pub struct Point {
    pub x: u32,
}

#[recoverable(instantiate(T = u32, Point))]
pub struct Store<T> {
    value: T,
}

#[recoverable(instantiate(T = u32, Point))] //~ ERROR `Point` can't be returned to JavaScript
impl<T> Store<T> {
    pub fn into_value(self) -> T {
        self.value
    }
}

#[recoverable(instantiate(T = u32, Point))] //~ ERROR `Point` can't be an argument of an export
pub fn forget<T>(value: T) {
    drop(value);
}

fn main() {}
