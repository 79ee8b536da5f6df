use recover_runtime::recoverable;

pub trait GuestLedger {
    fn total(&self) -> u32;
}

pub struct Ledger;

#[recoverable]
impl GuestLedger for Ledger {
    fn total(&self) -> u32 {
        0
    }
}

fn main() {}
