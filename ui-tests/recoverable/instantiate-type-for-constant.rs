use recover_runtime::recoverable;

#[recoverable(instantiate(N = 4, [u8; 4] as Four))]
pub fn run<const N: usize>() -> usize {
    N
}

fn main() {}
