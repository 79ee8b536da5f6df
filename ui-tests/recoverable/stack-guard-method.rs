use recover_runtime::recoverable;

#[recoverable]
pub struct Store;

#[recoverable]
impl Store {
    #[recoverable(stack_guard, max_depth = 0)]
    #[inline]
    const fn size(&self) -> u32 {
        0
    }
}

fn main() {}
