//! Counts of live bytes, and the limits on them.
//!
//! They are plain numbers in a fixed layout, because the host reads them from the memory, even
//! after the instance has ended. Nothing is allocated here. They are atomics, because threads
//! share an allocator where this crate runs natively; there a limit is approximate.

use std::cell::Cell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// The counters of the module.
pub(crate) static COUNTERS: Counters = Counters::new();

/// The first three are read by `js/host.js`, in this order.
#[repr(C)]
pub(crate) struct Counters {
    /// Bytes in live allocations.
    live: AtomicUsize,
    peak: AtomicUsize,
    /// The limit of the module in live bytes; zero before the first allocation.
    module: AtomicUsize,
    /// The limit of the innermost limited call, in live bytes.
    ceiling: AtomicUsize,
    /// The same limit as its attribute says it: how many bytes more than at its begin.
    call: AtomicUsize,
    /// How many bytes may be live while a failure is handled, whatever the limits are.
    floor: AtomicUsize,
    /// The least limit, or `floor` if that is more; zero before the first allocation.
    bound: AtomicUsize,
    /// The limit that refused last; zero if the allocator beneath refused.
    refused: AtomicUsize,
}

thread_local! {
    /// Whether allocations are not counted now.
    static UNCOUNTED: Cell<bool> = const { Cell::new(false) };
}

/// The limit that a limited call replaced.
#[derive(Clone, Copy)]
pub(crate) struct Outer {
    ceiling: usize,
    call: usize,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Counters {
            live: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            module: AtomicUsize::new(0),
            ceiling: AtomicUsize::new(usize::MAX),
            call: AtomicUsize::new(0),
            floor: AtomicUsize::new(0),
            bound: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    pub(crate) fn installed(&self) -> bool {
        self.module.load(Relaxed) != 0
    }

    pub(crate) fn live(&self) -> usize {
        self.live.load(Relaxed)
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    #[cfg(any(target_family = "wasm", test))]
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Relaxed)
    }

    /// Whether `size` more bytes are within the limits. `module` is the limit that the allocator
    /// was made with.
    #[inline]
    pub(crate) fn admit(&self, size: usize, module: usize) -> bool {
        let live = self.live.load(Relaxed);
        let after = live.wrapping_add(size);
        (after <= self.bound.load(Relaxed) && after >= live) || self.admit_past_bound(size, module)
    }

    /// Counts `size` more bytes.
    #[inline]
    pub(crate) fn count(&self, size: usize) {
        let after = self.live.fetch_add(size, Relaxed).wrapping_add(size);
        if after > self.peak.load(Relaxed) {
            self.peak.fetch_max(after, Relaxed);
        }
    }

    #[cold]
    #[inline(never)]
    fn admit_past_bound(&self, size: usize, module: usize) -> bool {
        if !self.installed() {
            self.module.store(module.max(1), Relaxed);
            self.rebound();
            return self.admit(size, module);
        }
        // While a panic unwinds nothing is refused, since std would abort. Only a sum that
        // overflows is: no allocator can have so much.
        if std::thread::panicking() && self.live().checked_add(size).is_some() {
            return true;
        }
        let (ceiling, module) = (self.ceiling.load(Relaxed), self.module.load(Relaxed));
        let refused = match ceiling <= module {
            true => self.call.load(Relaxed),
            false => module,
        };
        let soft = self.bound.load(Relaxed) != usize::MAX;
        self.refused.store(if soft { refused } else { 0 }, Relaxed);
        false
    }

    /// Notes that the allocator beneath refused.
    #[cold]
    pub(crate) fn failed(&self) {
        self.refused.store(0, Relaxed);
    }

    #[inline]
    pub(crate) fn release(&self, size: usize) {
        self.live.fetch_sub(size, Relaxed);
    }

    pub(crate) fn set_limit(&self, bytes: usize) {
        if self.installed() {
            self.module.store(bytes.max(1), Relaxed);
            self.rebound();
        }
    }

    /// Allows `bytes` more than are live now, until the failure has ended. More than the limit may
    /// be live now, if the limit was set later.
    #[cfg(any(all(target_family = "wasm", panic = "unwind"), test))]
    pub(crate) fn grant(&self, bytes: usize) {
        self.floor.store(self.live().saturating_add(bytes), Relaxed);
        self.rebound();
    }

    pub(crate) fn revoke(&self) {
        self.floor.store(0, Relaxed);
        self.rebound();
    }

    /// Limits the live bytes to `rise` more than now, unless an outer limit is lower. A refusal
    /// names `limit`.
    pub(crate) fn enter(&self, rise: usize, limit: usize) -> Outer {
        let outer = Outer {
            ceiling: self.ceiling.load(Relaxed),
            call: self.call.load(Relaxed),
        };
        let ceiling = self.live().saturating_add(rise);
        if ceiling < outer.ceiling {
            self.leave(Outer {
                ceiling,
                call: limit,
            });
        }
        outer
    }

