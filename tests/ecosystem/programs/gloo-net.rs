//! What a server answers.

use gloo_net::http::Request;
use recover_runtime::recoverable;

#[recoverable]
pub async fn gloo_net(url: String) -> String {
    let answer = Request::get(&url).send().await.unwrap();
    answer.text().await.unwrap()
}
