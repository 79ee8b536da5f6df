//! Our panic hook: it notes where a panic began, has the host take the stack, and calls the hook that
//! was there before.
//!
//! Only a hook learns the location of a panic, and runs on its stack. The user may replace the hook at any time, as
//! `console_error_panic_hook::set_once` does. std drops the hook that was there before, and that
//! destructor chains ours again, in front of the user's. A hook that the user takes and keeps is
//! not dropped: then a panic arrives without a note, and the next guarded call chains ours. Errors
//! are not made here.
//!
//! std formats the payload before it calls any hook, and a panic in a payload's
//! `Display` is then a panic inside the hook: std aborts, and no hook can help.

use crate::base::origin::{self, Origin, StrParts, str_parts};
use crate::base::{flags, memory, payload};
use crate::host::around;
use std::any::Any;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

#[derive(Clone, Copy)]
struct Note {
    at: Origin,
    payload: StrParts,
}

/// The last notes, in a ring of fixed size: a hook that fails to allocate aborts. A note
/// overwrites the one `KEPT` before it. A taken note has line 0; the last note is never a taken
/// one.
struct Notes {
    kept: [Cell<Note>; KEPT],
    /// The index of the next note, modulo `KEPT`.
    next: Cell<usize>,
    /// How many notes the ring has.
    count: Cell<usize>,
}

impl Notes {
    const fn new() -> Self {
        Self {
            kept: [const { Cell::new(NOTHING) }; KEPT],
            next: Cell::new(0),
            count: Cell::new(0),
        }
    }

    /// The note that `newer` others followed.
    fn at(&self, newer: usize) -> &Cell<Note> {
        &self.kept[self.next.get().wrapping_sub(newer + 1) % KEPT]
    }

    fn last(&self) -> Option<Note> {
        (self.count.get() != 0).then(|| self.at(0).get())
    }

    fn push(&self, note: Note) {
        self.next.set(self.next.get().wrapping_add(1));
        self.count.set(KEPT.min(self.count.get() + 1));
        self.at(0).set(note);
    }

    /// Takes the last note of this payload.
    fn take(&self, payload: StrParts) -> Option<Origin> {
        let mut notes = (0..self.count.get()).map(|newer| self.at(newer));
        let found = notes.find(|note| {
            let note = note.get();
            note.at.line != 0 && note.payload == payload
        })?;
        let at = found.replace(NOTHING).at;
        while self.last().is_some_and(|last| last.at.line == 0) {
            self.next.set(self.next.get().wrapping_sub(1));
            self.count.set(self.count.get() - 1);
        }
        if self.count.get() == 0 {
            flags::clear_noted();
        }
        Some(at)
    }

    fn clear(&self) {
        self.count.set(0);
    }
}

/// How many notes are kept. Between a panic and our catch there are only notes of panics that a
/// user's own `catch_unwind` stopped, and of outer panics that still unwind. If there are more, a
/// panic loses its location.
const KEPT: usize = 8;

const NOTHING: Note = Note {
    at: Origin {
        file: (0, 0),
        line: 0,
        column: 0,
        stack: 0,
    },
    payload: (0, 0),
};

thread_local! {
    static NOTES: Notes = const { Notes::new() };
    /// The address of our hook's box while it exists, which is the only way to recognise it, and
    /// the number of its chain.
    static OURS: Cell<(usize, u32)> = const { Cell::new((0, 0)) };
    /// Whether one of our hooks runs.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// How many times our hook was chained.
static CHAINS: AtomicU32 = AtomicU32::new(0);

/// What our hook captures. Its destructor shows that the hook was replaced, and chains it again.
struct Chain {
    before: Hook,
    number: u32,
}

impl Chain {
    fn run(&self, info: &PanicHookInfo<'_>) {
        // A user's hook between two of ours calls the older one too: one note is enough.
        let inner = RUNNING.replace(true);
        let _running = Running(inner);
        if !inner {
            note(info);
        }
        (self.before)(info);
    }
}

/// Restores `RUNNING`, too if the user's hook throws a JavaScript exception.
struct Running(bool);

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // A later hook of ours may be installed. The access fails only while the thread ends,
        // when nobody needs it.
        let is_last = OURS.try_with(|ours| {
            let is_last = ours.get() != (0, 0) && ours.get().1 == self.number;
            if is_last {
                ours.set((0, self.number));
            }
            is_last
        });
        if is_last == Ok(true) {
            if std::thread::panicking() {
                // std refuses to change the hook now.
                flags::set_no_hook();
            } else {
                chain();
            }
        }
    }
}

fn payload_parts(payload: &(dyn Any + Send)) -> StrParts {
    message(payload).map_or((0, 0), str_parts)
}

/// The message of a payload made by `panic!`.
pub(crate) fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => Some(text),
        None => payload.downcast_ref::<String>().map(String::as_str),
    }
}

fn note(info: &PanicHookInfo<'_>) {
    let Some(location) = info.location() else {
        return;
    };
    let here = || Origin {
        file: str_parts(location.file()),
        line: location.line(),
        column: location.column(),
        stack: origin::stack(),
    };
    if ends_instance(info) {
        let message = info
            .payload_as_str()
            .unwrap_or("panic with a payload that is not a string");
        // A panic in a destructor while another unwinds: std reports it with a location of its own.
        let last = NOTES.with(Notes::last).map(|note| note.at);
        let at = last.unwrap_or_else(here);
        let exhausted = payload::exhausted(info.payload());
        return around::fatal(message, exhausted, at, flags::current());
    }
    let at = here();
    let payload = info.payload_as_str().map_or((0, 0), str_parts);
    origin::set_last(at, payload);
    memory::panics();
    NOTES.with(|notes| notes.push(Note { at, payload }));
    flags::set_noted();
}

