//! What is behind a handle: a guarded cell, and the record of the object if its class rolls back. Who enters it is not
//! known here.

use crate::base::cell::{GuardedCell, Refusal};
use crate::base::thrown::Thrown;
use crate::call::failure::Failure;
use crate::call::settle::{self, OnPanic};
use crate::component::class::{Component, records};
use crate::component::entry::{Entry, Record};
use crate::persist::policy::Persistence;

/// A value of the user's behind a handle: the type that the guest trait names,
/// `type Ledger = recover_runtime::component::Resource<Ledger>;`.
///
/// A call on it that fails leaves it as the policy of its class says: poisoned, kept, or rolled back. A constructor that
/// panics leaves an object that refuses each call as poisoned, with the panic as the cause.
pub struct Resource<T: Component> {
    cell: GuardedCell<T, Thrown>,
    record: Record<T>,
}

impl<T: Component> Resource<T> {
    /// An object that holds this value.
    pub fn new(value: T) -> Self {
        let record = match records::<T>() {
            true => {
                if cfg!(debug_assertions) {
                    T::Persistence::prove(&value);
                }
                T::Persistence::enlist(&value)
            }
            false => Record::<T>::default(),
        };
        Resource {
            cell: GuardedCell::new(value),
            record,
        }
    }

    /// An object that there is not, because of this error.
    pub(crate) fn failed(cause: Thrown) -> Self {
        Resource {
            cell: GuardedCell::refusing(Refusal::Poisoned, Some(cause)),
            record: Record::<T>::default(),
        }
    }

    /// Accepts the state that a failed call left; whether one had. What a failed constructor left has no state.
    pub fn clear_poison(&self) -> bool {
        let was = self.cell.has_value() && self.cell.clear_poison();
        if was
            && records::<T>()
            && let Ok(entry) = self.enter::<false>(OnPanic::Keep)
        {
            entry.accept();
        }
        was
    }

    /// Whether a failed call left it half changed.
    pub fn is_poisoned(&self) -> bool {
        self.cell.is_poisoned()
    }

    /// Enters it for a call.
    #[inline]
    pub(crate) fn enter<const EXCLUSIVE: bool>(
        &self,
        on_panic: OnPanic,
    ) -> Result<Entry<'_, T, EXCLUSIVE>, Refusal> {
        Entry::enter(&self.cell, &self.record, on_panic)
    }

    /// The value, if nobody holds it and it is not poisoned.
    pub(crate) fn into_value(self) -> Result<T, Failure> {
        self.cell.take().map_err(|refusal| self.refused(refusal))
    }

    /// The failure of a call that is refused.
    #[cold]
    pub(crate) fn refused(&self, refusal: Refusal) -> Failure {
        let cause = match refusal {
            Refusal::Poisoned => self.cell.cause(),
            _ => None,
        };
        Failure::Refused {
            refusal,
            class: T::NAME,
            cause,
        }
    }
}

impl<T: Component> Drop for Resource<T> {
    fn drop(&mut self) {
        #[cfg(feature = "persist")]
        if records::<T>() {
            crate::host::component::records::forget(T::Persistence::number(&self.record));
        }
        // The host drops a handle outside of any call: a panic would end the instance.
        self.cell.retire();
        if let Some(value) = self.cell.reclaim() {
            settle::drop_reporting(value, T::NAME);
        }
    }
}

impl<T: Component> std::fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.cell.refusal() {
            None => "free",
            Some(Refusal::Busy) => "busy",
            Some(Refusal::Poisoned) => "poisoned",
            Some(Refusal::Stale) => "gone",
        };
        write!(f, "Resource<{}>({state})", T::NAME)
    }
}
