use recover_runtime::recoverable;

#[recoverable]
pub struct Ledger;

#[recoverable(apart)]
impl Ledger {
    pub fn total(&self) -> u32 {
        0
    }
}

fn main() {}
