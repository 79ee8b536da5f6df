//! How a value outlives a failure: which policy a class has, the bytes of a state and of a
//! journal, and calls that are done again. What an object is, and when a call failed, may not
//! be known here.

#[cfg(feature = "persist")]
pub(crate) mod blocks;
#[cfg(feature = "persist")]
pub mod codec;
#[cfg(feature = "persist")]
pub(crate) mod decode;
#[cfg(feature = "persist")]
pub(crate) mod encode;
#[cfg(feature = "persist")]
pub(crate) mod hint;
#[cfg(feature = "persist")]
pub(crate) mod older;
pub(crate) mod policy;
#[cfg(feature = "persist")]
pub(crate) mod record;
#[cfg(feature = "persist")]
pub(crate) mod replay;
#[cfg(feature = "persist")]
pub(crate) mod timing;

/// What fuzz/ reaches, in its builds alone.
#[cfg(all(feature = "persist", fuzzing))]
pub mod fuzzing;

#[cfg(feature = "persist")]
pub use codec::Refused;
#[cfg(feature = "persist")]
pub use older::{Fallible, First, Migrated, Older, Plain, Readable, Undecided};
pub use policy::{
    Class, Cloned, Copier, Copies, JournalEntry, NoCopier, Persistence, Transient, copies,
};
#[cfg(not(feature = "persist"))]
pub use policy::{outside, persists};
#[cfg(feature = "persist")]
pub use record::{NoReplayer, Persistable, Persisted, Replayer, State, outside, persists};
#[cfg(feature = "persist")]
pub use replay::{Args, Codec, Lost, Method, NoCodec, decoded, discard, entry};
/// What generated code implements, where it stands for a type that is in error.
#[cfg(feature = "persist")]
pub use serde;
