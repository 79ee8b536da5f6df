//! What the guard knows of the arguments of a component's export: receivers, values, and resources that are lent or given
//! up. The canonical ABI has converted them before: here they are only held.
//!
//! A macro sees what an argument's type is named and not whether it is a resource; [`Asked`] answers, of a concrete type.

use crate::base::cell::Refusal;
use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::settle::{OnPanic, drop_quietly};
use crate::component::class::{Component, can_roll_back};
use crate::component::entry::Entry;
use crate::component::exported::Exported;
use crate::component::resource::Resource;
use crate::persist::policy::{JournalEntry, Persistence};
use std::marker::PhantomData;

/// A resource that is entered for a call, or why it could not be.
pub struct Held<'a, T: Component, const EXCLUSIVE: bool> {
    entered: Result<Entry<'a, T, EXCLUSIVE>, Refusal>,
    resource: &'a Resource<T>,
}

/// Enters for `&mut self`, by the policy of the class.
#[inline]
pub fn exclusive<T: Component>(resource: &Resource<T>) -> Held<'_, T, true> {
    exclusive_by(resource, T::EXCLUSIVE)
}

/// The same by this policy.
#[inline]
pub fn exclusive_by<T: Component>(resource: &Resource<T>, on_panic: OnPanic) -> Held<'_, T, true> {
    Held::enter(resource, on_panic)
}

/// Enters for `&self`, by the policy of the class.
#[inline]
pub fn shared<T: Component>(resource: &Resource<T>) -> Held<'_, T, false> {
    shared_by(resource, T::SHARED)
}

/// The same by this policy.
#[inline]
pub fn shared_by<T: Component>(resource: &Resource<T>, on_panic: OnPanic) -> Held<'_, T, false> {
    Held::enter(resource, on_panic)
}

impl<'a, T: Component, const EXCLUSIVE: bool> Held<'a, T, EXCLUSIVE> {
    #[inline]
    fn enter(resource: &'a Resource<T>, on_panic: OnPanic) -> Self {
        Held {
            entered: resource.enter(on_panic),
            resource,
        }
    }

    #[inline]
    fn entry(&mut self) -> Result<&mut Entry<'a, T, EXCLUSIVE>, Failure> {
        self.entered.as_mut().map_err(|_| Failure::UNCHECKED)
    }

    /// The value, for no code of the user's that may change it.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn peek(&self) -> Result<&T, Failure> {
        let entered = self.entered.as_ref().map_err(|_| Failure::UNCHECKED);
        entered.map(Entry::value)
    }
}

impl<T: Component> Held<'_, T, false> {
    /// The user's `&self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        Ok(self.entry()?.get())
    }
}

impl<T: Component> Held<'_, T, true> {
    /// The user's `&mut self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&mut T, Failure> {
        Ok(self.entry()?.get_mut())
    }

    /// Keeps the journal entry of the call.
    #[inline]
    pub fn journal(&mut self, entry: JournalEntry) {
        if let Ok(entered) = &self.entered {
            entered.journal(entry);
        }
    }
}

impl<T: Component, const EXCLUSIVE: bool> Carrier for Held<'_, T, EXCLUSIVE> {
    const SETTLES: bool = true;
    const ENTERS: bool = true;
    const RECORDS: usize =
        (T::Persistence::PERSISTS && can_roll_back::<T>() && (EXCLUSIVE || T::INTERIOR)) as usize;

    #[inline(always)]
    fn is_refused(&self) -> bool {
        self.entered.is_err()
    }

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &self.entered {
            Ok(_) => Ok(()),
            Err(refusal) => Err(self.resource.refused(*refusal)),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        if let Ok(entry) = &self.entered {
            entry.finish();
        }
    }
}

/// A value that the call owns.
pub struct Value<T>(Option<T>);

impl<T> Value<T> {
    /// Takes the value.
    ///
    /// # Errors
    /// It was taken before.
    #[inline]
    pub fn take(&mut self) -> Result<T, Failure> {
        self.0.take().ok_or(Failure::UNCHECKED)
    }

    /// Borrows it.
    ///
    /// # Errors
    /// It was taken before.
    #[inline]
    pub fn peek(&self) -> Result<&T, Failure> {
        self.0.as_ref().ok_or(Failure::UNCHECKED)
    }

    /// The same, mutably.
    ///
    /// # Errors
    /// It was taken before.
    #[inline]
    pub fn get_mut(&mut self) -> Result<&mut T, Failure> {
        self.0.as_mut().ok_or(Failure::UNCHECKED)
    }
}

