//! A view of a signal, rendered to a string.

use leptos::prelude::*;
use recover_runtime::recoverable;

#[recoverable]
pub fn leptos() -> String {
    let owner = Owner::new();
    owner.with(|| {
        let (count, set_count) = signal(1);
        set_count.set(2);
        view! { <p>{move || count.get()}</p> }.to_html()
    })
}
