//! The global allocator of a crate that is tortured and has none of its own, so that its allocations are
//! points. A crate that has one is built without the feature `torture-allocator`.

use crate::base::memory::allocator::Allocator;

#[global_allocator]
static GLOBAL: Allocator = Allocator::new();
