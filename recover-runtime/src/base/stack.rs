//! The stack guard: how much of the stack is left, and how many guarded calls are under way.
//!
//! A module has two stacks. Values whose address is taken are on the *shadow stack* in linear
//! memory. The linker knows its end, so it is measured. The rest is on the *engine's* stack. No
//! module can see that one, and the instance ends if it is full, so it is estimated: guarded
//! calls are counted against a budget. The macro puts a [`StackSlot`] and its [`Guard`] into a
//! function; exports and errors live elsewhere.
//!
//! # The count corrects itself
//!
//! A JavaScript exception may cross Rust frames without running their destructors (imports are
//! declared as if they never threw), so a guard may never be dropped. So each guard writes the
//! address of its slot into a table beside the count:
//!
//! 1. A slot is in the frame of its function, because its address is taken; and a guarded
//!    function is never inlined (the macro says so), so a frame has one slot. Frames that
//!    are under way do not overlap, and the shadow stack grows down: the addresses of
//!    guards under way fall strictly, from the outermost to the innermost.
//! 2. So an entry at the address of a new guard, or below, belongs to a frame that is gone,
//!    and the new guard replaces it. No guard under way is ever removed.
//! 3. A guard that is dropped restores the count from before it was made, which also removes
//!    the guards inside it that were skipped.
//!
//! One case remains: an entry of a frame that is gone, above every new guard. It counts until a
//! guarded call is made from as high up, or until a guard outside it is dropped. Such entries
//! have falling addresses too, so the same calls made again add no second one.
//!
//! In a panic=abort build nothing restores the stack pointer after such an exception: the frames
//! stay allocated, and both figures include them.
//!
//! A fiber (`task/fiber.rs`) has a shadow stack of its own elsewhere. While it waits, its guards are
//! not in the table (`leave`).
//!
//! `unsafe` here: two symbols of the linker are declared, of which only the addresses
//! are used.

use crate::base::payload::StackOverflow;
#[cfg(feature = "torture")]
use crate::base::torture;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::panic_any;

/// The most guarded calls that can be under way, whatever a `max_depth` says. No engine has the
/// stack for more.
const MAX_FRAMES: usize = 16_384;

/// The default `max_depth`; docs/book/stack.md has the measurement.
pub const MAX_DEPTH: u32 = 200;

/// Bytes of the shadow stack that a guarded function leaves for what it calls: unguarded
/// functions, and a panic with its hooks.
const MARGIN: usize = 64 * 1024;

#[cfg(target_family = "wasm")]
mod bounds {
    // SAFETY: wasm-ld defines both symbols, at the two ends of the shadow stack. They have no
    // type, and only their addresses are used.
    unsafe extern "C" {
        safe static __stack_low: u8;
        safe static __stack_high: u8;
    }

    // SAFETY: as above, at the two ends of the static data.
    #[cfg(feature = "methods")]
    unsafe extern "C" {
        safe static __global_base: u8;
        safe static __data_end: u8;
    }

