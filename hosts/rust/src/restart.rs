//! How often an instance may be made: the limit against crash loops.
//!
//! An end that a caller provoked is no crash loop, unless the program sets a limit of its own. Time comes in from outside.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many restarts a period may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartLimit {
    /// That many.
    pub restarts: usize,
    /// In that time.
    pub period: Duration,
}

/// What counts as a crash loop, unless the program says so: ends without progress, which no call asked for.
const LOOP: RestartLimit = RestartLimit {
    restarts: 5,
    period: Duration::from_secs(10),
};

/// The restarts that count.
#[derive(Debug)]
pub(crate) struct Restarts {
    limit: RestartLimit,
    /// The limit is the program's own: every end counts.
    strict: bool,
    times: VecDeque<Instant>,
    limited: bool,
}

impl Restarts {
    pub(crate) fn new(limit: Option<RestartLimit>) -> Self {
        Restarts {
            limit: limit.unwrap_or(LOOP),
            strict: limit.is_some(),
            times: VecDeque::new(),
            limited: false,
        }
    }

    /// An instance has ended; `progress` if a call of somebody's had entered it. Whether the next one may be made.
    pub(crate) fn ended(&mut self, progress: bool, now: Instant) -> bool {
        if progress && !self.strict {
            self.times.clear();
            return true;
        }
        while self
            .times
            .front()
            .is_some_and(|&time| now.duration_since(time) >= self.limit.period)
        {
            self.times.pop_front();
        }
        if self.times.len() >= self.limit.restarts {
            self.limited = true;
            return false;
        }
        self.times.push_back(now);
        true
    }

    pub(crate) fn limited(&self) -> Option<RestartLimit> {
        self.limited.then_some(self.limit)
    }

    /// Somebody asked for a restart: it begins anew.
    pub(crate) fn forget(&mut self) {
        self.times.clear();
        self.limited = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ends_without_progress_count_by_default() {
        let mut restarts = Restarts::new(None);
        let now = Instant::now();
        for _ in 0..100 {
            assert!(restarts.ended(true, now));
        }
        for _ in 0..5 {
            assert!(restarts.ended(false, now));
        }
        assert!(!restarts.ended(false, now));
        assert!(restarts.limited().is_some());
        restarts.forget();
        assert!(restarts.ended(false, now));
    }

    #[test]
    fn progress_between_ends_resets_the_count() {
        let mut restarts = Restarts::new(None);
        let now = Instant::now();
        for _ in 0..3 {
            for _ in 0..5 {
                assert!(restarts.ended(false, now));
            }
            assert!(restarts.ended(true, now));
        }
    }

    #[test]
    fn every_end_counts_by_a_limit_of_the_programs_own() {
        let limit = RestartLimit {
            restarts: 2,
            period: Duration::from_secs(1),
        };
        let mut restarts = Restarts::new(Some(limit));
        let now = Instant::now();
        assert!(restarts.ended(true, now));
        assert!(restarts.ended(true, now));
        assert!(restarts.ended(true, now + Duration::from_secs(1)));
        assert!(restarts.ended(true, now + Duration::from_secs(1)));
        assert!(!restarts.ended(true, now + Duration::from_millis(1500)));
    }
}
