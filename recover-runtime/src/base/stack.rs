//! The stack guard: what is left of the stack, and how many guarded calls are under way.
//!
//! A module has two stacks. Values whose address is taken lie on the *shadow stack* in
//! linear memory, whose end the linker knows: that one is measured. The rest is on the
//! *engine's* stack, which no module can see, and of which a full one ends the instance:
//! that one is estimated, by counting guarded calls against a budget. What the macro puts
//! into a function is a [`StackSlot`] and its [`Guard`]; exports and errors live elsewhere.
//!
//! # A count that heals itself
//!
//! A JavaScript exception may pass through Rust frames without running their destructors
//! (imports are declared as if they never threw), so a guard may never be dropped. Each
//! guard therefore puts the address of its slot into a table beside the count:
//!
//! 1. A slot is in the frame of its function, because its address is taken; and a guarded
//!    function is never inlined (the macro says so), so a frame has one slot. Frames that
//!    are under way do not overlap, and the shadow stack grows down: the addresses of
//!    guards under way fall strictly, from the outermost to the innermost.
//! 2. So an entry at the address of a new guard, or below, is of a frame that is gone,
//!    and the new guard takes its place. No guard under way is ever forgotten.
//! 3. A guard that is dropped sets the count to what it was when it was made: those that
//!    were skipped inside it go with it.
//!
//! What is left is an entry of a frame that is gone, above every new guard: it counts until
//! a guarded call is made from as high up, or one outside it ends. Such entries lie in
//! memory at falling addresses, so the same calls made again add no second one.
//!
//! In a panic=abort build nothing restores the stack pointer after such an exception:
//! the frames stay allocated, and both figures say so.
//!
//! `unsafe` here: two symbols of the linker are declared, of which only the addresses
//! are used.

use crate::base::payload::StackOverflow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::panic_any;

/// Most guarded calls that can be under way, whatever a `max_depth` says: no engine
/// has the stack for more.
const MOST: usize = 16_384;

/// The `max_depth` of a guard that is given none; docs/book/stack.md has the measurement.
pub const MAX_DEPTH: u32 = 200;

/// Bytes of the shadow stack that a guarded function leaves for what it calls: unguarded
/// functions, and a panic with its hooks.
const MARGIN: usize = 64 * 1024;

#[cfg(target_family = "wasm")]
mod bounds {
    // SAFETY: wasm-ld defines both, at the ends of the stack it lays out; they are of
    // no type, and nothing but their addresses is used.
    unsafe extern "C" {
        safe static __stack_low: u8;
        safe static __stack_high: u8;
    }

    #[inline(always)]
    pub(crate) fn low() -> usize {
        (&raw const __stack_low) as usize
    }

    #[inline(always)]
    pub(crate) fn size() -> usize {
        (&raw const __stack_high) as usize - low()
    }
}

/// Whether the stack begins at the last byte there can be. Never, but only the linker
/// knows: a condition that costs nothing and that the compiler can't decide.
#[inline(always)]
pub(crate) fn begins_at_the_end() -> bool {
    bounds::low() == usize::MAX
}

/// On the host the operating system guards the stack.
#[cfg(not(target_family = "wasm"))]
mod bounds {
    pub(crate) fn low() -> usize {
        0
    }

    pub(crate) fn size() -> usize {
        usize::MAX
    }
}

/// Bytes left of the shadow stack below the caller's frame.
///
/// Off WebAssembly there is no shadow stack, and the answer is `usize::MAX`.
#[inline(never)]
pub fn remaining() -> usize {
    if cfg!(not(target_family = "wasm")) {
        return usize::MAX;
    }
    let here = 0_u8;
    left(address(&here))
}

/// Bytes of the whole shadow stack, as the linker laid it out: 1 MiB unless
/// `cargo recover build --stack-size` says otherwise.
///
/// Off WebAssembly there is no shadow stack, and the answer is `usize::MAX`.
pub fn size() -> usize {
    bounds::size()
}

