//! A counter that a Durable Object keeps. What fails costs its call: the count is as before it.

use recover_runtime::{JsErrorClass, recoverable};
use serde::{Deserialize, Serialize};

/// What a caller can do wrong. Each variant is a class in JavaScript, with its fields.
#[derive(Debug, PartialEq, thiserror::Error, JsErrorClass)]
pub enum CounterError {
    /// The count would pass its limit.
    #[error("the count can't pass {limit}")]
    #[js_error(code = "E_LIMIT")]
    Limit {
        /// The limit.
        limit: u32,
    },
}

/// The most that it counts to.
const LIMIT: u32 = 1_000_000;

/// A count. Its state outlives a panic, a trap and, in a store, the Durable Object itself.
#[recoverable(persist = "journal", on_panic = "rollback")]
#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: u32,
}

#[recoverable]
impl Counter {
    /// A counter at zero.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// The count.
    #[recoverable(getter)]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Counts on, and returns the count.
    pub fn add(&mut self, by: u32) -> Result<u32, CounterError> {
        let sum = self.count.checked_add(by).filter(|sum| *sum <= LIMIT);
        self.count = sum.ok_or(CounterError::Limit { limit: LIMIT })?;
        Ok(self.count)
    }

    /// Counts on, and then panics: JavaScript finds the count as it was.
    pub fn panic(&mut self) {
        self.count += 1;
        panic!("after {}", self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts() {
        let mut counter = Counter::new();
        assert_eq!(counter.add(2), Ok(2));
        assert_eq!(counter.count(), 2);
    }

    #[test]
    fn it_does_not_pass_its_limit() {
        let mut counter = Counter::new();
        assert_eq!(
            counter.add(u32::MAX),
            Err(CounterError::Limit { limit: LIMIT })
        );
        assert_eq!(counter.count(), 0);
    }
}
