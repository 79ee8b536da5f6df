use recover_runtime::recoverable;

#[recoverable]
pub struct Ledger;

#[recoverable(persist)]
impl Ledger {
    pub fn total(&self) -> u32 {
        0
    }
}

fn main() {}