/// Whether this panic ends the instance.
fn ends_instance(info: &PanicHookInfo<'_>) -> bool {
    #[cfg(all(target_family = "wasm", panic = "unwind"))]
    return !info.can_unwind();
    #[cfg(not(all(target_family = "wasm", panic = "unwind")))]
    return {
        let _ = info;
        cfg!(all(target_family = "wasm", not(panic = "unwind")))
    };
}

/// Forgets the notes and the stacks of panics that the user caught. When a call begins, no panic unwinds, unless
/// a destructor made the call. Returns whether the notes were forgotten.
pub(crate) fn forget() -> bool {
    let quiet = !std::thread::panicking();
    if quiet {
        NOTES.with(Notes::clear);
        around::drop_stack(0);
    }
    quiet
}

/// Where the panic with this payload began, if our hook saw it.
pub(crate) fn take_origin(payload: &(dyn Any + Send)) -> Option<Origin> {
    let wanted = payload_parts(payload);
    NOTES.with(|notes| notes.take(wanted))
}

/// Installs our hook in front of the current one.
pub(crate) fn chain() {
    let before = std::panic::take_hook();
    if OURS.get().0 == address(&before) {
        std::panic::set_hook(before);
        return;
    }
    let number = CHAINS.fetch_add(1, Relaxed);
    let chain = Chain { before, number };
    let hook: Hook = Box::new(move |info| chain.run(info));
    OURS.set((address(&hook), number));
    std::panic::set_hook(hook);
}

fn address(hook: &Hook) -> usize {
    std::ptr::from_ref(&**hook).cast::<()>() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{catch_unwind, panic_any, resume_unwind, set_hook, take_hook};
    use std::sync::Mutex;

    /// The process has one hook, so its tests take turns.
    static TURN: Mutex<()> = Mutex::new(());

    fn caught(panic: fn()) -> Box<dyn Any + Send> {
        catch_unwind(panic).expect_err("it panics")
    }

    fn with_hooks(test: impl FnOnce()) {
        let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let restore = take_hook();
        set_hook(Box::new(|_| {}));
        test();
        set_hook(restore);
    }

    #[test]
    fn a_location_goes_to_the_panic_with_its_payload() {
        with_hooks(|| {
            chain();
            let outer = caught(|| panic!("outer {}", 1));
            let inner = caught(|| panic!("inner"));
            let line = |payload: &Box<dyn Any + Send>| take_origin(&**payload).map(|at| at.line);
            let (outer_line, inner_line) = (line(&outer), line(&inner));
            assert_eq!(outer_line.unwrap() + 1, inner_line.unwrap());
            assert_eq!(line(&outer), None, "a note is used once");
        });
    }

    #[test]
    fn an_outer_note_stays_while_inner_notes_are_taken() {
        let notes = Notes::new();
        let note = |line| Note {
            at: Origin {
                line,
                ..Origin::default()
            },
            payload: (line as usize, 1),
        };
        let line = |payload| notes.take((payload, 1)).map(|at| at.line);
        notes.push(note(100));
        notes.push(note(101));
        assert_eq!(line(100), Some(100), "out of turn");
        notes.push(note(102));
        for inner in 1..=40 {
            notes.push(note(inner));
            assert_eq!(line(inner as usize), Some(inner));
        }
        assert_eq!(
            (line(102), line(101), line(101)),
            (Some(102), Some(101), None)
        );
        for many in 1..=9 {
            notes.push(note(many));
        }
        assert_eq!((line(1), line(2), line(9)), (None, Some(2), Some(9)));
        notes.clear();
        assert_eq!(line(8), None);
    }

    #[test]
    fn a_payload_that_is_not_a_string_has_a_location() {
        with_hooks(|| {
            chain();
            let payload = caught(|| panic_any(7_u64));
            assert_eq!(
                take_origin(&*payload).map(|at| at.file.1),
                Some(file!().len())
            );
        });
    }

    #[test]
    fn a_replaced_hook_is_chained_again_and_only_once() {
        with_hooks(|| {
            chain();
            let ours = OURS.get();
            drop(caught(|| resume_unwind(Box::new("no hook runs"))));
            chain();
            assert_eq!(OURS.get(), ours, "ours was in force");
            set_hook(Box::new(|_| {}));
            assert_ne!(OURS.get(), ours, "ours is another");
            let seen = caught(|| panic!("seen"));
            assert!(take_origin(&*seen).is_some());
            drop(take_hook());
            let seen = caught(|| panic!("seen"));
            assert!(take_origin(&*seen).is_some());
            let kept = take_hook();
            let unseen = caught(|| panic!("unseen"));
            assert!(take_origin(&*unseen).is_none());
            chain();
            let seen = caught(|| panic!("seen"));
            assert!(take_origin(&*seen).is_some());
            drop(kept);
            assert!(take_origin(&*caught(|| panic!("seen"))).is_some());
        });
    }
}
