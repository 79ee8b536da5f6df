//! The smallest object: it counts requests, and fails when asked to.

use recover_worker::recoverable;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use worker::{
    Delay, DurableObject, Env, Request, Response, Result, State, WebSocket,
    WebSocketIncomingMessage, WebSocketPair, durable_object,
};

/// Counts.
#[recoverable]
#[durable_object]
#[derive(Serialize, Deserialize)]
pub struct Counter {
    state: State,
    env: Env,
    value: Cell<u32>,
    alarms: Cell<u32>,
    log: RefCell<Vec<String>>,
}

impl DurableObject for Counter {
    fn new(state: State, env: Env) -> Self {
        Counter {
            state,
            env,
            value: Cell::new(0),
            alarms: Cell::new(0),
            log: RefCell::default(),
        }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        if request.headers().get("upgrade")?.is_some() {
            let pair = WebSocketPair::new()?;
            self.state.accept_web_socket(&pair.server);
            return Response::from_websocket(pair.client);
        }
        let path = request.path();
        let what = path.rsplit('/').next().unwrap_or_default();
        self.step(what).await?;
        if what == "state" {
            let (log, alarms) = (self.log.borrow().len(), self.alarms.get());
            return Response::ok(format!("{} {log} {alarms}", self.value.get()));
        }
        Response::ok(self.value.get().to_string())
    }

    async fn alarm(&self) -> Result<Response> {
        let tried: Option<bool> = self.state.storage().get("tried").await?;
        if tried.is_none() {
            self.state.storage().put("tried", true).await?;
        }
        self.alarms.set(self.alarms.get() + 1);
        // workerd tries again.
        assert!(tried.is_some(), "the first alarm");
        Response::empty()
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        if let WebSocketIncomingMessage::String(what) = message {
            let op = serde_json::from_str::<serde_json::Value>(&what).ok();
            let op = op.and_then(|value| Some(value.get("op")?.as_str()?.to_owned()));
            self.step(&op.unwrap_or(what)).await?;
        }
        socket.send_with_str(self.value.get().to_string())
    }
}

impl Counter {
    /// Counts, and then does what is asked.
    async fn step(&self, what: &str) -> Result<()> {
        if what == "state" {
            return Ok(());
        }
        if what == "alarm" {
            return self.state.storage().set_alarm(1).await;
        }
        self.value.set(self.value.get() + 1);
        self.log.borrow_mut().push(what.to_owned());
        match what {
            "panic" => panic!("the counter"),
            "trap" => std::process::abort(),
            "borrow" => {
                let _log = self.log.borrow_mut();
                panic!("with the log borrowed");
            }
            "late" => {
                Delay::from(Duration::from_millis(50)).await;
                self.value.set(self.value.get() + 100);
                panic!("after a wait");
            }
            "wait" => Delay::from(Duration::from_millis(300)).await,
            _ => {}
        }
        Ok(())
    }
}
