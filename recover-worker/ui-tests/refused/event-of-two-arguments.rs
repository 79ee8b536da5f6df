use recover_worker::recoverable;
use worker::{Env, Request, Response, Result};

#[recoverable]
#[event(fetch)]
async fn fetch(_request: Request, _env: Env) -> Result<Response> {
    Response::ok("")
}

fn main() {}
