//! What fetch answers for a URL that holds its own data.

use gloo_net::http::Request;
use recover_runtime::recoverable;

#[recoverable]
pub async fn gloo_net() -> String {
    let answer = Request::get("data:text/plain,hello").send().await.unwrap();
    answer.text().await.unwrap()
}
