use recover_runtime::recoverable;

pub struct Ledger;

#[recoverable(resource)]
impl Ledger {
    pub fn total(&self) -> u32 {
        0
    }
}

fn main() {}
