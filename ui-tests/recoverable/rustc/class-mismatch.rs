use recover_runtime::recoverable;

#[recoverable(js_name = "Shop")]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store { //~ ERROR the struct has another `js_name`; write the same name as `js_class`
    pub fn size(&self) -> u32 {
        self.size
    }
}

fn main() {}
