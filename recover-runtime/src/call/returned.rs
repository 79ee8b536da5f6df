//! What a user's function returned: a value or a `Result`, told by its type, since a macro sees only what an alias is named.
//! What becomes of it at the boundary is not known here.

use std::marker::PhantomData;

/// The error of what returns no error.
pub enum Never {}

/// What an export returns: a value, or a `Result` of one. `RESULT` says which, and `WIDE` whether the
/// value crosses as a `BigInt`, so that no impl is of another's types; see [`ReturnType`].
pub trait Returns<const RESULT: bool, const WIDE: bool> {
    /// The type of the value.
    type Value;
}

impl<T> Returns<false, false> for T {
    type Value = T;
}

impl<T, E> Returns<true, false> for Result<T, E> {
    type Value = T;
}

/// The value of an export that returns a `T`.
pub type Returned<T, const RESULT: bool, const WIDE: bool> = <T as Returns<RESULT, WIDE>>::Value;

/// Asks a concrete type whether it is a `Result`: a macro sees only what an alias is named.
pub struct ReturnType<T>(PhantomData<T>);

impl<T, E> ReturnType<Result<T, E>> {
    /// It is one.
    pub const IS_RESULT: bool = true;
}

/// Found only where the inherent constant does not apply.
pub trait ValueType {
    /// It is a value.
    const IS_RESULT: bool = false;
    /// It crosses as it is.
    const WIDE: bool = false;
}

impl<T> ValueType for ReturnType<T> {}

/// What the user's function returned. The compiler removes it.
pub struct Ended<T>(pub T);

impl<T, E> Ended<Result<T, E>> {
    /// The `Result`.
    #[inline(always)]
    pub fn result(self) -> Result<T, E> {
        self.0
    }
}

/// Found only where the inherent method does not apply.
pub trait EndedWell {
    /// The type of the value.
    type Value;

    /// The value, as a `Result` that is always `Ok`.
    fn result(self) -> Result<Self::Value, Never>;
}

impl<T> EndedWell for Ended<T> {
    type Value = T;

    #[inline(always)]
    fn result(self) -> Result<T, Never> {
        Ok(self.0)
    }
}
