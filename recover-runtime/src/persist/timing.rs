//! How long calls take, and so their replay. Reading the host's clock costs more than most calls
//! do, so each method is timed now and then, and a costly one always. What follows from the time
//! is the host's to decide.

use crate::host::around::records;
use std::cell::Cell;

/// How many methods are told apart; methods whose numbers are the same modulo this are not.
const METHODS: usize = 64;

/// A call of so many is timed at least.
const SELDOM: u8 = 128;

/// From so many milliseconds on a call is costly: the clock is little beside it.
const COSTLY: f64 = 0.02;

/// Which calls of a method are timed.
struct Method {
    /// How many calls come before the next one that is timed.
    left: Cell<u8>,
    /// Each call that is timed stands for so many.
    weight: Cell<u8>,
}

thread_local! {
    static TIMED: [Method; METHODS] = const {
        [const { Method { left: Cell::new(0), weight: Cell::new(1) } }; METHODS]
    };
}

fn method<R>(replay: u32, ask: impl FnOnce(&Method) -> R) -> R {
    TIMED.with(|methods| ask(&methods[replay as usize % METHODS]))
}

/// When a call of the method begins; zero if it is not timed.
#[inline]
pub(crate) fn begin(replay: u32) -> f64 {
    method(replay, |method| match method.left.get().checked_sub(1) {
        Some(left) => {
            method.left.set(left);
            0.0
        }
        None => records::clock(),
    })
}

/// Microseconds that the calls of the method took since one was timed, of which the last began
/// at `began`.
#[inline]
pub(crate) fn ended(replay: u32, began: f64) -> u32 {
    match began == 0.0 {
        true => 0,
        false => sampled(replay, records::clock() - began),
    }
}

#[cold]
#[inline(never)]
fn sampled(replay: u32, took: f64) -> u32 {
    method(replay, |method| {
        let weight = method.weight.get();
        let next = match took < COSTLY {
            true => weight.saturating_mul(2).min(SELDOM),
            false => 1,
        };
        method.weight.set(next);
        method.left.set(next - 1);
        // A clock that was set back gives zero.
        (took * 1000.0 * f64::from(weight)) as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of so many calls are timed, if each takes so long, and what they cost together.
    fn timed(replay: u32, calls: u32, took: f64) -> (Vec<u32>, u32) {
        let (mut timed, mut cost) = (vec![], 0);
        for call in 1..=calls {
            let left = method(replay, |method| method.left.get());
            match left.checked_sub(1) {
                Some(left) => method(replay, |method| method.left.set(left)),
                None => {
                    timed.push(call);
                    cost += sampled(replay, took);
                }
            }
        }
        (timed, cost)
    }

    #[test]
    fn a_cheap_method_is_timed_seldom_and_for_all_its_calls() {
        let (calls, cost) = timed(5, 511, 0.001);
        assert_eq!(calls, [1, 3, 7, 15, 31, 63, 127, 255, 383, 511]);
        assert_eq!(cost, 511);
    }

    #[test]
    fn a_costly_method_is_always_timed() {
        assert_eq!(timed(6, 3, 5.0), (vec![1, 2, 3], 15_000));
        timed(6, 400, 0.0);
        let (calls, cost) = timed(6, 200, 1.0);
        let all = 200 - calls[0] as usize + 1;
        assert_eq!(calls.len(), all, "from the first that is timed on");
        assert!(cost >= 200_000, "it stands for those before: {cost}");
    }

    #[test]
    fn a_clock_that_is_set_back_costs_nothing() {
        assert_eq!(timed(7, 1, -1000.0), (vec![1], 0));
        assert_eq!(timed(7, 10, f64::NAN).1, 0);
    }
}
