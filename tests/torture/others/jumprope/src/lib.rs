//! A text on the rope of the crate `jumprope`, a skip list of raw pointers that serde does not know: one is poisoned
//! (in a build that unwinds, one more is rolled back by a clone), one kept as a call that failed left it.

use jumprope::JumpRope;
use recover_runtime::{JsErrorClass, recoverable};

/// An edit that is refused: nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum EditError {
    /// There is no such place in the text.
    #[error("there is no place {at} in a text of {length}")]
    OutOfRange {
        /// The place, in characters.
        at: u32,
        /// How many characters there are.
        length: u32,
    },
}

/// The same levels of the skip list each time.
const SEED: u64 = 7;

fn place(rope: &JumpRope, at: u32) -> Result<usize, EditError> {
    let length = rope.len_chars() as u32;
    if at > length {
        return Err(EditError::OutOfRange { at, length });
    }
    Ok(at as usize)
}

fn insert(rope: &mut JumpRope, at: u32, text: &str) -> Result<u32, EditError> {
    let at = place(rope, at)?;
    rope.insert(at, text);
    Ok(rope.len_chars() as u32)
}

fn remove(rope: &mut JumpRope, from: u32, to: u32) -> Result<u32, EditError> {
    let (from, to) = (place(rope, from)?, place(rope, to)?);
    rope.remove(from.min(to)..to);
    Ok(rope.len_chars() as u32)
}

macro_rules! edits {
    ($($(#[$attribute:meta])* $class:ident;)*) => {$(
        $(#[$attribute])*
        pub struct $class {
            rope: JumpRope,
        }

        #[recoverable]
        impl $class {
            /// An empty one.
            #[recoverable(constructor)]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                let rope = JumpRope::new_from_seed(SEED);
                Self { rope }
            }

            /// Inserts; the answer is how many characters there are.
            pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, EditError> {
                insert(&mut self.rope, at, text)
            }

            /// Removes from one place to before another.
            pub fn remove(&mut self, from: u32, to: u32) -> Result<u32, EditError> {
                remove(&mut self.rope, from, to)
            }

            /// All of it.
            #[recoverable(getter)]
            pub fn text(&self) -> String {
                self.rope.to_string()
            }

            /// Panics if the list is not what jumprope's own rules say.
            pub fn check(&self) {
                self.rope.check();
            }
        }
    )*};
}

edits! {
    /// A panic poisons it.
    #[recoverable(on_panic = "poison")]
    Text;
    /// A panic takes it back to a clone that was made before the call.
    #[cfg_attr(panic = "unwind", recoverable(on_panic = "rollback", rollback = "clone"))]
    #[cfg_attr(panic = "abort", recoverable)]
    #[derive(Clone)]
    ClonedText;
    /// What a call that failed made of it stays.
    #[recoverable(on_panic = "keep")]
    KeptText;
}
