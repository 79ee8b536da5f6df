use recover_runtime::recoverable;

#[recoverable(instantiate((K, V) = (u32, f64), u32))]
pub struct Pair<K, V> {
    key: K,
    value: V,
}

fn main() {}
