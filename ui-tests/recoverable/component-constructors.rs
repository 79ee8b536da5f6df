use recover_runtime::recoverable;

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl Ledger {
    #[recoverable(constructor)]
    pub fn new(&self) -> Self {
        Ledger
    }
    #[recoverable(constructor)]
    pub fn open() {}
}

fn main() {}
