//! What a call holds for its arguments, as the guard sees it. Implemented by arguments,
//! receivers and closures; what each does with it stands there.

use crate::call::failure::Failure;

/// What a call holds for one argument, or for several as nested pairs: `(first, rest)`.
pub trait Carrier {
    /// Whether what is dropped must know of a panic of the call.
    const SETTLES: bool;

    /// Whether it may hold a cell, which must not stay held when a call is left in a
    /// way that Rust does not see.
    const ENTERS: bool;

    /// Called once, before the body: why there is nothing to use. So a call that is
    /// refused has used none of its arguments.
    fn check(&mut self) -> Result<(), Failure>;

    /// Lets go of what the body used. Called once, after the body gave a value; the
    /// carrier is not dropped then.
    fn finish(&mut self);

    /// Called once after all are finished: what may throw in JavaScript, through frames
    /// of Rust that then clean up nothing.
    #[inline(always)]
    fn copy_back(&mut self) {}
}

impl Carrier for () {
    const SETTLES: bool = false;
    const ENTERS: bool = false;

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

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()?;
        self.1.check()
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
