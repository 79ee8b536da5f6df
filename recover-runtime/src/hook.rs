//! Our panic hook: it notes where a panic began and chains to the hook before.
//!
//! A panic's location reaches a hook and nothing else. The hook may be replaced
//! by the user at any time: then a panic arrives with no note, and the next
//! guarded call chains again. Building errors does not live here.
//!
//! std formats the payload before it calls any hook, and a panic in a payload's
//! `Display` is then a panic inside the hook: std aborts, and no hook can help.

use crate::{guard, lifecycle, payload, task};
use std::any::Any;
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// Where a panic began; line and column count from 1.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct At {
    /// The file's name, which rustc keeps in the module's data; none is `(0, 0)`.
    pub(crate) file: Text,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

#[derive(Clone, Copy)]
struct Note {
    at: At,
    payload: Text,
}

/// The last few, oldest first. Of fixed size, so that a note needs no memory: a hook that
/// can't allocate aborts.
#[derive(Clone, Copy)]
struct Notes {
    kept: [Note; KEPT],
    count: usize,
}

impl Notes {
    const NONE: Self = Self {
        kept: [NOTHING; KEPT],
        count: 0,
    };

    fn last(&self) -> Option<&Note> {
        self.kept[..self.count].last()
    }

    fn push(&mut self, note: Note) {
        if self.count == KEPT {
            self.remove(0);
        }
        self.kept[self.count] = note;
        self.count += 1;
    }

    fn remove(&mut self, at: usize) -> Note {
        let note = self.kept[at];
        self.kept.copy_within(at + 1..self.count, at);
        self.count -= 1;
        note
    }
}

/// Address and length of a text. Those of a payload do not change when std moves
/// the payload into its box; zero stands for a payload that is no text.
pub(crate) type Text = (usize, usize);

/// Where `text` is.
pub(crate) fn place(text: &str) -> Text {
    (text.as_ptr() as usize, text.len())
}

/// Notes of panics not caught by us: those of a user's own `catch_unwind`, and
/// outer ones still unwinding. More than these never lie between a panic and
/// its catch in sane code, and a lost note costs a location.
const KEPT: usize = 8;
const NOTHING: Note = Note {
    at: At {
        file: (0, 0),
        line: 0,
        column: 0,
    },
    payload: (0, 0),
};

thread_local! {
    static NOTES: Cell<Notes> = const { Cell::new(Notes::NONE) };
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

fn text(payload: &(dyn Any + Send)) -> Text {
    message(payload).map_or((0, 0), place)
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
    let at = At {
        file: place(location.file()),
        line: location.line(),
        column: location.column(),
    };
    if ends(info) {
        let message = info
            .payload_as_str()
            .unwrap_or("panic with a payload that is no text");
        // A panic in a destructor while another unwinds: std reports it from a place of its own.
        let last = NOTES.get().last().map(|note| note.at);
        let figures = payload::exhausted(info.payload());
        return lifecycle::fatal(message, figures, last.unwrap_or(at), task::current());
    }
    let text = info.payload_as_str().map_or((0, 0), place);
    let mut notes = NOTES.get();
    // A user's hook may chain to one of ours behind one of ours.
    if notes
        .last()
        .is_none_or(|last| last.at != at || last.payload != text)
    {
        notes.push(Note { at, payload: text });
        NOTES.set(notes);
    }
    guard::noted();
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
        NOTES.set(Notes::NONE);
    }
    quiet
}

/// Where the panic with this payload began, if our hook saw it.
pub(crate) fn taken(payload: &(dyn Any + Send)) -> Option<At> {
    let wanted = text(payload);
    let mut notes = NOTES.get();
    let found = notes.kept[..notes.count]
        .iter()
        .rposition(|note| note.payload == wanted)?;
    let at = notes.remove(found).at;
    NOTES.set(notes);
    if notes.count == 0 {
        guard::no_notes();
    }
    Some(at)
}

/// Makes ours the hook in force, in front of the one that is.
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
