//! A blob and a part of it. Node has no FileReader, which would read them.

use gloo_file::Blob;
use recover_runtime::recoverable;

#[recoverable]
pub fn gloo_file() -> String {
    let blob = Blob::new("hello");
    format!("{} {}", blob.size(), blob.slice(1, 3).size())
}
