//! One class behind every way to persist and behind none, so that a run compares a call
//! with the same call. What has to be done by hand without us is in benches/fresh.

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

/// Indexed with a bound that the compiler can't prove, as in real code.
static TABLE: [u32; 16] = [7; 16];

macro_rules! classes {
    ($($(#[$meta:meta])* $class:ident)*) => {$(
        $(#[$meta])*
        pub struct $class {
            value: u32,
            rest: Vec<u8>,
        }

        #[recoverable]
        impl $class {
            /// With so many bytes of state that no call looks at.
            #[recoverable(constructor)]
            pub fn new(value: u32, rest: usize) -> $class {
                $class { value, rest: vec![7; rest] }
            }
            pub fn add(&mut self, n: u32) -> u32 {
                self.value = self.value.wrapping_add(TABLE[n as usize]);
                self.value
            }
            pub fn put(&mut self, bytes: &[u8]) -> u32 {
                self.value = self.value.wrapping_add(bytes.len() as u32);
                self.value
            }
            pub fn size(&self) -> usize {
                self.rest.len()
            }
        }
    )*};
}

classes! {
    #[recoverable(persist = "journal")]
    #[derive(Serialize, Deserialize)]
    Journaled
    /// Whose journal grows without end.
    #[recoverable(persist = "journal", snapshot_every = 4294967295)]
    #[derive(Serialize, Deserialize)]
    Replayed
    #[recoverable(persist = "snapshot")]
    #[derive(Serialize, Deserialize)]
    Snapshotted
    #[recoverable]
    Plain
}

/// As many as there may be of it.
#[recoverable(persist = "journal")]
#[derive(Serialize, Deserialize)]
pub struct Small {
    value: u32,
    name: String,
}

#[recoverable]
impl Small {
    #[recoverable(constructor)]
    pub fn new(value: u32, name: String) -> Small {
        Small { value, name }
    }
    pub fn add(&mut self, n: u32) -> u32 {
        self.value = self.value.wrapping_add(TABLE[n as usize]);
        self.value
    }
    pub fn name(&self) -> String {
        self.name.clone()
    }
}

/// The class of benches/calls, in a module in which others persist.
#[recoverable]
pub struct Ours {
    value: u32,
}

#[recoverable]
impl Ours {
    #[recoverable(constructor)]
    pub fn new() -> Ours {
        Ours { value: 1 }
    }
    pub fn get(&self, n: u32) -> u32 {
        self.value ^ TABLE[n as usize]
    }
    pub fn add(&mut self, n: u32) -> u32 {
        self.value = self.value.wrapping_add(TABLE[n as usize]);
        self.value
    }
}

#[recoverable]
pub fn answer(n: u32) -> u32 {
    TABLE[n as usize]
}

#[recoverable]
pub fn trap() {
    std::process::abort()
}
