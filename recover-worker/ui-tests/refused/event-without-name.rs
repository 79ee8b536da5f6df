use recover_worker::recoverable;
use worker::{Context, Env, Request, Response, Result};

#[recoverable]
#[event(respond_with_errors)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::ok("")
}

fn main() {}
