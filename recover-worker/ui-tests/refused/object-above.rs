use recover_worker::recoverable;
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

#[durable_object]
#[recoverable]
#[derive(Serialize, Deserialize)]
pub struct Room {
    size: usize,
}

impl DurableObject for Room {
    fn new(_state: State, _env: Env) -> Self {
        Room { size: 0 }
    }
    async fn fetch(&self, _request: Request) -> Result<Response> {
        Response::ok(self.size.to_string())
    }
}

fn main() {}
