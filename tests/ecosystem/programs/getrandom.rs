//! Random bytes of the host's.

use recover_runtime::recoverable;

#[recoverable]
pub fn getrandom() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().any(|byte| *byte != 0).to_string()
}
