//! Anchors: what wasm-bindgen keeps for a `&T` or `&mut T` argument, and the receivers of
//! asynchronous exports. An anchor is the guard of a cell, and keeps the object alive. `unsafe`: a
//! lifetime is extended.

use crate::base::thrown::into_js;
use crate::call::argument::Kept;
use crate::call::checkpoint;
use crate::call::failure::{Failure, Refused};
use crate::call::settle::OnPanic;
use crate::object::class::Recoverable;
use crate::object::entry::{self, CellGuard};
use crate::object::pointer::Object;
use crate::persist::policy::Persistence;
use std::borrow::Borrow;
use std::mem::transmute;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Holds an object for an argument: the guard of its cell, and a count that keeps it alive.
pub struct Anchor<T: Recoverable, const EXCLUSIVE: bool> {
    // Dropped first, before the object below is released.
    entry: CellGuard<'static, T, EXCLUSIVE>,
    _object: Object<T>,
}

/// Holds a `&T` argument.
pub type SharedAnchor<T> = Anchor<T, false>;

/// Holds a `&mut T` argument.
pub type ExclusiveAnchor<T> = Anchor<T, true>;

impl<T: Recoverable, const EXCLUSIVE: bool> Anchor<T, EXCLUSIVE> {
    /// Enters the object for a call.
    ///
    /// # Errors
    /// The string that stands for the cell's refusal.
    #[inline]
    pub fn enter(object: Object<T>) -> Result<Self, &'static str> {
        let on_panic = if EXCLUSIVE { T::EXCLUSIVE } else { T::SHARED };
        Self::enter_as(object, on_panic).map_err(Refused::into_string)
    }

    /// Enters the object; the answer of a refusal is its error.
    pub(crate) fn try_enter(object: Object<T>) -> Result<Self, JsValue> {
        let on_panic = if EXCLUSIVE { T::EXCLUSIVE } else { T::SHARED };
        Self::enter_as(object, on_panic)
            .map_err(|mut refused| into_js(refused.take().into_error("")))
    }

    fn enter_as(object: Object<T>, on_panic: OnPanic) -> Result<Self, Refused> {
        let entry = CellGuard::new(&object, on_panic).map_err(|refusing| refusing.refused())?;
        // SAFETY: only the lifetime changes. The cell is on the heap, and the object's count keeps
        // it there for as long as this anchor. Fields are dropped in order, so the guard ends
        // first, and no reference outlives the anchor.
        let entry = unsafe {
            transmute::<CellGuard<'_, T, EXCLUSIVE>, CellGuard<'static, T, EXCLUSIVE>>(entry)
        };
        Ok(Anchor {
            entry,
            _object: object,
        })
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Deref for Anchor<T, EXCLUSIVE> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.entry.get()
    }
}

impl<T: Recoverable> DerefMut for ExclusiveAnchor<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.entry.get_mut()
    }
}

impl<T: Recoverable> Borrow<T> for SharedAnchor<T> {
    #[inline]
    fn borrow(&self) -> &T {
        self
    }
}

/// The `&self` of an asynchronous export. The call may outlast JavaScript's count.
pub type SharedLongReceiver<T> = Kept<SharedAnchor<T>>;

/// The `&mut self` of an asynchronous export.
pub type ExclusiveLongReceiver<T> = Kept<ExclusiveAnchor<T>>;

impl<T: Recoverable, const EXCLUSIVE: bool> Kept<Anchor<T, EXCLUSIVE>> {
    /// Enters the object for a call.
    pub fn enter(object: &Object<T>, on_panic: OnPanic) -> Self {
        if !EXCLUSIVE && T::Persistence::CHECKPOINTS {
            let object = object.share();
            checkpoint::offer(Rc::new(move || entry::record(&object)));
        }
        Kept::new(Anchor::enter_as(object.share(), on_panic))
    }
}

impl<T: Recoverable> Kept<SharedAnchor<T>> {
    /// The user's `&self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        self.anchor().map(|anchor| &**anchor)
    }
}

impl<T: Recoverable> Kept<ExclusiveAnchor<T>> {
    /// The user's `&mut self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&mut T, Failure> {
        self.anchor().map(|anchor| &mut **anchor)
    }
}

/// The anchor of a generated receiver type. It refuses nothing; the carrier does that.
pub struct Passthrough<R>(pub R);

impl<R> Borrow<R> for Passthrough<R> {
    fn borrow(&self) -> &R {
        &self.0
    }
}

impl<R> Deref for Passthrough<R> {
    type Target = R;

    #[inline]
    fn deref(&self) -> &R {
        &self.0
    }
}
