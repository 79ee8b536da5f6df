use recover_runtime::recoverable;

pub enum Kind {
    Book,
}

#[recoverable]
pub fn price(kind: Kind) -> u32 { //~ ERROR `Kind` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct or enum
    match kind {
        Kind::Book => 10,
    }
}

#[recoverable]
pub fn prices(kinds: Vec<Kind>) -> u32 { //~ ERROR `Vec<Kind>` can't be an argument of an export
    kinds.len() as u32
}

fn main() {}
