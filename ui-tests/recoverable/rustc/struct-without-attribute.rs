use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable] //~ ERROR `Store` is not exported
impl Store { //~ ERROR `Store` is not exported //~ NOTE put `#[recoverable]` on the struct
    pub fn size(&self) -> u32 {
        self.size
    }
}

fn main() {}
