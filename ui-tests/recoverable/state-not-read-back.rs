use recover_runtime::recoverable;

#[recoverable(persist = "journal")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind")]
pub struct Store {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing)]
    secret: String,
    #[serde(skip_deserializing)]
    made: u32,
    #[serde(flatten)]
    place: std::collections::BTreeMap<String, u32>,
    #[serde(skip)]
    cache: Option<String>,
    #[serde(skip_serializing, skip_deserializing)]
    other: Option<String>,
}

fn main() {}
