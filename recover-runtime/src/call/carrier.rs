//! What the guard knows of the arguments that a call holds. Arguments, receivers and closures
//! implement it in their own files.

use crate::call::failure::Failure;

/// What a call holds for one argument, or for several as nested pairs: `(first, rest)`.
pub trait Carrier {
    /// Whether its destructor must know that the call panicked.
    const SETTLES: bool;

    /// Whether it may hold a cell. The cell must not stay locked when a JavaScript exception
    /// crosses the call.
    const ENTERS: bool;

    /// How many records of objects it may change when it is finished or dropped.
    const RECORDS: usize;

    /// Whether the argument can't be used. Asked before the body, so that a refused call has used
    /// none of its arguments.
    #[inline(always)]
    fn is_refused(&self) -> bool {
        false
    }

    /// Why the argument can't be used. Called once, out of line.
    fn check(&mut self) -> Result<(), Failure>;

    /// Whether it may take something up.
    const TAKES: bool = false;

    /// Takes what the call consumes. Called once, after every carrier was checked.
    #[inline(always)]
    fn take_up(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Leaves what the call was to consume. Called once, where the call was refused, in place of
    /// `take_up` or after it.
    #[inline(always)]
    fn leave(&mut self) {}

    /// Releases what the body used. Called once, after the body returned a value, in place of the
    /// destructor.
    fn finish(&mut self);

    /// Does what may throw in JavaScript. Called once, after all carriers are finished, so that
    /// such an exception finds nothing to clean up in Rust.
    #[inline(always)]
    fn copy_back(&mut self) {}
}

impl Carrier for () {
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

impl<A: Carrier, B: Carrier> Carrier for (A, B) {
    const SETTLES: bool = A::SETTLES || B::SETTLES;
    const ENTERS: bool = A::ENTERS || B::ENTERS;
    const RECORDS: usize = A::RECORDS + B::RECORDS;

    #[inline(always)]
    fn is_refused(&self) -> bool {
        self.0.is_refused() || self.1.is_refused()
    }

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()?;
        self.1.check()
    }

    const TAKES: bool = A::TAKES || B::TAKES;

    #[inline(always)]
    fn take_up(&mut self) -> Result<(), Failure> {
        self.0.take_up()?;
        self.1.take_up()
    }

    #[inline(always)]
    fn leave(&mut self) {
        self.0.leave();
        self.1.leave();
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.1.finish();
        self.0.finish();
    }

    #[inline(always)]
    fn copy_back(&mut self) {
        self.1.copy_back();
        self.0.copy_back();
    }
}
