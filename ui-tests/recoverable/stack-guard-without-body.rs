use recover_runtime::recoverable;

pub trait Walk {
    #[recoverable(stack_guard)]
    fn walk(&self, levels: u32) -> u32;
}

fn main() {}