/// Panics with what becomes a `StackOverflowError` if so little is left of the shadow
/// stack that a guarded function would refuse to run.
///
/// For code that a recursion of someone else's calls back: an iterator, a reader, a
/// visitor that is handed to a recursive parser. It counts no call, so the budget of
/// depth is not looked at; see [`with_limit`] for that.
///
/// # Panics
///
/// As said, and only then; in a panic=abort build that ends the instance.
#[track_caller]
#[inline]
pub fn check() {
    let remaining = remaining();
    if remaining < margin() {
        overflow(remaining, FRAMES.with(|frames| frames.depth.get()));
    }
}

/// Runs `body` as one guarded call: what `#[recoverable(stack_guard, max_depth = N)]` is
/// for a function, for a closure.
///
/// ```
/// fn depth(list: &[u32]) -> u32 {
///     recover_runtime::stack::with_limit(500, || match list {
///         [] => 0,
///         [_, rest @ ..] => 1 + depth(rest),
///     })
/// }
/// assert_eq!(depth(&[7; 300]), 300);
/// ```
///
/// # Panics
///
/// With what becomes a `StackOverflowError`, if `max_depth` guarded calls are under way
/// or too little is left of the shadow stack; in a panic=abort build that ends the
/// instance.
#[track_caller]
#[inline(never)]
pub fn with_limit<R>(max_depth: u32, body: impl FnOnce() -> R) -> R {
    let slot = StackSlot::new();
    let _guard = slot.enter(max_depth);
    body()
}

/// Whether so little is left that a guarded function would refuse to run.
#[cfg(feature = "persist")]
#[inline]
pub(crate) fn is_short() -> bool {
    remaining() < margin()
}

#[inline(always)]
fn address<T>(place: &T) -> usize {
    std::ptr::from_ref(place) as usize
}

#[inline(always)]
fn left(here: usize) -> usize {
    here.wrapping_sub(bounds::low())
}

/// Half of a stack that is smaller than two margins.
#[inline(always)]
fn margin() -> usize {
    MARGIN.min(bounds::size() / 2)
}

/// The guarded calls under way, outermost first.
struct Frames<const N: usize> {
    depth: Cell<u32>,
    slots: [Cell<usize>; N],
}

impl<const N: usize> Frames<N> {
    const fn new() -> Self {
        Frames {
            depth: Cell::new(0),
            slots: [const { Cell::new(0) }; N],
        }
    }

    /// Counts a call whose slot is at `here`: how many were under way before it. Where
    /// that is `max` already the call is not counted.
    #[inline(always)]
    fn enter(&self, here: usize, max: u32) -> Result<u32, u32> {
        let mut depth = self.depth.get();
        // Off WebAssembly no guard is skipped, and stacks are where anyone puts them.
        if cfg!(any(target_family = "wasm", test)) && depth > 0 && self.slot(depth - 1) <= here {
            depth = self.heal(here);
        }
        match self.slots.get(depth as usize) {
            Some(slot) if depth < max => {
                slot.set(here);
                self.depth.set(depth + 1);
                Ok(depth)
            }
            _ => Err(depth),
        }
    }

    #[inline(always)]
    fn slot(&self, index: u32) -> usize {
        self.slots.get(index as usize).map_or(0, Cell::get)
    }

    /// Forgets the dead frames, and returns the depth without them.
    #[cold]
    #[inline(never)]
    fn heal(&self, here: usize) -> u32 {
        let mut depth = self.depth.get();
        while depth > 0 && self.slot(depth - 1) <= here {
            depth -= 1;
        }
        self.depth.set(depth);
        depth
    }
}

thread_local! {
    static FRAMES: Frames<MOST> = const { Frames::new() };
}

/// A slot in the frame of a guarded function, whose address tells frames apart.
pub struct StackSlot(MaybeUninit<u8>);

