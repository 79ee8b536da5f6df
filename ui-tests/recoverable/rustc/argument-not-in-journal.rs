use recover_runtime::{JsValue, recoverable};

#[recoverable(persist = "journal")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store {
    pub fn put(&mut self, value: JsValue) { //~ ERROR evaluation panicked: the argument `value` of `Store::put` can't be in a journal
        let _ = value;
        self.size += 1;
    }
    pub fn exchange(&mut self, other: &mut Store) { //~ ERROR evaluation panicked: the argument `other` of `Store::exchange` can't be in a journal
        std::mem::swap(self, other);
    }
    #[recoverable(no_journal)]
    pub fn put_all(&mut self, values: Vec<JsValue>) {
        self.size += values.len() as u32;
    }
}

fn main() {}
