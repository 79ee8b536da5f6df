//! What fetch answers for a URL that holds its own data.

use recover_runtime::recoverable;

#[recoverable]
pub async fn reqwest() -> String {
    let answer = reqwest::get("data:text/plain,hello").await.unwrap();
    answer.text().await.unwrap()
}
