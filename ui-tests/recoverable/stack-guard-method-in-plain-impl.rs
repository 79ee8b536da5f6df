use recover_runtime::recoverable;

pub struct Store;

impl Store {
    #[recoverable(stack_guard)]
    pub fn size(&self) -> u32 {
        0
    }
}

fn main() {}
