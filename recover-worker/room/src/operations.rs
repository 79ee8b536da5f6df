//! What clients ask of a room, and get: the protocol of examples/durable-object.

use recover_worker::recoverable;
use room_core::{Document, Refused};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::str::Chars;

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) op: String,
    #[serde(default, skip_serializing)]
    id: Option<Value>,
    #[serde(default, skip_serializing)]
    pub(crate) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// An answer; the status is that of HTTP.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answered {
    fn refused(status: u16, name: &str, code: &str, message: &str) -> Self {
        let error = json!({ "name": name, "code": code, "message": message, "retryable": false });
        let body = json!({ "status": status, "error": error });
        Answered { status, body }
    }
}

impl Request {
    /// Reads a request, whatever is in it.
    pub(crate) fn parse(text: &str) -> Result<Self, Answered> {
        let bad = |message: &str| Answered::refused(400, "BadRequest", "E_BAD_REQUEST", message);
        let value: Value = serde_json::from_str(text).map_err(|_| bad("a request is JSON"))?;
        let id = value.get("id").cloned();
        serde_json::from_value(value).map_err(|error| {
            let mut answered = bad(&error.to_string());
            if let Some(id) = id {
                answered.body["id"] = id;
            }
            answered
        })
    }

    /// Whether it changes the document.
    pub(crate) fn is_edit(&self) -> bool {
        ["insert", "delete", "shift", "fill"].contains(&&*self.op)
    }

    /// The answer to it.
    pub(crate) fn answered(&self, ended: Result<Value, Refused>) -> Answered {
        let mut answered = match ended {
            Ok(body) => Answered { status: 200, body },
            Err(refused) => {
                let (status, name, code) = match refused {
                    Refused::OutOfRange { .. } => (422, "OutOfRangeError", "E_OUT_OF_RANGE"),
                    Refused::Full => (413, "DocumentFullError", "E_FULL"),
                    Refused::Unbalanced => (422, "UnbalancedError", "E_UNBALANCED"),
                };
                Answered::refused(status, name, code, &refused.to_string())
            }
        };
        if let Some(id) = &self.id {
            answered.body["id"] = id.clone();
        }
        answered
    }

    /// The edit, for those who watch.
    pub(crate) fn edit(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What a part of a document is, and after which edit.
pub(crate) fn read(document: &Document, request: &Request) -> Result<(u32, String), Refused> {
    let (from, to) = (request.from.unwrap_or(0), request.to.unwrap_or(0));
    Ok((document.sequence(), document.read(from, to)?))
}

/// Does what is asked.
pub(crate) fn perform(document: &mut Document, request: &Request) -> Result<Value, Refused> {
    let text = request.text.as_deref().unwrap_or_default();
    let (at, from, to) = (
        request.at.unwrap_or(0),
        request.from.unwrap_or(0),
        request.to.unwrap_or(0),
    );
    let sequence = match &*request.op {
        "insert" => document.insert(at, text)?,
        "delete" => document.delete(from, to)?,
        "shift" => document.shift(from, to, at)?,
        "fill" => document.fill(at, text, request.times.unwrap_or(0))?,
        "read" => {
            let (sequence, result) = read(document, request)?;
            return Ok(json!({ "sequence": sequence, "result": result }));
        }
        "nesting" => {
            let result = guarded(&mut text.chars(), false)?;
            return Ok(json!({ "sequence": document.sequence(), "result": result }));
        }
        "nestingUnguarded" => {
            let result = room_core::nesting(text)?;
            return Ok(json!({ "sequence": document.sequence(), "result": result }));
        }
        "crash" => {
            document.crash();
            unreachable!("it ends the instance")
        }
        _ => return Err(Refused::Unbalanced),
    };
    Ok(json!({ "sequence": sequence, "length": document.length() }))
}

#[recoverable(stack_guard)]
fn guarded(text: &mut Chars<'_>, inside: bool) -> Result<u32, Refused> {
    room_core::level(text, inside, guarded)
}
