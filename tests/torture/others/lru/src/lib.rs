//! A cache of the crate `lru`, a list of raw pointers below a hash table, which serde does not know: one is poisoned,
//! one kept as a call that failed left it. What fills it comes from JavaScript, so that what is thrown passes
//! through lru, too.

use lru::LruCache;
use recover_runtime::recoverable;
use std::num::NonZeroUsize;

#[recoverable(module = "/source.js")]
extern "C" {
    /// The value of a key that the cache has not.
    fn load(key: &str) -> String;
    /// Whether an entry may stay.
    fn fresh(key: &str) -> bool;
}

type Cache = LruCache<String, String>;

fn cache(capacity: u32) -> Cache {
    let capacity = NonZeroUsize::new(capacity as usize).unwrap_or(NonZeroUsize::MIN);
    LruCache::new(capacity)
}

/// What there is, the one used last first.
fn entries(cache: &Cache) -> Vec<String> {
    let pairs = cache.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect()
}

/// Panics if the list and the table do not have the same entries.
fn check(cache: &Cache) {
    assert!(cache.len() <= cache.cap().get(), "more than it may have");
    let listed: Vec<_> = cache.iter().collect();
    assert_eq!(
        listed.len(),
        cache.len(),
        "the list is as long as the table"
    );
    for (key, value) in &listed {
        assert_eq!(
            cache.peek(*key),
            Some(*value),
            "{key} of the list is in the table"
        );
    }
    let backwards: Vec<_> = cache.iter().rev().collect();
    assert!(
        listed.iter().rev().eq(backwards.iter()),
        "the list is the same from its end"
    );
}

macro_rules! caches {
    ($($(#[$attribute:meta])* $class:ident;)*) => {$(
        $(#[$attribute])*
        pub struct $class {
            cache: Cache,
        }

        #[recoverable]
        impl $class {
            /// An empty one.
            #[recoverable(constructor)]
            pub fn new(capacity: u32) -> Self {
                let cache = cache(capacity);
                Self { cache }
            }

            /// Puts a value in; the answer is the one that it replaces.
            pub fn put(&mut self, key: String, value: String) -> Option<String> {
                self.cache.put(key, value)
            }

            /// The value of a key, which JavaScript is asked for if it is not here.
            pub fn get(&mut self, key: String) -> String {
                let value = self.cache.get_or_insert_with_key(key, |key| load(key));
                value.clone()
            }

            /// Takes a value out.
            pub fn take(&mut self, key: &str) -> Option<String> {
                self.cache.pop(key)
            }

            /// Drops what JavaScript says is no longer fresh.
            pub fn sweep(&mut self) -> u32 {
                self.cache.retain(|key, _| fresh(key));
                self.cache.len() as u32
            }

            /// Makes it larger or smaller.
            pub fn resize(&mut self, capacity: u32) {
                let capacity = NonZeroUsize::new(capacity as usize).unwrap_or(NonZeroUsize::MIN);
                self.cache.resize(capacity);
            }

            /// What there is, the one used last first.
            #[recoverable(getter)]
            pub fn entries(&self) -> Vec<String> {
                entries(&self.cache)
            }

            /// Panics if the list and the table do not have the same entries.
            pub fn check(&self) {
                check(&self.cache);
            }
        }
    )*};
}

caches! {
    /// A panic poisons it.
    #[recoverable(on_panic = "poison")]
    Loads;
    /// What a call that failed made of it stays.
    #[recoverable(on_panic = "keep")]
    KeptLoads;
}
