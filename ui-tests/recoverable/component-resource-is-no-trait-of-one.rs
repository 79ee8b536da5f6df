use recover_runtime::recoverable;

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::Ledger)]
impl Ledger {
    pub fn total(&self) -> u32 {
        0
    }
}

fn main() {}
