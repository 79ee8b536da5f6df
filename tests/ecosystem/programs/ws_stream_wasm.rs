//! A connection that is refused, which its events tell.

use recover_runtime::recoverable;
use ws_stream_wasm::{WsErr, WsMeta};

#[recoverable]
pub async fn ws_stream_wasm() -> String {
    match WsMeta::connect("ws://127.0.0.1:9", None).await {
        Err(WsErr::ConnectionFailed { .. }) => "refused".to_owned(),
        other => format!("{other:?}"),
    }
}
