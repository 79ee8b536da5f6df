//! Our panic hook: it notes where a panic began and chains to the hook before.
//!
//! A panic's location reaches a hook and nothing else. The hook may be replaced
//! by the user at any time: then a panic arrives with no note, and the next
//! guarded call chains again. Building errors does not live here.
//!
//! std formats the payload before it calls any hook, and a panic in a payload's
//! `Display` is then a panic inside the hook: std aborts, and no hook can help.

use crate::base::origin::{Origin, StrParts, str_parts};
use crate::base::{flags, payload};
use crate::host::instance;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

struct Note {
    at: Origin,
    payload: StrParts,
}

/// Notes of panics not caught by us: those of a user's own `catch_unwind`, and
/// outer ones still unwinding. More than these never lie between a panic and
/// its catch in sane code, and a lost note costs a location.
const KEPT: usize = 8;

thread_local! {
    static NOTES: RefCell<Vec<Note>> = const { RefCell::new(Vec::new()) };
    /// Address of our hook's box while it exists, the only way to recognise it, and
    /// the number of its chain.
    static OURS: Cell<(usize, u32)> = const { Cell::new((0, 0)) };
}

/// Chains so far.
static CHAINS: AtomicU32 = AtomicU32::new(0);

/// Our hook's captures; its drop tells that the hook is gone for good.
struct Chain {
    before: Hook,
    number: u32,
}

impl Chain {
    fn run(&self, info: &PanicHookInfo<'_>) {
        note(info);
        (self.before)(info);
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // A later one of ours may be in force. The access fails only while the thread
        // is torn down, when nobody asks any more.
        let _ = OURS.try_with(|ours| {
            if ours.get().1 == self.number {
                ours.set((0, self.number))
            }
        });
    }
}

fn payload_parts(payload: &(dyn Any + Send)) -> StrParts {
    message(payload).map_or((0, 0), str_parts)
}

/// The text of a payload made by `panic!` with a message.
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
    let at = Origin {
        file: str_parts(location.file()),
        line: location.line(),
        column: location.column(),
    };
    if ends(info) {
        let message = info
            .payload_as_str()
            .unwrap_or("panic with a payload that is no text");
        // A panic in a destructor while another unwinds: std reports it from a place of its own.
        let last = NOTES.with_borrow(|notes| notes.last().map(|note| note.at));
        let figures = payload::exhausted(info.payload());
        return instance::fatal(message, figures, last.unwrap_or(at), flags::current());
    }
    let text = info.payload_as_str().map_or((0, 0), str_parts);
    NOTES.with_borrow_mut(|notes| {
        // A user's hook may chain to one of ours behind one of ours.
        if notes
            .last()
            .is_some_and(|last| last.at == at && last.payload == text)
        {
            return;
        }
        if notes.len() == KEPT {
            notes.remove(0);
        }
        notes.push(Note { at, payload: text });
    });
    flags::set_noted();
}

/// Whether the instance ends with this panic.
fn ends(info: &PanicHookInfo<'_>) -> bool {
    #[cfg(all(target_family = "wasm", target_os = "unknown", panic = "unwind"))]
    return !info.can_unwind();
    #[cfg(not(all(target_family = "wasm", target_os = "unknown", panic = "unwind")))]
    return {
        let _ = info;
        cfg!(all(target_family = "wasm", not(panic = "unwind")))
    };
}

/// Forgets panics that the user caught: none is on its way when a call begins that
/// is not made by a destructor. Says whether it did.
pub(crate) fn forget() -> bool {
    let quiet = !std::thread::panicking();
    if quiet {
        NOTES.with_borrow_mut(Vec::clear);
    }
    quiet
}

/// Where the panic with this payload began, if our hook saw it.
pub(crate) fn taken(payload: &(dyn Any + Send)) -> Option<Origin> {
    let wanted = payload_parts(payload);
    NOTES.with_borrow_mut(|notes| {
        let found = notes.iter().rposition(|note| note.payload == wanted)?;
        let at = notes.remove(found).at;
        if notes.is_empty() {
            flags::clear_noted();
        }
        Some(at)
    })
}

/// Makes ours the hook in force, in front of the one that is.
pub(crate) fn chain() {
    let before = std::panic::take_hook();
    if OURS.get().0 == address(&before) {
        std::panic::set_hook(before);
        return;
    }
    // So that a note needs no memory: a hook that can't allocate aborts.
    NOTES.with_borrow_mut(|notes| notes.reserve(KEPT));
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

    /// The hook is one for the process, so its tests take turns.
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
    fn a_location_belongs_to_its_payload() {
        with_hooks(|| {
            chain();
            let outer = caught(|| panic!("outer {}", 1));
            let inner = caught(|| panic!("inner"));
            let line = |payload: &Box<dyn Any + Send>| taken(&**payload).map(|at| at.line);
            let (outer_line, inner_line) = (line(&outer), line(&inner));
            assert_eq!(outer_line.unwrap() + 1, inner_line.unwrap());
            assert_eq!(line(&outer), None, "a note is used once");
        });
    }

    #[test]
    fn payloads_that_are_no_text_have_a_location() {
        with_hooks(|| {
            chain();
            let payload = caught(|| panic_any(7_u64));
            assert_eq!(taken(&*payload).map(|at| at.file.1), Some(file!().len()));
        });
    }

    #[test]
    fn a_replaced_hook_is_chained_again_and_ours_is_not_doubled() {
        with_hooks(|| {
            chain();
            let ours = OURS.get();
            drop(caught(|| resume_unwind(Box::new("no hook runs"))));
            chain();
            assert_eq!(OURS.get(), ours, "ours was in force");
            set_hook(Box::new(|_| {}));
            assert_eq!(OURS.get().0, 0, "ours is gone");
            let unseen = caught(|| panic!("unseen"));
            assert!(taken(&*unseen).is_none());
            chain();
            let seen = caught(|| panic!("seen"));
            assert!(taken(&*seen).is_some());
        });
    }
}
