//! A value there and back, by its own traits.

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};
use tsify::Tsify;

#[derive(Serialize, Deserialize, Tsify)]
pub struct Size {
    width: u32,
    height: u32,
}

#[recoverable]
pub fn tsify() -> String {
    let value = Size {
        width: 2,
        height: 3,
    }
    .into_js()
    .unwrap();
    let Size { width, height } = Size::from_js(value).unwrap();
    (width * height).to_string()
}
