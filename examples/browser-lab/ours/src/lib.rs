//! The lab's objects and faults behind `#[recoverable]`. Same names and arguments as in
//! `plain`; what they do is in `lab-core`.

pub mod faults;

use lab_core::Uncovered;
use recover_runtime::memory::Allocator;
use recover_runtime::{JsErrorClass, JsFuture, JsValue, recoverable};
use serde::{Deserialize, Serialize};

/// Counts what is live, for the chart.
#[global_allocator]
static GLOBAL: Allocator = Allocator::new();

#[recoverable(inline_js = "export function lab_call(f) { return f(); }")]
extern "C" {
    /// Calls JavaScript, which may throw.
    fn lab_call(f: &JsValue) -> u32;
}

/// What the ledger refuses the orderly way.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum LedgerError {
    /// More than there is.
    #[error("{amount} asked for, {balance} there")]
    NotCovered {
        /// What there is.
        balance: i32,
        /// What was asked for.
        amount: i32,
    },
}

impl From<Uncovered> for LedgerError {
    fn from(Uncovered { balance, amount }: Uncovered) -> Self {
        Self::NotCovered { balance, amount }
    }
}

/// Its calls are journaled; one that fails never happened.
#[recoverable(persist = "journal", on_panic = "rollback")]
#[derive(Serialize, Deserialize)]
pub struct Ledger(lab_core::Ledger);

#[recoverable]
impl Ledger {
    /// A book that begins with `balance`.
    #[recoverable(constructor)]
    pub fn new(balance: i32) -> Self {
        Self(lab_core::Ledger::new(balance))
    }

    /// One entry.
    pub fn post(&mut self, amount: i32) -> i32 {
        self.0.post(amount)
    }

    /// Takes out what there is.
    pub fn withdraw(&mut self, amount: i32) -> Result<i32, LedgerError> {
        Ok(self.0.withdraw(amount)?)
    }

    /// Several entries.
    pub fn post_all(&mut self, amounts: &[i32]) -> i32 {
        self.0.post_all(amounts)
    }

    /// Changes, and ends the instance.
    pub fn post_and_abort(&mut self, amount: i32) {
        self.0.post_and_abort(amount);
    }

    /// The sum.
    #[recoverable(getter)]
    pub fn balance(&self) -> i32 {
        self.0.balance()
    }

    /// How many entries there are.
    #[recoverable(getter)]
    pub fn entries(&self) -> usize {
        self.0.entries()
    }
}

/// A panic poisons it, as it does any object that says nothing else.
#[recoverable]
pub struct Basket(lab_core::Basket);

#[recoverable]
impl Basket {
    /// An empty one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Basket::default())
    }

    /// Takes one.
    pub fn add(&mut self, item: String) -> usize {
        self.0.add(item)
    }

    /// Takes several.
    pub fn add_all(&mut self, items: Vec<String>) -> u32 {
        self.0.add_all(items)
    }

    /// What is in it.
    #[recoverable(getter)]
    pub fn items(&self) -> String {
        self.0.items()
    }
}

/// A panic leaves it as it is; it goes with its instance.
#[recoverable(on_panic = "keep")]
pub struct Pad(lab_core::Pad);

#[recoverable]
impl Pad {
    /// An empty one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Pad::default())
    }

    /// One stroke.
    pub fn stroke(&mut self) -> u32 {
        self.0.stroke()
    }

    /// Calls JavaScript while it is held.
    pub fn ask(&mut self, f: JsValue) -> u32 {
        self.0.stroke() + lab_call(&f)
    }

    /// How many there are.
    #[recoverable(getter)]
    pub fn strokes(&self) -> u32 {
        self.0.strokes()
    }
}

/// A snapshot after each step; a step that fails never happened.
#[recoverable(persist = "snapshot", on_panic = "rollback")]
#[derive(Serialize, Deserialize)]
pub struct Download(lab_core::Download);

#[recoverable]
impl Download {
    /// At its beginning.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Download::default())
    }

    /// One step, which waits for how many parts there are.
    pub async fn step(&mut self, parts: JsValue) -> u32 {
        self.0.begin();
        let parts = JsFuture::from(parts).await;
        let parts = parts.ok().and_then(|value| value.as_f64());
        self.0.end(parts.unwrap_or_default() as u32)
    }

    /// The same, and then calls JavaScript.
    pub async fn step_and_ask(&mut self, parts: JsValue, f: JsValue) -> u32 {
        self.0.begin();
        let _ = JsFuture::from(parts).await;
        self.0.end(lab_call(&f))
    }

    /// How far it is.
    #[recoverable(getter)]
    pub fn state(&self) -> String {
        self.0.state()
    }
}

/// Its destructor panics.
#[recoverable]
pub struct Fuse(#[allow(dead_code)] lab_core::Fuse);

#[recoverable]
impl Fuse {
    /// A whole one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Fuse)
    }
}
