use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    type Store;
    #[recoverable(method, setter)]
    fn size(this: &Store, size: u32);
}

fn main() {}
