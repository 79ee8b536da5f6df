use recover_runtime::recoverable;
use std::rc::Rc;

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl Ledger {
    pub fn close(self) {}
    pub fn share(self: Rc<Self>) {}
    pub fn total(self: &Self) -> u32 {
        0
    }
}

fn main() {}
