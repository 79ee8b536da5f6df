use recover_runtime::recoverable;

#[recoverable]
pub struct Store;

#[recoverable]
impl Store {
    #[recoverable(getter, instantiate(T = u32, f64))]
    pub fn size<T: From<u8>>(&self) -> T {
        T::from(0)
    }
}

fn main() {}
