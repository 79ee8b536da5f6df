//! A stage that has run: the line about it.

use std::time::Duration;

use crate::test::counts::Counts;
use crate::test::stage::Stage;

/// A stage that has run.
pub(crate) struct Done {
    /// Which.
    pub(crate) stage: Stage,
    /// How many of its tests passed and failed.
    pub(crate) counts: Counts,
    /// How long it took; longer beside others than alone.
    pub(crate) time: Duration,
}

impl Done {
    /// As a person reads it.
    pub(crate) fn line(&self) -> String {
        let Counts { passed, failed } = self.counts;
        let mark = if failed == 0 { "ok    " } else { "FAILED" };
        let (name, seconds) = (self.stage.to_string(), self.time.as_secs_f64());
        format!("{mark} {name:<20} {passed:>5} passed {failed:>4} failed {seconds:>7.1} s")
    }
}
