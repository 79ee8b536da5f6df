//! Brings the state of an object back while other calls have a `&` of it: through its cells and locks.
//! What else a struct has can't have changed.

use std::cell::{Cell, OnceCell, RefCell};
use std::marker::PhantomData;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use std::sync::{Mutex, RwLock, TryLockError};

/// A state that can be brought back. The attribute implements it, field by field.
pub trait Restore: Sized {
    /// Takes over what `before` has; whether all of it could be. What another call has borrowed across
    /// an `await` can't be.
    fn restore(&self, before: Self) -> bool;
}

/// How a field is brought back, asked of its concrete type.
#[doc(hidden)]
pub struct Field<T>(PhantomData<T>);

/// The answer for a field of another type.
#[doc(hidden)]
pub trait Other<T> {
    #[doc(hidden)]
    const RESTORES: bool = false;
    #[doc(hidden)]
    fn restore(_field: &T, _before: T) -> bool {
        true
    }
}

impl<T> Other<T> for Field<T> {}

impl<T> Field<Cell<T>> {
    #[doc(hidden)]
    pub const RESTORES: bool = true;
    #[doc(hidden)]
    pub fn restore(field: &Cell<T>, before: Cell<T>) -> bool {
        field.set(before.into_inner());
        true
    }
}

impl<T> Field<RefCell<T>> {
    #[doc(hidden)]
    pub const RESTORES: bool = true;
    #[doc(hidden)]
    pub fn restore(field: &RefCell<T>, before: RefCell<T>) -> bool {
        match field.try_borrow_mut() {
            Ok(mut field) => {
                *field = before.into_inner();
                true
            }
            Err(_) => false,
        }
    }
}

/// What is in it stays: it was right when it was set.
impl<T> Field<OnceCell<T>> {
    #[doc(hidden)]
    pub const RESTORES: bool = true;
    #[doc(hidden)]
    pub fn restore(_field: &OnceCell<T>, _before: OnceCell<T>) -> bool {
        true
    }
}

macro_rules! locks {
    ($($lock:ident $try:ident),*) => {$(
        impl<T> Field<$lock<T>> {
            #[doc(hidden)]
            pub const RESTORES: bool = true;
            #[doc(hidden)]
            pub fn restore(field: &$lock<T>, before: $lock<T>) -> bool {
                let before = before.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
                match field.$try() {
                    Ok(mut field) => *field = before,
                    Err(TryLockError::Poisoned(poisoned)) => *poisoned.into_inner() = before,
                    Err(TryLockError::WouldBlock) => return false,
                }
                // The panic that poisoned it is undone.
                field.clear_poison();
                true
            }
        }
    )*};
}

locks!(Mutex try_lock, RwLock try_write);

macro_rules! atomics {
    ($($atomic:ident),*) => {$(
        impl Field<$atomic> {
            #[doc(hidden)]
            pub const RESTORES: bool = true;
            #[doc(hidden)]
            pub fn restore(field: &$atomic, before: $atomic) -> bool {
                field.store(before.into_inner(), Ordering::Relaxed);
                true
            }
        }
    )*};
}

atomics!(
    AtomicBool,
    AtomicI32,
    AtomicI64,
    AtomicU32,
    AtomicU64,
    AtomicUsize
);

/// Brings one field back, whatever its type; a type that may change unseen fails the build.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_worker_restored {
    ($ty:ty, $name:literal, $field:expr, $before:expr) => {{
        #[allow(unused_imports)]
        use $crate::{Other as _, runtime::__private::MayTear as _};
        const _: () = ::core::assert!(
            $crate::Field::<$ty>::RESTORES
                || ::core::matches!(
                    $crate::runtime::__private::UnwindSafety::<$ty>::SHARED,
                    $crate::runtime::OnPanic::Keep
                ),
            ::core::concat!(
                "the field `",
                $name,
                "` may change through `&self` in ways that can't be undone; put \
                 a `Cell`, a `RefCell`, a lock or an atomic around all of it"
            )
        );
        $crate::Field::<$ty>::restore($field, $before)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    struct State {
        count: Cell<u32>,
        names: RefCell<Vec<String>>,
        lock: Mutex<u32>,
        atomic: AtomicU32,
        id: u32,
    }

    impl State {
        fn new(count: u32, name: &str) -> Self {
            State {
                count: Cell::new(count),
                names: RefCell::new(vec![name.to_owned()]),
                lock: Mutex::new(count),
                atomic: AtomicU32::new(count),
                id: 7,
            }
        }
    }

    impl Restore for State {
        fn restore(&self, before: Self) -> bool {
            crate::__recover_worker_restored!(Cell<u32>, "count", &self.count, before.count)
                & crate::__recover_worker_restored!(
                    RefCell<Vec<String>>,
                    "names",
                    &self.names,
                    before.names
                )
                & crate::__recover_worker_restored!(Mutex<u32>, "lock", &self.lock, before.lock)
                & crate::__recover_worker_restored!(
                    AtomicU32,
                    "atomic",
                    &self.atomic,
                    before.atomic
                )
                & crate::__recover_worker_restored!(u32, "id", &self.id, before.id)
        }
    }

    #[test]
    fn every_field_that_can_change_is_brought_back_under_a_reference() {
        let state = State::new(1, "torn");
        let other = &state;
        assert!(state.restore(State::new(2, "whole")));
        assert_eq!(other.count.get(), 2);
        assert_eq!(*other.names.borrow(), ["whole"]);
        assert_eq!(*other.lock.lock().unwrap(), 2);
        assert_eq!(other.atomic.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_another_call_has_borrowed_can_not_be() {
        let state = State::new(1, "torn");
        let names = state.names.borrow();
        assert!(!state.restore(State::new(2, "whole")));
        assert_eq!(*names, ["torn"]);
    }

    #[test]
    fn a_lock_that_a_panic_poisoned_is_free_again() {
        let state = State::new(1, "torn");
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut lock = state.lock.lock().unwrap();
            *lock = 9;
            panic!("on purpose");
        }));
        assert!(state.lock.is_poisoned());
        assert!(state.restore(State::new(2, "whole")));
        assert_eq!(*state.lock.lock().unwrap(), 2);
    }
}
