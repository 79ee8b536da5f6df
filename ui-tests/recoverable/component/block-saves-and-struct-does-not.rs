use recover_runtime::recoverable;
mod exports {
    pub use recover_runtime::component::types::Failure;
    pub trait GuestLedger {
        fn save(&self) -> Result<Vec<u8>, Failure>;
        fn restore(bytes: Vec<u8>) -> Result<Ledger, Failure>;
    }
    pub struct Ledger(());
    pub struct LedgerBorrow<'a>(&'a ());
    impl Ledger {
        pub fn new<T>(_: T) -> Self { loop {} }
        pub fn into_inner<T>(self) -> T { loop {} }
    }
    impl<'a> LedgerBorrow<'a> {
        pub fn get<T>(&self) -> &'a T { loop {} }
    }
}
#[recoverable(component)]
pub struct Ledger;

#[recoverable(resource = exports::GuestLedger, persist)] //~ ERROR there is nothing to save; write `persist = "journal"` on the struct
impl Ledger {}

fn main() {}
