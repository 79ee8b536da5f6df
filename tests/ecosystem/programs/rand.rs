//! A random number.

use rand::RngExt;
use recover_runtime::recoverable;

#[recoverable]
pub fn rand() -> String {
    (1..=6)
        .contains(&rand::rng().random_range(1..=6))
        .to_string()
}
