//! What is recorded of an object whenever an asynchronous call on it waits. The object offers it when
//! the call enters; the task that the call becomes takes it, and runs it. Neither is known here.

use std::cell::RefCell;
use std::rc::Rc;

/// Records the state of one object as it is now.
pub(crate) type Checkpoint = Rc<dyn Fn()>;

thread_local! {
    static OFFERED: RefCell<Option<Checkpoint>> = const { RefCell::new(None) };
}

/// Offers the checkpoint of the receiver that enters.
pub(crate) fn offer(checkpoint: Checkpoint) {
    OFFERED.set(Some(checkpoint));
}

/// Takes what was offered since the last call.
pub(crate) fn taken() -> Option<Checkpoint> {
    OFFERED.take()
}
