//! Deadlines: one thread for the process ticks while calls are under way that have one.
//!
//! A tick moves the engine's epoch, so that wasm looks whether its time is over, and wakes what waits in the
//! host. It knows no calls: what a deadline ends is not decided here.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::Waker;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use wasmtime::EngineWeak;

/// How exactly a deadline is met.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// After that many ticks without a call the thread sleeps until there is one.
const IDLE: u32 = 200;

/// No call is under way that has a deadline.
const NONE: u64 = 0;

/// The deadline of the call that a supervisor has under way, if it has one.
pub(crate) struct Alarm {
    /// Nanoseconds after the clock began.
    at: AtomicU64,
    engine: EngineWeak,
    waker: Mutex<Option<Waker>>,
}

struct Clock {
    began: Instant,
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
    alarms: Mutex<Vec<Weak<Alarm>>>,
}

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    CLOCK.get_or_init(|| Clock {
        began: Instant::now(),
        asleep: AtomicBool::new(false),
        thread: OnceLock::new(),
        alarms: Mutex::new(Vec::new()),
    })
}

impl Clock {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn run(&self) {
        let mut idle = 0;
        loop {
            let active = self.tick();
            idle = if active { 0 } else { idle + 1 };
            if idle < IDLE {
                thread::sleep(TICK);
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            // A call that began meanwhile saw that nobody sleeps.
            if !self.tick() {
                thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }

    /// Whether any call has a deadline.
    fn tick(&self) -> bool {
        let now = self.now();
        let mut active = false;
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        alarms.retain(|alarm| {
            let Some(alarm) = alarm.upgrade() else {
                return false;
            };
            let at = alarm.at.load(Ordering::SeqCst);
            if at != NONE {
                active = true;
                if let Some(engine) = alarm.engine.upgrade() {
                    engine.increment_epoch();
                }
                if at <= now
                    && let Some(waker) = alarm
                        .waker
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take()
                {
                    waker.wake();
                }
            }
            true
        });
        active
    }
}

impl Alarm {
    /// An alarm that rings for the calls of one supervisor.
    pub(crate) fn new(engine: EngineWeak) -> Arc<Self> {
        let clock = clock();
        let alarm = Arc::new(Alarm {
            at: AtomicU64::new(NONE),
            engine,
            waker: Mutex::new(None),
        });
        clock
            .alarms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&alarm));
        clock.thread.get_or_init(|| {
            let thread = thread::Builder::new().name("recover-host clock".to_owned());
            let started = thread.spawn(|| clock.run());
            started
                .expect("the system has a thread for deadlines")
                .thread()
                .clone()
        });
        alarm
    }

    /// A call begins, or goes on to its next part.
    pub(crate) fn set(&self, deadline: Option<Instant>) {
        let clock = clock();
        let at = deadline.map_or(NONE, |deadline| {
            let after = deadline.saturating_duration_since(clock.began).as_nanos();
            u64::try_from(after).unwrap_or(u64::MAX).max(NONE + 1)
        });
        self.at.store(at, Ordering::SeqCst);
        if at != NONE
            && clock.asleep.load(Ordering::SeqCst)
            && let Some(thread) = clock.thread.get()
        {
            thread.unpark();
        }
    }

    /// Whether a call is under way that has a deadline.
    #[cfg(test)]
    pub(crate) fn is_set(&self) -> bool {
        self.at.load(Ordering::SeqCst) != NONE
    }

    /// Whether the time is over; if not, the waker is woken then.
    pub(crate) fn rings(&self, waker: &Waker) -> bool {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
        let at = self.at.load(Ordering::SeqCst);
        at != NONE && at <= clock().now()
    }
}

/// While it lives, a call is under way. It goes with a call that is dropped, or by which the host panics, so that the
/// clock does not tick for a call that is over.
pub(crate) struct Armed<'a>(&'a Alarm);

impl<'a> Armed<'a> {
    pub(crate) fn by(alarm: &'a Alarm) -> Self {
        Armed(alarm)
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
