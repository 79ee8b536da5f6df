//! A component that does as the host tells it, made of `odd.wat`: real wasm, for what no honest component does twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

use recover_host::{Builder, Error, Guard, Guarded, Handle, Supervisor, Value};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

pub(crate) const ODDS: &str = "recover:odd/odds";

/// When the guest asks.
pub(crate) const STEP: u32 = 1;
pub(crate) const SAVE: u32 = 2;
pub(crate) const DROP: u32 = 3;
pub(crate) const START: u32 = 4;
pub(crate) const RESTORE: u32 = 5;
pub(crate) const MAKE: u32 = 6;

/// What it is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// An error of the program's own.
    Err,
    Trap,
    Spin,
    Panic,
    Dig,
    BelowZero,
    OutOfBounds,
    Grow,
    GrowAndTrap,
    /// A failure of the kind of that number in the WIT text, which leaves the state as it is.
    Fails(u32),
    /// A function of the host fails.
    HostFails,
    /// It never answers.
    Never,
    /// It answers when it is told to.
    When(Arc<tokio::sync::Notify>),
    /// It calls the component before it answers.
    Reenters(Arc<Mutex<Option<Error>>>),
    /// It has another task call the component, and waits for that.
    Spawns(Arc<Mutex<Option<Error>>>),
    /// It panics.
    HostPanics,
}

#[derive(Default)]
struct Replies {
    planned: HashMap<u32, VecDeque<Option<Reply>>>,
}

/// A supervisor of the odd component, and what it will be told.
#[derive(Clone)]
pub(crate) struct Odd {
    pub(crate) app: Supervisor<Data>,
    replies: Arc<Mutex<Replies>>,
}

#[derive(Default)]
pub(crate) struct Data(Guard);

impl Guarded for Data {
    fn guard(&mut self) -> &mut Guard {
        &mut self.0
    }
}

pub(crate) fn bytes() -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve
        .push_str(
            "types.wit",
            include_str!("../../wit/deps/recover-error/types.wit"),
        )
        .unwrap();
    let package = resolve
        .push_str("odd.wit", include_str!("odd.wit"))
        .unwrap();
    let world = resolve.select_world(&[package], Some("odd")).unwrap();
    let mut module = wat::parse_str(include_str!("odd.wat")).unwrap();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        StringEncoding::UTF8,
        true,
    )
    .unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| crate::support::limits().engine().unwrap())
}

fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| Component::from_binary(engine(), &bytes()).unwrap())
}

pub(crate) fn odd() -> Odd {
    odd_by(|builder| builder)
}

pub(crate) fn odd_by(with: impl FnOnce(Builder<Data>) -> Builder<Data>) -> Odd {
    let replies = Arc::new(Mutex::new(Replies::default()));
    let myself: Arc<OnceLock<Supervisor<Data>>> = Arc::default();
    let mut linker: Linker<Data> = Linker::new(engine());
    let (planned, within) = (Arc::clone(&replies), Arc::clone(&myself));
    let mut host = linker.instance("recover:odd/host").unwrap();
    host.func_wrap_async("ask", move |_, (what,): (u32,)| {
        let reply = planned
            .lock()
            .unwrap()
            .planned
            .get_mut(&what)
            .and_then(VecDeque::pop_front)
            .flatten();
        let within = Arc::clone(&within);
        Box::new(async move {
            let code: u32 = match reply {
                None => 0,
                Some(Reply::Err) => 1,
                Some(Reply::Trap) => 2,
                Some(Reply::Spin) => 3,
                Some(Reply::Panic) => 4,
                Some(Reply::Dig) => 5,
                Some(Reply::BelowZero) => 6,
                Some(Reply::OutOfBounds) => 7,
                Some(Reply::Grow) => 8,
                Some(Reply::GrowAndTrap) => 9,
                Some(Reply::HostFails) => {
                    return Err(wasmtime::Error::new(std::io::Error::other(
                        "the disk is full",
                    )));
                }
                Some(Reply::Never) => std::future::pending().await,
                Some(Reply::When(notified)) => {
                    notified.notified().await;
                    0
                }
                Some(Reply::Reenters(error)) => {
                    let app = within.get().unwrap();
                    let entered = app.construct(ODDS, "odd", vec![]).await;
                    *error.lock().unwrap() = entered.err();
                    0
                }
                Some(Reply::Spawns(error)) => {
                    let app = within.get().unwrap().clone();
                    let entered =
                        tokio::spawn(async move { app.construct(ODDS, "odd", vec![]).await });
                    *error.lock().unwrap() = entered.await.unwrap().err();
                    0
                }
                Some(Reply::Fails(kind)) => 32 + kind,
                Some(Reply::HostPanics) => panic!("a function of the host panics"),
            };
            Ok((code,))
        })
    })
    .unwrap();
    // The questions are how a replay is told what to do, so they are asked again.
    let builder = Supervisor::builder(component(), linker, Data::default)
        .limits(crate::support::limits())
        .repeatable(["recover:odd/host"]);
    let app = with(builder).build().unwrap();
    assert!(myself.set(app.clone()).is_ok());
    Odd { app, replies }
}

impl Odd {
    /// What the guest is answered the next times that it asks so; `None` is to go on.
    pub(crate) fn plan(&self, what: u32, replies: impl IntoIterator<Item = Option<Reply>>) {
        self.replies
            .lock()
            .unwrap()
            .planned
            .entry(what)
            .or_default()
            .extend(replies);
    }

    pub(crate) fn next(&self, what: u32, reply: Reply) {
        self.plan(what, [Some(reply)]);
    }

    pub(crate) async fn make(&self) -> Handle {
        self.app.construct(ODDS, "odd", vec![]).await.unwrap()
    }

    pub(crate) async fn step(&self, odd: &Handle) -> Result<i64, Error> {
        let answer = self.app.method(odd, "step", vec![]).await?;
        Ok(answer.as_i64().unwrap())
    }

    pub(crate) async fn with(
        &self,
        odd: &Handle,
        method: &str,
        other: &Handle,
    ) -> Result<i64, Error> {
        let answer = self
            .app
            .method(odd, method, vec![Value::from(other)])
            .await?;
        Ok(answer.as_i64().unwrap())
    }

    /// Ends the instance by an object of its own.
    pub(crate) async fn end(&self) {
        let other = self.make().await;
        self.next(STEP, Reply::Trap);
        assert!(self.step(&other).await.unwrap_err().fatal());
    }
}