    #[cfg(feature = "methods")]
    pub(crate) fn statics() -> (usize, usize) {
        (
            (&raw const __global_base) as usize,
            (&raw const __data_end) as usize,
        )
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

/// Whether the stack begins at the last possible byte. It never does, but only the linker knows
/// that: a condition that costs nothing and that the compiler can't decide.
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

    #[cfg(feature = "methods")]
    pub(crate) fn statics() -> (usize, usize) {
        (0, 0)
    }
}

/// Where the module's static data begins and ends.
#[cfg(feature = "methods")]
pub(crate) fn statics() -> (usize, usize) {
    bounds::statics()
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
    remaining_below(address(&here))
}

/// Bytes of the whole shadow stack, as the linker laid it out: 1 MiB unless
/// `cargo recover build --stack-size` says otherwise.
///
/// Off WebAssembly there is no shadow stack, and the answer is `usize::MAX`.
pub fn size() -> usize {
    bounds::size()
}

/// Panics if so little is left of the shadow stack that a guarded function would refuse to run.
/// The panic becomes a `StackOverflowError`.
///
/// Call it in code that a recursion of a dependency calls back: an iterator, a reader, a visitor
/// of a recursive parser. It counts no call and does not check the depth; [`with_limit`] does.
///
/// # Panics
///
/// As above. In a panic=abort build that ends the instance.
#[track_caller]
#[inline]
pub fn check() {
    let remaining = remaining();
    #[cfg(feature = "torture")]
    let remaining = match torture::fails(torture::STACK) {
        true => 0,
        false => remaining,
    };
    if remaining < margin() {
        overflow(remaining, FRAMES.with(|frames| frames.depth.get()));
    }
}

/// Runs `body` as one guarded call. It is for a closure what
/// `#[recoverable(stack_guard, max_depth = N)]` is for a function.
///
/// ```
/// fn depth(slice: &[u32]) -> u32 {
///     recover_runtime::stack::with_limit(500, || match slice {
///         [] => 0,
///         [_, rest @ ..] => 1 + depth(rest),
///     })
/// }
/// assert_eq!(depth(&[7; 300]), 300);
/// ```
///
/// # Panics
///
/// If `max_depth` guarded calls are under way, or too little is left of the shadow stack. The panic
/// becomes a `StackOverflowError`; in a panic=abort build it ends the instance.
#[track_caller]
#[inline(never)]
pub fn with_limit<R>(max_depth: u32, body: impl FnOnce() -> R) -> R {
    let slot = StackSlot::new();
    let _guard = slot.enter(max_depth);
    body()
}

/// Whether too little of the shadow stack is left for a guarded function.
#[cfg(feature = "persist")]
#[inline]
pub(crate) fn is_short() -> bool {
    remaining() < margin()
}

#[inline(always)]
fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

#[inline(always)]
fn remaining_below(here: usize) -> usize {
    let low = match FIBER.get() {
        0 => bounds::low(),
        low => low,
    };
    here.wrapping_sub(low)
}

/// The margin; half of the stack, if that is smaller than two margins.
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

    /// Counts a call whose slot is at `here`, and returns how many were under way before it. If
    /// that is `max` already, the call is not counted, and the number is the error.
    #[inline(always)]
    fn enter(&self, here: usize, max: u32) -> Result<u32, u32> {
        let mut depth = self.depth.get();
        // Off WebAssembly no guard is skipped, and stacks may be at any address.
        if cfg!(any(target_family = "wasm", test)) && depth > 0 && self.slot(depth - 1) <= here {
            depth = self.remove_gone(here);
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

    /// The slots of the calls under way.
    fn taken(&self) -> Vec<usize> {
        (0..self.depth.get()).map(|at| self.slot(at)).collect()
    }

    /// These calls are under way, and no others.
    fn put(&self, frames: &[usize]) {
        for (slot, &here) in self.slots.iter().zip(frames) {
            slot.set(here);
        }
        self.depth.set(frames.len() as u32);
    }

    #[inline(always)]
    fn slot(&self, index: u32) -> usize {
        self.slots.get(index as usize).map_or(0, Cell::get)
    }

    /// Removes the entries of frames that are gone, and returns the depth without them.
    #[cold]
    #[inline(never)]
    fn remove_gone(&self, here: usize) -> u32 {
        let mut depth = self.depth.get();
        while depth > 0 && self.slot(depth - 1) <= here {
            depth -= 1;
        }
        self.depth.set(depth);
        depth
    }
}

thread_local! {
    static FRAMES: Frames<MAX_FRAMES> = const { Frames::new() };
    /// The lower end of the stack of the fiber that runs; zero on the stack of the module.
    static FIBER: Cell<usize> = const { Cell::new(0) };
}

/// The stack is that of a fiber, from `low` up, with the guarded calls that it had when it was left.
pub(crate) fn enter(low: usize, frames: &[usize]) {
    FIBER.set(low);
    FRAMES.with(|table| table.put(frames));
}

/// Whether the stack is that of a fiber.
#[cfg(not(panic = "unwind"))]
pub(crate) fn is_of_fiber() -> bool {
    FIBER.get() != 0
}

/// The guarded calls that are under way on the stack.
pub(crate) fn frames() -> Vec<usize> {
    FRAMES.with(Frames::taken)
}

/// The stack is that of the module again, where no guarded call is under way.
pub(crate) fn leave() {
    FIBER.set(0);
    FRAMES.with(|table| table.put(&[]));
}

/// A slot in the frame of a guarded function. Its address identifies the frame.
pub struct StackSlot(MaybeUninit<u8>);

impl StackSlot {
    /// A slot for one guard.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        StackSlot(MaybeUninit::uninit())
    }

    /// Counts a guarded call, or panics if too little stack or depth is left.
    #[inline(always)]
    #[track_caller]
    pub fn enter(&self, max_depth: u32) -> Guard<'_> {
        let here = address(&self.0);
        // As if nothing were left, not even what a destructor may use.
        #[cfg(feature = "torture")]
        let max_depth = match torture::fails(torture::STACK) {
            true => 0,
            false => max_depth,
        };
        let entered = FRAMES.with(|frames| match remaining_below(here) < margin() {
            true => Err(frames.depth.get()),
            false => frames.enter(here, max_depth),
        });
        let before = match entered {
            Ok(before) => before,
            Err(_) => enter_while_unwinding(here, max_depth),
        };
        Guard {
            before,
            slot: PhantomData,
        }
    }
}

