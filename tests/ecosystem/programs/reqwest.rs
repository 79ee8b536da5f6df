//! What a server answers.

use recover_runtime::recoverable;

#[recoverable]
pub async fn reqwest(url: String) -> String {
    let answer = reqwest::get(url).await.unwrap();
    answer.text().await.unwrap()
}
