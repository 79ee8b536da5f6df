//! Signals. In wasm the crate renders to a DOM alone, which Node does not have.

use recover_runtime::recoverable;
use sycamore::reactive::{create_memo, create_root, create_signal};
use sycamore::web::{GlobalProps, View, tags};

/// Built, not called.
pub fn view() -> View {
    let count = create_signal(1);
    tags::p().children(move || count.get()).into()
}

#[recoverable]
pub fn sycamore() -> String {
    let mut answer = String::new();
    let root = create_root(|| {
        let count = create_signal(1);
        let double = create_memo(move || count.get() * 2);
        count.set(4);
        answer = double.get().to_string();
    });
    root.dispose();
    answer
}