impl<T> Carrier for Value<T> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {
        // Its destructor may be the user's.
        if std::mem::needs_drop::<T>()
            && let Some(value) = self.0.take()
        {
            drop_quietly(value);
        }
    }
}

/// A value that the caller of the guard owns.
pub struct Lent<'a, T>(&'a T);

impl<T> Lent<'_, T> {
    /// The value.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn get(&self) -> Result<&T, Failure> {
        Ok(self.0)
    }

    /// The same.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn peek(&self) -> Result<&T, Failure> {
        Ok(self.0)
    }
}

impl<T> Carrier for Lent<'_, T> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {}
}

/// A resource that the call consumes: a handle, and from then on, where the call takes it up, the value.
pub struct Consumed<T: Exported> {
    handle: Option<T::Own>,
    value: Value<T>,
}

impl<T: Exported> Consumed<T> {
    /// Takes the value.
    ///
    /// # Errors
    /// It was taken before.
    #[inline]
    pub fn take(&mut self) -> Result<T, Failure> {
        self.value.take()
    }

    /// Borrows it.
    ///
    /// # Errors
    /// It was taken before.
    #[inline]
    pub fn peek(&self) -> Result<&T, Failure> {
        self.value.peek()
    }
}

impl<T: Exported> Carrier for Consumed<T> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;
    const RECORDS: usize = 0;
    const TAKES: bool = true;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    // The caller gave the handle up when it made the call: if that is refused, the object is gone all the same.
    fn take_up(&mut self) -> Result<(), Failure> {
        if let Some(handle) = self.handle.take() {
            self.value.0 = Some(T::given_up(handle).into_value()?);
        }
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.value.finish();
    }
}

/// Asks a concrete type whether it is a resource.
pub struct Asked<T: ?Sized>(PhantomData<T>);

impl<T: Exported> Asked<T> {
    /// It is one.
    pub const IS_RESOURCE: bool = true;
}

/// Found only where the inherent constant does not apply.
pub trait NotExported {
    /// It is none.
    const IS_RESOURCE: bool = false;
}

impl<T: ?Sized> NotExported for Asked<T> {}

/// An argument that the call owns, or a value that it returns; `RESOURCE` says whether it is a handle outside.
pub trait Argument<const RESOURCE: bool>: Sized {
    /// What wit-bindgen passes.
    type Wire;
    /// What the guard holds.
    type Carrier: Carrier;
    /// Holds an argument.
    fn carry(wire: Self::Wire) -> Self::Carrier;
    /// Gives a value back.
    fn into_wire(self) -> Self::Wire;
}

impl<T> Argument<false> for T {
    type Wire = T;
    type Carrier = Value<T>;

    #[inline]
    fn carry(wire: T) -> Value<T> {
        Value(Some(wire))
    }

    #[inline]
    fn into_wire(self) -> T {
        self
    }
}

impl<T: Exported> Argument<true> for T {
    type Wire = T::Own;
    type Carrier = Consumed<T>;

    #[inline]
    fn carry(wire: T::Own) -> Consumed<T> {
        Consumed {
            handle: Some(wire),
            value: Value(None),
        }
    }

    #[inline]
    fn into_wire(self) -> T::Own {
        T::own(Resource::new(self))
    }
}

/// An argument that is borrowed.
pub trait LentArgument<const RESOURCE: bool>: Sized {
    /// What wit-bindgen passes.
    type Wire<'a>;
    /// What the guard holds.
    type Carrier<'a>: Carrier
    where
        Self: 'a;
    /// Holds an argument.
    fn carry<'a>(wire: &'a Self::Wire<'_>) -> Self::Carrier<'a>;
}

impl<T> LentArgument<false> for T {
    type Wire<'a> = T;
    type Carrier<'a>
        = Lent<'a, T>
    where
        T: 'a;

    #[inline]
    fn carry<'a>(wire: &'a T) -> Lent<'a, T> {
        Lent(wire)
    }
}

impl<T: Exported> LentArgument<true> for T {
    type Wire<'a> = T::Borrowed<'a>;
    type Carrier<'a>
        = Held<'a, T, false>
    where
        T: 'a;

    #[inline]
    fn carry<'a>(wire: &'a T::Borrowed<'_>) -> Held<'a, T, false> {
        shared(T::lent(wire))
    }
}
