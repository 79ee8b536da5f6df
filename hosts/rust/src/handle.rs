//! The handle of an object in a component: a number that outlives instances.
//!
//! What the number stands for is the supervisor's to know. A handle only tells it when nobody holds it any more.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::shape::ClassIndex;

/// The number of an object; none is used twice by one supervisor.
pub(crate) type ObjectId = u64;

/// The objects whose last handle was dropped; the supervisor drops them in the component at its next call.
#[derive(Debug, Default)]
pub(crate) struct Dropped(Mutex<Vec<ObjectId>>);

impl Dropped {
    pub(crate) fn take(&self) -> Vec<ObjectId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An object of a component. It is used by [`Supervisor::method`](crate::Supervisor::method), and as an argument.
///
/// A handle survives the end of the instance. An object whose class persists comes back under it; another one
/// is stale. When the last clone is dropped, the object is dropped in the component by the supervisor's next call.
#[derive(Clone)]
pub struct Handle(Arc<Inner>);

struct Inner {
    id: ObjectId,
    owner: u64,
    class: ClassIndex,
    name: Arc<str>,
    dropped: Arc<Dropped>,
}

impl Handle {
    pub(crate) fn new(
        id: ObjectId,
        owner: u64,
        class: ClassIndex,
        name: Arc<str>,
        dropped: Arc<Dropped>,
    ) -> Self {
        Handle(Arc::new(Inner {
            id,
            owner,
            class,
            name,
            dropped,
        }))
    }

    /// The name of its resource, such as `ledger`.
    pub fn class(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn id(&self) -> ObjectId {
        self.0.id
    }

    /// The number of the supervisor.
    pub(crate) fn owner(&self) -> u64 {
        self.0.owner
    }

    pub(crate) fn class_index(&self) -> ClassIndex {
        self.0.class
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut dropped = self
            .dropped
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        dropped.push(self.id);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Handle({} {})", self.0.name, self.0.id)
    }
}
