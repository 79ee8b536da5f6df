use recover_runtime::recoverable;

macro_rules! total {
    () => {
        pub fn total(&self) -> u32 {
            0
        }
    };
}

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl Ledger {
    total!();
}

fn main() {}