    /// Restores the limit of the call outside.
    pub(crate) fn leave(&self, outer: Outer) {
        self.ceiling.store(outer.ceiling, Relaxed);
        self.call.store(outer.call, Relaxed);
        self.rebound();
    }

    fn rebound(&self) {
        if self.installed() {
            let (ceiling, module) = (self.ceiling.load(Relaxed), self.module.load(Relaxed));
            let bound = ceiling.min(module).max(self.floor.load(Relaxed));
            self.bound.store(bound, Relaxed);
        }
    }
}

#[inline]
pub(crate) fn uncounted() -> bool {
    UNCOUNTED.get()
}

/// Runs `act` without counting its allocations.
pub(crate) fn run_uncounted<T>(act: impl FnOnce() -> T) -> T {
    UNCOUNTED.set(true);
    let result = act();
    UNCOUNTED.set(false);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts an allocation if it is admitted.
    fn serve(counters: &Counters, size: usize, module: usize) -> bool {
        let admitted = counters.admit(size, module);
        if admitted {
            counters.count(size);
        }
        admitted
    }

    /// Counters with the limit `module`, nothing live.
    fn counters(module: usize) -> Counters {
        let counters = Counters::new();
        assert!(!counters.installed());
        assert!(serve(&counters, 1, module));
        assert!(counters.installed());
        counters.release(1);
        counters
    }

    #[test]
    fn live_and_peak_are_counted() {
        let counters = counters(usize::MAX);
        assert!(serve(&counters, 100, 0));
        counters.release(60);
        assert!(serve(&counters, 10, 0));
        assert_eq!((counters.live(), counters.peak()), (50, 100));
        assert!(!serve(&counters, usize::MAX, 0));
        counters.failed();
        assert_eq!((counters.live(), counters.peak()), (50, 100));
    }

    #[test]
    fn an_allocation_past_the_modules_limit_is_refused_and_not_counted() {
        let counters = counters(100);
        assert!(serve(&counters, 100, 100));
        assert!(!serve(&counters, 1, 100));
        assert_eq!((counters.live(), counters.refused()), (100, 100));
        counters.set_limit(101);
        assert!(serve(&counters, 1, 100), "the limit that is set counts");
        counters.set_limit(usize::MAX);
        assert!(serve(&counters, 1 << 20, 100));
    }

    #[test]
    fn a_sum_that_overflows_is_refused_and_names_no_limit() {
        let counters = counters(usize::MAX);
        assert!(serve(&counters, usize::MAX - 5, 0));
        assert!(!serve(&counters, 10, 0));
        assert_eq!(counters.refused(), 0);
    }

    #[test]
    fn limited_calls_nest_and_the_lowest_limit_holds() {
        let counters = counters(1000);
        assert!(serve(&counters, 100, 0));
        let none = counters.enter(200, 200);
        assert!(serve(&counters, 150, 0));
        assert!(!serve(&counters, 100, 0));
        assert_eq!(counters.refused(), 200);
        let first = counters.enter(10, 10);
        assert!(!serve(&counters, 11, 0));
        assert_eq!(counters.refused(), 10);
        counters.leave(first);
        let first = counters.enter(500, 500);
        assert!(
            !serve(&counters, 51, 0),
            "a wider one inside changes nothing"
        );
        assert_eq!(counters.refused(), 200);
        counters.leave(first);
        counters.leave(none);
        assert!(serve(&counters, 700, 0));
        assert!(!serve(&counters, 100, 0));
        assert_eq!(counters.refused(), 1000);
    }

    #[test]
    fn a_failure_may_use_more_than_the_limit_until_it_ends() {
        let counters = counters(100);
        assert!(serve(&counters, 100, 0));
        counters.set_limit(10);
        assert!(!serve(&counters, 1, 0));
        counters.grant(50);
        assert!(serve(&counters, 50, 0));
        assert!(!serve(&counters, 1, 0));
        counters.revoke();
        counters.release(140);
        assert!(!serve(&counters, 1, 0));
        counters.release(1);
        assert!(serve(&counters, 1, 0));
    }

    #[test]
    fn nothing_is_refused_while_a_panic_unwinds() {
        struct Needs<'a>(&'a Counters, bool);
        impl Drop for Needs<'_> {
            fn drop(&mut self) {
                self.1 = serve(self.0, 1000, 0);
                assert!(self.1 || !std::thread::panicking());
            }
        }
        let counters = counters(100);
        let hook = std::panic::take_hook();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _needs = Needs(&counters, false);
            std::panic::resume_unwind(Box::new(()));
        }));
        std::panic::set_hook(hook);
        assert!(caught.is_err());
        assert_eq!(counters.live(), 1000);
        assert!(!serve(&counters, 1000, 0));
    }
}
