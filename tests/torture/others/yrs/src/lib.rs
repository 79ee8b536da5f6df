//! A replica of a text on the crate `yrs`, which merges what others wrote and tells JavaScript of each update, twice:
//! as a journal that is rolled back, and kept as a call that failed left it. yrs encodes its documents itself; serde
//! is given those bytes.

use recover_runtime::{JsErrorClass, recoverable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, ReadTxn, StateVector, Text, TextRef, Transact, TransactionMut, Update};

#[recoverable(module = "/peer.js")]
extern "C" {
    /// Tells of an update, from within the commit of its transaction.
    fn told(length: u32);
}

/// What is refused: nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum ReplicaError {
    /// There is no such place in the text.
    #[error("there is no place {at} in a text of {length}")]
    OutOfRange {
        /// The place.
        at: u32,
        /// The length of the text.
        length: u32,
    },
    /// The bytes are no update of a document.
    #[error("no update: {reason}")]
    NoUpdate {
        /// Why not.
        reason: String,
    },
    /// A transaction before this one never gave the document back.
    #[error("the document is locked")]
    Locked,
}

/// A document with one text, and whose it is.
struct Replica {
    client: u32,
    doc: Doc,
    text: TextRef,
}

impl Replica {
    fn new(client: u32) -> Self {
        let doc = Doc::with_client_id(u64::from(client));
        let text = doc.get_or_insert_text("text");
        Self { client, doc, text }
    }

    /// From now on JavaScript is told of updates.
    fn observed(self) -> Self {
        let observed = self.doc.observe_update_v1("peer", |_, event| {
            told(event.update.len() as u32);
        });
        drop(observed);
        self
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&TextRef, &mut TransactionMut<'_>) -> Result<T, ReplicaError>,
    ) -> Result<T, ReplicaError> {
        let mut transaction = self
            .doc
            .try_transact_mut()
            .map_err(|_| ReplicaError::Locked)?;
        change(&self.text, &mut transaction)
    }

    fn insert(&self, at: u32, text: &str) -> Result<u32, ReplicaError> {
        self.change(|all, transaction| {
            let length = all.len(transaction);
            if at > length {
                return Err(ReplicaError::OutOfRange { at, length });
            }
            all.insert(transaction, at, text);
            Ok(all.len(transaction))
        })
    }

    fn remove(&self, at: u32, count: u32) -> Result<u32, ReplicaError> {
        self.change(|all, transaction| {
            let length = all.len(transaction);
            if at.checked_add(count).is_none_or(|end| end > length) {
                return Err(ReplicaError::OutOfRange { at, length });
            }
            all.remove_range(transaction, at, count);
            Ok(all.len(transaction))
        })
    }

    fn merge(&self, update: &[u8]) -> Result<u32, ReplicaError> {
        let refused = |reason: String| ReplicaError::NoUpdate { reason };
        let update = Update::decode_v1(update).map_err(|error| refused(error.to_string()))?;
        self.change(|all, transaction| {
            let applied = transaction.apply_update(update);
            applied.map_err(|error| refused(error.to_string()))?;
            Ok(all.len(transaction))
        })
    }

    /// All that there is, as an update.
    fn state(&self) -> Result<Vec<u8>, ReplicaError> {
        let transaction = self.doc.try_transact().map_err(|_| ReplicaError::Locked)?;
        Ok(transaction.encode_state_as_update_v1(&StateVector::default()))
    }

    fn text(&self) -> Result<String, ReplicaError> {
        let transaction = self.doc.try_transact().map_err(|_| ReplicaError::Locked)?;
        Ok(self.text.get_string(&transaction))
    }

    /// Panics if a replica that merges all that this one has would not have its text.
    fn check(&self) -> Result<(), ReplicaError> {
        let other = Self::new(self.client + 1);
        other.merge(&self.state()?)?;
        assert_eq!(
            other.text()?,
            self.text()?,
            "the text of a replica that merged it"
        );
        // What is merged again changes nothing.
        other.merge(&self.state()?)?;
        assert_eq!(other.text()?, self.text()?, "the same a second time");
        Ok(())
    }
}

fn write<S: Serializer>(replica: &Replica, serializer: S) -> Result<S::Ok, S::Error> {
    let state = replica.state().map_err(serde::ser::Error::custom)?;
    (replica.client, state).serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Replica, D::Error> {
    let (client, state) = <(u32, Vec<u8>)>::deserialize(deserializer)?;
    let replica = Replica::new(client);
    replica.merge(&state).map_err(serde::de::Error::custom)?;
    Ok(replica.observed())
}

/// Kept by the host as a journal.
#[recoverable(persist = "journal", on_panic = "rollback", snapshot_every = 4)]
#[derive(Serialize, Deserialize)]
pub struct Shared {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    replica: Replica,
}

/// What a call that failed made of it stays.
#[recoverable(on_panic = "keep")]
pub struct KeptShared {
    replica: Replica,
}

macro_rules! replicas {
    ($($class:ident)*) => {$(
        #[recoverable]
        impl $class {
            /// An empty one, of a client.
            #[recoverable(constructor)]
            pub fn new(client: u32) -> Self {
                let replica = Replica::new(client).observed();
                Self { replica }
            }

            /// Inserts; the answer is how long the text is.
            pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, ReplicaError> {
                self.replica.insert(at, text)
            }

            /// Removes as much from a place on.
            pub fn remove(&mut self, at: u32, count: u32) -> Result<u32, ReplicaError> {
                self.replica.remove(at, count)
            }

            /// Takes in what another replica has.
            pub fn merge(&mut self, update: &[u8]) -> Result<u32, ReplicaError> {
                self.replica.merge(update)
            }

            /// All that it has, for another to merge.
            pub fn state(&self) -> Result<Vec<u8>, ReplicaError> {
                self.replica.state()
            }

            /// All of it.
            pub fn text(&self) -> Result<String, ReplicaError> {
                self.replica.text()
            }

            /// Panics if a replica that merges all that this one has would not have its text.
            pub fn check(&self) -> Result<(), ReplicaError> {
                self.replica.check()
            }
        }
    )*};
}

replicas! { Shared KeptShared }
