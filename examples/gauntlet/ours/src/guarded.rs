//! A guard in a dependency's recursion: serde_yaml has none, but it calls back here at
//! every level.

use std::marker::PhantomData;

use gauntlet_core::{Shape, ShapeVisitor};
use recover_runtime::stack;
use serde::{Deserialize, Deserializer};

/// Far more levels than a document has, far less than there is stack for.
const LEVELS: u32 = 200;

/// A value of which every part is a guarded call.
pub(crate) struct Node(Shape);

impl From<Node> for Shape {
    fn from(node: Node) -> Self {
        node.0
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = ShapeVisitor::<Node>(PhantomData);
        stack::with_limit(LEVELS, || deserializer.deserialize_any(visitor)).map(Node)
    }
}
