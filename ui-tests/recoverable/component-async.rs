use recover_runtime::recoverable;

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl Ledger {
    pub async fn sync(&self) {}
}

pub struct Component;

#[recoverable]
impl Guest for Component {
    async fn parse(text: String) -> usize {
        text.len()
    }
}

fn main() {}
