//! What an instance may use, and what it has used: wasmtime asks here before memory grows.
//!
//! When a call is over, and what a refusal means for it, is not decided here.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use wasmtime::{Config, Engine, ResourceLimiter};

/// What an instance may use. `None` is no limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of linear memory, all memories of the component together.
    pub memory: Option<usize>,
    /// Elements of tables, all tables together.
    pub table_elements: Option<usize>,
    /// How long a call may take.
    pub timeout: Option<Duration>,
    /// Bytes of the engine's stack. It is the engine's: [`Limits::engine`] makes one with it, and an engine of your
    /// own has what its `Config` says.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: None,
            table_elements: None,
            timeout: None,
            stack: 512 << 10,
        }
    }
}

impl Limits {
    /// Sets the most bytes of memory.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Sets how long a call may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the most elements of tables.
    pub fn table_elements(mut self, elements: usize) -> Self {
        self.table_elements = Some(elements);
        self
    }

    /// Sets the bytes of the engine's stack, for [`Limits::engine`].
    pub fn stack(mut self, bytes: usize) -> Self {
        self.stack = bytes;
        self
    }

    /// What an engine needs for these limits, to add to: exceptions, epochs, the stack.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.epoch_interruption(true);
        config.wasm_exceptions(true);
        config.max_wasm_stack(self.stack);
        config.wasm_backtrace_max_frames(NonZeroUsize::new(64));
        // Functions of the host run on the same stack.
        config.async_stack_size(self.stack + (1 << 20));
        config
    }

    /// An engine with these limits.
    pub fn engine(&self) -> wasmtime::Result<Engine> {
        Engine::new(&self.config())
    }
}

/// A growth of memory that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Bytes that all memories would have had.
    pub(crate) wanted: usize,
    pub(crate) limit: usize,
}

/// The part of a store's data by which the supervisor sets limits; it stands in the program's own state.
#[derive(Debug, Default)]
pub struct Guard {
    memory: Option<usize>,
    table_elements: Option<usize>,
    /// Bytes of memory in use.
    used: usize,
    /// Elements of tables in use.
    elements: usize,
    /// The call under way must be over by then.
    deadline: Option<Instant>,
    refused: Option<Refused>,
    /// How often wasm has left for the host in the call under way, where that is counted.
    called: usize,
}

/// The data of a store, which has a [`Guard`].
///
/// ```
/// struct App { guard: recover_host::Guard, requests: u32 }
///
/// impl recover_host::Guarded for App {
///     fn guard(&mut self) -> &mut recover_host::Guard { &mut self.guard }
/// }
/// ```
pub trait Guarded: Send + 'static {
    /// Its guard: one of its own for each value.
    fn guard(&mut self) -> &mut Guard;
}

impl Guard {
    pub(crate) fn set(&mut self, limits: &Limits) {
        self.memory = limits.memory;
        self.table_elements = limits.table_elements;
    }

    /// A call begins.
    pub(crate) fn arm(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
        self.refused = None;
        self.called = 0;
    }

    /// Wasm leaves for the host: for a function of the program's, or for one of the engine's own.
    pub(crate) fn leaves(&mut self) {
        self.called += 1;
    }

    /// It was one of the engine's own.
    pub(crate) fn left_for_the_engine(&mut self) {
        self.called = self.called.saturating_sub(1);
    }

    /// How often wasm has called what may be a function of the program's.
    pub(crate) fn called(&self) -> usize {
        self.called
    }

    pub(crate) fn expired(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Bytes of memory in use.
    pub(crate) fn used(&self) -> usize {
        self.used
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.left_for_the_engine();
        let step = desired.saturating_sub(current);
        let wanted = self.used.saturating_add(step);
        // What the memory itself may not have is no matter of the limit; it is out of memory all the same.
        let own = maximum.filter(|&most| desired > most);
        let ours = self.memory.filter(|&most| wanted > most);
        if let Some(limit) = ours.or(own) {
            self.refused = Some(Refused { wanted, limit });
            return Ok(false);
        }
        self.used = wanted;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        // Whether a growth that was allowed failed, or one that was not asked for, isn't told. So nothing is taken
        // back: a guest could get around the limit by growths that fail.
        self.refused = Some(Refused {
            wanted: self.used,
            limit: self.used,
        });
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.left_for_the_engine();
        let wanted = self
            .elements
            .saturating_add(desired.saturating_sub(current));
        if self.table_elements.is_some_and(|most| wanted > most) {
            return Ok(false);
        }
        self.elements = wanted;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(memory: usize) -> Guard {
        let mut guard = Guard::default();
        guard.set(&Limits::default().memory(memory).table_elements(10));
        guard
    }

    #[test]
    fn all_memories_share_one_limit() {
        let mut guard = guard(100);
        assert!(guard.memory_growing(0, 60, None).unwrap());
        assert!(guard.memory_growing(0, 40, None).unwrap());
        assert!(!guard.memory_growing(40, 41, None).unwrap());
        assert_eq!(
            guard.refused(),
            Some(Refused {
                wanted: 101,
                limit: 100
            })
        );
        assert_eq!(guard.used(), 100);
        guard.arm(None);
        assert_eq!(guard.refused(), None);
    }

    #[test]
    fn growths_that_fail_give_nothing_back() {
        let mut guard = guard(100);
        assert!(guard.memory_growing(0, 60, None).unwrap());
        guard
            .memory_grow_failed(wasmtime::Error::msg("too large"))
            .unwrap();
        assert_eq!(guard.used(), 60);
        assert!(!guard.memory_growing(60, 110, None).unwrap());
    }

    #[test]
    fn what_a_memory_may_not_have_is_refused() {
        let mut guard = Guard::default();
        assert!(!guard.memory_growing(10, 30, Some(20)).unwrap());
        assert_eq!(
            guard.refused(),
            Some(Refused {
                wanted: 20,
                limit: 20
            })
        );
    }

    #[test]
    fn all_tables_share_one_limit() {
        let mut guard = guard(0);
        assert!(guard.table_growing(0, 10, None).unwrap());
        assert!(!guard.table_growing(0, 1, None).unwrap());
    }
}
