#[recover_runtime::test]
fn adds<T: Default>() {
    drop(T::default());
}

fn main() {}
