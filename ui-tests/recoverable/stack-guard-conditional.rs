use recover_runtime::recoverable;

#[recoverable]
pub struct Tree(u32);

#[recoverable]
impl Tree {
    #[cfg_attr(all(), recoverable(stack_guard))]
    pub fn depth(&self) -> u32 {
        self.0
    }
}

fn main() {}