impl StackSlot {
    /// A slot for one guard.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        StackSlot(MaybeUninit::uninit())
    }

    /// Counts a guarded call, or panics where too little stack or depth is left.
    #[inline(always)]
    #[track_caller]
    pub fn enter(&self, max_depth: u32) -> Guard<'_> {
        let here = address(&self.0);
        let entered = FRAMES.with(|frames| match left(here) < margin() {
            true => Err(frames.depth.get()),
            false => frames.enter(here, max_depth),
        });
        let before = match entered {
            Ok(before) => before,
            Err(_) => unwinding(here, max_depth),
        };
        Guard {
            before,
            slot: PhantomData,
        }
    }
}

/// A guarded call under way.
pub struct Guard<'a> {
    /// The count without it.
    before: u32,
    slot: PhantomData<&'a StackSlot>,
}

impl Drop for Guard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        FRAMES.with(|frames| frames.depth.set(self.before));
    }
}

/// Counts a call that was refused, if it may go on: a destructor that runs while a
/// panic unwinds may use half the margin and a quarter more depth, because a panic of
/// its own would end the instance.
#[cold]
#[inline(never)]
#[track_caller]
fn unwinding(here: usize, max_depth: u32) -> u32 {
    let remaining = left(here);
    let more = match std::thread::panicking() && remaining >= margin() / 2 {
        true => max_depth.saturating_add(max_depth / 4),
        false => 0,
    };
    match FRAMES.with(|frames| frames.enter(here, more)) {
        Ok(before) => before,
        Err(depth) => overflow(remaining, depth),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn overflow(remaining: usize, depth: u32) -> ! {
    panic_any(StackOverflow { remaining, depth })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u32 = 4;

    /// Guards at these addresses, one inside the other; the count after each.
    fn entered(frames: &Frames<8>, slots: &[usize]) -> Vec<Result<u32, u32>> {
        slots.iter().map(|&at| frames.enter(at, MAX)).collect()
    }

    #[test]
    fn calls_are_counted_up_to_the_limit() {
        let frames = Frames::new();
        let counted = entered(&frames, &[900, 800, 700, 600, 500, 500]);
        assert_eq!(counted, [Ok(0), Ok(1), Ok(2), Ok(3), Err(4), Err(4)]);
        assert_eq!(frames.depth.get(), 4, "a refused call is not counted");
    }

    #[test]
    fn there_is_a_slot_for_every_count() {
        let frames = Frames::<2>::new();
        let counted: Vec<_> = [30, 20, 10].map(|at| frames.enter(at, u32::MAX)).into();
        assert_eq!(counted, [Ok(0), Ok(1), Err(2)]);
        assert_eq!(Frames::<0>::new().enter(1, 1), Err(0));
    }

    #[test]
    fn a_frame_that_is_gone_is_forgotten() {
        let frames = Frames::new();
        entered(&frames, &[900, 800, 700]);
        assert_eq!(frames.enter(700, MAX), Ok(2), "the same place");
        assert_eq!(frames.enter(850, MAX), Ok(1), "between two, above two");
        assert_eq!(frames.enter(900, MAX), Ok(0), "the first");
        assert_eq!(frames.depth.get(), 1);
    }

    #[test]
    fn a_refused_call_heals_too() {
        let frames = Frames::new();
        entered(&frames, &[900, 800, 700]);
        assert_eq!(frames.enter(850, 1), Err(1));
        assert_eq!(frames.depth.get(), 1);
    }

    #[test]
    fn what_is_skipped_goes_with_the_guard_outside_it() {
        let frames = Frames::new();
        let before = frames.enter(900, MAX).unwrap();
        entered(&frames, &[800, 700]);
        frames.depth.set(before); // as the drop of the first does
        assert_eq!(frames.enter(100, MAX), Ok(0));
    }

    #[test]
    fn frames_gone_above_every_new_one_count_once() {
        let frames = Frames::new();
        entered(&frames, &[900, 800]);
        for _ in 0..100 {
            // From lower down, each skipped: the second takes the place of the first.
            assert_eq!(frames.enter(500, MAX), Ok(2));
        }
        assert_eq!(frames.enter(900, MAX), Ok(0));
    }

    #[test]
    fn off_webassembly_there_is_no_end_to_the_stack() {
        assert_eq!((remaining(), size()), (usize::MAX, usize::MAX));
        check();
    }
}
