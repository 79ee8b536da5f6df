//! Node has no graphics, which the crate says.

use recover_runtime::recoverable;
use wgpu::{Instance, RequestAdapterOptions};

#[recoverable]
pub async fn wgpu() -> String {
    let adapter = Instance::default().request_adapter(&RequestAdapterOptions::default());
    match adapter.await {
        Err(_) => "no adapter".to_owned(),
        Ok(adapter) => adapter.get_info().name,
    }
}
