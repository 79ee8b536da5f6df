//! Two futures side by side, and a stream.

use futures::{StreamExt, future, stream};
use recover_runtime::recoverable;

#[recoverable]
pub async fn futures() -> String {
    let sum = stream::iter(1..=4).fold(0, |sum, n| future::ready(sum + n));
    let (sum, seven) = future::join(sum, future::ready(7)).await;
    (sum + seven).to_string()
}
