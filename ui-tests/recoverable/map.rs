use recover_runtime::recoverable;
use std::collections::{BTreeMap, HashMap};

#[recoverable]
pub fn count(words: HashMap<String, u32>) -> Option<BTreeMap<String, u32>> {
    (words.len() > 1).then(|| words.into_iter().collect())
}

fn main() {}
