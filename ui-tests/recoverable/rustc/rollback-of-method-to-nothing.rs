use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store { //~ ERROR evaluation panicked: there is nothing to roll back to
    #[recoverable(on_panic = "rollback")]
    pub fn fill(&mut self) {
        self.size += 1;
    }
}

fn main() {}
