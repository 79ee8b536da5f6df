//! The room of examples/durable-object as a Worker in Rust alone: the same requests and answers, by the crate
//! `worker`. No line of it is about failures.

mod counter;
mod operations;

use operations::{Answered, Request as Operation};
use recover_worker::recoverable;
use recover_worker::runtime::memory::{self, Allocator};
use room_core::Document;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use worker::{
    Context, Delay, DurableObject, Env, MessageExt, Method, Request, Response, Result, State,
    WebSocket, WebSocketIncomingMessage, WebSocketPair, durable_object, event,
};

/// Bytes that may be live at once: an isolate has 128 MB.
#[global_allocator]
static GLOBAL: Allocator = Allocator::with_limit(48 << 20);

/// What the document is stored as.
const KEY: &str = "room";

/// Leads a request to its object.
#[recoverable]
#[event(fetch)]
async fn lead(request: Request, env: Env, _context: Context) -> Result<Response> {
    let path = request.path();
    let mut parts = path.split('/').skip(1);
    let (namespace, name) = match (parts.next(), parts.next()) {
        (Some("rooms"), Some(name)) => ("ROOMS", name.to_owned()),
        (Some("counters"), Some(name)) => ("COUNTERS", name.to_owned()),
        (Some("panic"), _) => panic!("the handler itself"),
        (Some("wait"), _) => {
            Delay::from(Duration::from_millis(500)).await;
            return Response::ok("waited");
        }
        _ => return Response::error("a room is at /rooms/NAME", 404),
    };
    env.durable_object(namespace)?
        .get_by_name(&name)?
        .fetch_with_request(request)
        .await
}

/// Counts what was scheduled; every second one panics.
#[recoverable]
#[event(scheduled)]
async fn tick(event: worker::ScheduledEvent, _env: Env, _context: worker::ScheduleContext) {
    if event.cron() == "panic" {
        panic!("the clock");
    }
}

/// Takes a batch; what it says decides how that ends.
#[recoverable]
#[event(queue)]
async fn take(batch: worker::MessageBatch<String>, _env: Env, _context: Context) -> Result<()> {
    for message in batch.messages()? {
        match &**message.body() {
            "panic" => panic!("a message"),
            "error" => return Err("a message that is refused".into()),
            _ => message.ack(),
        }
    }
    Ok(())
}

/// A text that many edit.
#[recoverable]
#[durable_object]
#[derive(Serialize, Deserialize)]
pub struct RoomObject {
    state: State,
    env: Env,
    document: RefCell<Document>,
    /// The last edit that storage has.
    stored: Cell<u32>,
    loaded: Cell<bool>,
    alarmed: Cell<bool>,
    /// Edits that were answered, by the key that their client gave them.
    recent: RefCell<Vec<(String, String)>>,
}

impl DurableObject for RoomObject {
    fn new(state: State, env: Env) -> Self {
        RoomObject {
            state,
            env,
            document: RefCell::default(),
            stored: Cell::new(0),
            loaded: Cell::new(false),
            alarmed: Cell::new(false),
            recent: RefCell::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        self.load().await?;
        if request.headers().get("upgrade")?.as_deref() == Some("websocket") {
            let quiet = request.url()?.query().is_some();
            let pair = WebSocketPair::new()?;
            let tags: &[&str] = if quiet { &[] } else { &["watches"] };
            self.state.accept_websocket_with_tags(&pair.server, tags);
            return Response::from_websocket(pair.client);
        }
        if request.method() == Method::Post {
            let text = request.text().await?;
            let Answered { status, body } = self.answer(&text, None).await?;
            return Ok(Response::from_json(&body)?.with_status(status));
        }
        let (text, sequence) = {
            let document = self.document.borrow();
            let text = document.read(0, document.length()).unwrap_or_default();
            (text, document.sequence())
        };
        let mut response = Response::ok(text)?;
        response
            .headers_mut()
            .set("x-sequence", &sequence.to_string())?;
        Ok(response)
    }

    async fn alarm(&self) -> Result<Response> {
        self.alarmed.set(false);
        self.store().await?;
        Response::empty()
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        self.load().await?;
        let WebSocketIncomingMessage::String(text) = message else {
            return socket.close(Some(1003), Some("a request is a text"));
        };
        let Answered { body, .. } = self.answer(&text, Some(&socket)).await?;
        socket.send(&body)
    }

    async fn websocket_close(
        &self,
        socket: WebSocket,
        _code: usize,
        _reason: String,
        _was_clean: bool,
    ) -> Result<()> {
        socket.close(Some(1000), Some(""))
    }
}

impl RoomObject {
    /// The document as it was stored, once.
    async fn load(&self) -> Result<()> {
        if self.loaded.get() {
            return Ok(());
        }
        let stored: Option<Document> = self.state.storage().get(KEY).await?;
        // Another call may have been quicker.
        if !self.loaded.replace(true)
            && let Some(document) = stored
        {
            self.stored.set(document.sequence());
            self.document.replace(document);
        }
        Ok(())
    }

