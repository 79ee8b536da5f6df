//! The numbers that Rust and JavaScript share. `cargo xtask shared` writes this from
//! shared.toml; nothing is changed here.
#![allow(dead_code)] // some are JavaScript's alone

/// What became of a call: in the journal; so, and a snapshot is due; not.
pub(crate) mod appended {
    pub(crate) const APPENDED: u32 = 0;
    pub(crate) const DUE: u32 = 1;
    pub(crate) const NOT_APPENDED: u32 = 2;
}

/// What the host tells the tasks.
pub(crate) mod dispatch {
    pub(crate) const RESOLVED: u32 = 1;
    pub(crate) const REJECTED: u32 = 2;
    pub(crate) const ABORTED: u32 = 3;
}

/// Which resource ran out.
pub(crate) mod exhaustion {
    pub(crate) const MEMORY: u32 = 0;
    pub(crate) const STACK: u32 = 1;
}

/// What a driver answers there: nothing happens; the operation fails; it panics; it traps.
pub(crate) mod failure {
    pub(crate) const GO_ON: u32 = 0;
    pub(crate) const FAIL: u32 = 1;
    pub(crate) const PANIC: u32 = 2;
    pub(crate) const TRAP: u32 = 3;
}

/// The flags of a call that the host sets: the instance has ended; no call has entered it yet.
pub(crate) mod flag {
    pub(crate) const DEAD: u32 = 32;
    pub(crate) const UNUSED: u32 = 65536;
}

/// What the host asks of an object through the hidden method of its class.
pub(crate) mod inspect {
    pub(crate) const CHECK_FREE: u32 = 0;
    pub(crate) const CHECK_CONSUME: u32 = 1;
    pub(crate) const CLEAR_POISON: u32 = 2;
    pub(crate) const IS_POISONED: u32 = 3;
    pub(crate) const IS_STALE: u32 = 4;
    pub(crate) const IS_BUSY: u32 = 5;
    pub(crate) const IS_WRITTEN: u32 = 6;
    pub(crate) const RECORD: u32 = 7;
    pub(crate) const REVIVE: u32 = 8;
    pub(crate) const RELEASE: u32 = 9;
    pub(crate) const EVICT: u32 = 10;
    pub(crate) const UPCAST: u32 = 11;
    pub(crate) const STATE: u32 = 12;
}

/// What a method is known by that the static data describes.
pub(crate) mod method {
    pub(crate) const FIRST: u32 = 1919118692;
    pub(crate) const SECOND: u32 = 2837339191;
}

/// Parts of a record.
pub(crate) mod part {
    pub(crate) const SNAPSHOT: u32 = 0;
    pub(crate) const JOURNAL: u32 = 1;
    pub(crate) const SNAPSHOT_BEFORE: u32 = 2;
    pub(crate) const JOURNAL_BEFORE: u32 = 3;
}

/// Where a driver may have a failure happen (src/base/torture.rs).
pub(crate) mod point {
    pub(crate) const ALLOC: u32 = 1;
    pub(crate) const BEFORE: u32 = 2;
    pub(crate) const ENTER: u32 = 3;
    pub(crate) const LEAVE: u32 = 4;
    pub(crate) const AFTER: u32 = 5;
    pub(crate) const POLL: u32 = 6;
    pub(crate) const STACK: u32 = 7;
    pub(crate) const ENCODE: u32 = 8;
    pub(crate) const DECODE: u32 = 9;
    pub(crate) const APPEND: u32 = 10;
    pub(crate) const SNAPSHOT: u32 = 11;
    pub(crate) const REPLAY: u32 = 12;
    pub(crate) const CALLBACK: u32 = 13;
    pub(crate) const DROP: u32 = 14;
}

/// Why a cell refused an entry.
pub(crate) mod refusal {
    pub(crate) const STALE: u32 = 0;
    pub(crate) const BUSY: u32 = 1;
    pub(crate) const POISONED: u32 = 2;
}

/// When the hooks of the lifecycle run.
pub(crate) mod stage {
    pub(crate) const ABORTED: u32 = 0;
    pub(crate) const REVIVED: u32 = 1;
}
