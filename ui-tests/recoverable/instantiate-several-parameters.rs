use recover_runtime::recoverable;

#[recoverable(instantiate(K = u32, f64, V = u32))]
pub struct Pair<K, V> {
    key: K,
    value: V,
}

fn main() {}