    async fn store(&self) -> Result<()> {
        let document = self.document.borrow().clone();
        self.state.storage().put(KEY, &document).await?;
        self.stored.set(document.sequence().max(self.stored.get()));
        Ok(())
    }

    async fn answer(&self, text: &str, from: Option<&WebSocket>) -> Result<Answered> {
        let operation = match Operation::parse(text) {
            Ok(operation) => operation,
            Err(answered) => return Ok(answered),
        };
        match &*operation.op {
            "render" => {
                let page = operations::read(&self.document.borrow(), &operation);
                Delay::from(Duration::from_millis(10)).await;
                return Ok(operation.answered(page.map(|(sequence, text)| {
                    serde_json::json!({ "sequence": sequence, "result": room_core::render("<p>{}</p>", &text) })
                })));
            }
            "save" => {
                self.store().await?;
                let stored = self.stored.get();
                return Ok(operation.answered(Ok(serde_json::json!({ "stored": stored }))));
            }
            "evict" => {
                self.evict()?;
                return Ok(operation.answered(Ok(serde_json::json!({}))));
            }
            "health" => {
                return Ok(operation.answered(Ok(serde_json::json!({
                    "liveBytes": memory::live_bytes(),
                    "binding": self.env.var("ROOM").map(|text| text.to_string()).ok(),
                }))));
            }
            _ => {}
        }
        if let Some(answer) = self.answered_before(&operation) {
            return Ok(answer);
        }
        // Nothing waits between an edit and its answer: an edit that happened was answered.
        if operation.is_edit() && !self.alarmed.replace(true) {
            self.state.storage().set_alarm(1_000).await?;
        }
        let mut body = operations::perform(&mut self.document.borrow_mut(), &operation);
        if operation.is_edit()
            && let Ok(body) = &body
        {
            self.edited(&operation, body, from)?;
        }
        if let Ok(body) = &mut body {
            body["stored"] = self.stored.get().into();
        }
        Ok(operation.answered(body))
    }

    /// For tests: the object goes, as when Cloudflare needs its place. Not at once: workerd would cut the
    /// call that asks for it, which is Rust's.
    fn evict(&self) -> Result<()> {
        use worker::js_sys::{Function, Reflect, global};
        let state = self.state.as_raw();
        let abort: Function = Reflect::get(state, &"abort".into())?.into();
        let bind: Function = Reflect::get(&abort, &"bind".into())?.into();
        let bound = bind.call2(&abort, state, &"evicted".into())?;
        let later: Function = Reflect::get(&global(), &"setTimeout".into())?.into();
        later.call2(&global(), &bound, &0.into())?;
        Ok(())
    }

    /// The answer of an edit that a client repeats, because it got none.
    fn answered_before(&self, operation: &Operation) -> Option<Answered> {
        let key = operation.key.as_ref()?;
        let recent = self.recent.borrow();
        let (_, body) = recent.iter().find(|(known, _)| known == key)?;
        Some(operation.answered(serde_json::from_str(body).map_err(|_| unreachable!())))
    }

    /// Tells the others.
    fn edited(
        &self,
        operation: &Operation,
        body: &serde_json::Value,
        from: Option<&WebSocket>,
    ) -> Result<()> {
        if let Some(key) = &operation.key {
            let mut recent = self.recent.borrow_mut();
            recent.push((key.clone(), body.to_string()));
            if recent.len() > 64 {
                recent.remove(0);
            }
        }
        let mut told = body.clone();
        told["edit"] = operation.edit();
        let told = told.to_string();
        for watcher in self.state.get_websockets_with_tag("watches") {
            if from != Some(&watcher) {
                // Who has gone needs not be told.
                let _ = watcher.send_with_str(&told);
            }
        }
        Ok(())
    }
}
