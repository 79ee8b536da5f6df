use recover_runtime::recoverable;

#[recoverable(
    component,
    js_name = "Book",
    inspectable,
    extends = Other,
    instantiate(T = u32)
)]
pub struct Ledger {
    #[recoverable(readonly)]
    pub total: u32,
    #[recoverable(js_name = "kept")]
    pub entries: u32,
}

fn main() {}
