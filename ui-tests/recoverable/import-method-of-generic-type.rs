use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    type Store<T>;
    #[recoverable(method)]
    fn first<T>(this: &Store<T>) -> T;
}

fn main() {}
