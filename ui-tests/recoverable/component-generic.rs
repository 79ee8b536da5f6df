use recover_runtime::recoverable;

#[recoverable(component)]
pub struct Shelf<T> {
    _items: Vec<T>,
}

#[recoverable(resource = exports::bank::shelves::GuestShelf)]
impl<T> Shelf<T> {
    pub fn total(&self) -> u32 {
        0
    }
}

pub struct Plain;

#[recoverable(resource = exports::bank::plain::GuestPlain)]
impl Plain {
    pub fn largest<T: Ord>(&self, _of: Vec<T>) {}
}

fn main() {}
