use recover_runtime::recoverable;

#[recoverable(experimental_generic_mono)]
extern "C" {
    fn first<T>(store: &T) -> T;
}

fn main() {}
