//! A component, rendered to a string.

use recover_runtime::recoverable;
use yew::{LocalServerRenderer, Properties, function_component, html};

#[derive(Properties, PartialEq)]
struct Name {
    name: String,
}

#[function_component]
fn Hello(of: &Name) -> yew::Html {
    let length = yew::use_state(|| of.name.len());
    html! { <p>{ "Hello " }{ &of.name }{ *length }</p> }
}

#[recoverable]
pub async fn yew() -> String {
    let props = Name {
        name: "you".to_owned(),
    };
    LocalServerRenderer::<Hello>::with_props(props)
        .hydratable(false)
        .render()
        .await
}