/// A guarded call under way.
pub struct Guard<'a> {
    /// The count before this call.
    before: u32,
    slot: PhantomData<&'a StackSlot>,
}

impl Drop for Guard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        FRAMES.with(|frames| frames.depth.set(self.before));
    }
}

/// Counts a call that the normal limits refused, or panics. A destructor that runs while a panic
/// unwinds may use half of the margin and a quarter more depth, because a panic of its own would
/// end the instance.
#[cold]
#[inline(never)]
#[track_caller]
fn enter_while_unwinding(here: usize, max_depth: u32) -> u32 {
    let remaining = remaining_below(here);
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

    /// Enters guards at these addresses, one inside the other; the result of each.
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
    fn the_depth_is_limited_by_the_number_of_slots() {
        let frames = Frames::<2>::new();
        let counted: Vec<_> = [30, 20, 10].map(|at| frames.enter(at, u32::MAX)).into();
        assert_eq!(counted, [Ok(0), Ok(1), Err(2)]);
        assert_eq!(Frames::<0>::new().enter(1, 1), Err(0));
    }

    #[test]
    fn a_frame_that_is_gone_is_removed_by_the_next_guard() {
        let frames = Frames::new();
        entered(&frames, &[900, 800, 700]);
        assert_eq!(frames.enter(700, MAX), Ok(2), "the same place");
        assert_eq!(frames.enter(850, MAX), Ok(1), "between two, above two");
        assert_eq!(frames.enter(900, MAX), Ok(0), "the first");
        assert_eq!(frames.depth.get(), 1);
    }

    #[test]
    fn a_refused_call_also_removes_frames_that_are_gone() {
        let frames = Frames::new();
        entered(&frames, &[900, 800, 700]);
        assert_eq!(frames.enter(850, 1), Err(1));
        assert_eq!(frames.depth.get(), 1);
    }

    #[test]
    fn a_dropped_guard_also_removes_the_skipped_guards_inside_it() {
        let frames = Frames::new();
        let before = frames.enter(900, MAX).unwrap();
        entered(&frames, &[800, 700]);
        frames.depth.set(before); // as the drop of the first does
        assert_eq!(frames.enter(100, MAX), Ok(0));
    }

    #[test]
    fn frames_that_are_gone_above_every_new_guard_count_once() {
        let frames = Frames::new();
        entered(&frames, &[900, 800]);
        for _ in 0..100 {
            // Guards further down, both skipped: the second replaces the first.
            assert_eq!(frames.enter(500, MAX), Ok(2));
        }
        assert_eq!(frames.enter(900, MAX), Ok(0));
    }

    #[test]
    fn the_calls_of_a_stack_that_waits_do_not_count_on_another() {
        let frames = Frames::new();
        entered(&frames, &[900, 800, 700]);
        let waiting = frames.taken();
        frames.put(&[]);
        assert_eq!(entered(&frames, &[500, 400]), [Ok(0), Ok(1)]);
        frames.put(&waiting);
        assert_eq!(entered(&frames, &[600, 500]), [Ok(3), Err(4)]);
    }

    #[test]
    fn off_webassembly_the_stack_is_not_limited() {
        assert_eq!((remaining(), size()), (usize::MAX, usize::MAX));
        check();
    }
}
