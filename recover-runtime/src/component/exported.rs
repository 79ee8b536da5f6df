//! The handles that wit-bindgen made for a class. How they cross is wit-bindgen's; what is behind one is `resource.rs`'s.

use crate::component::class::Component;
use crate::component::resource::Resource;

/// A class that the component exports: the types that wit-bindgen made for its handles.
pub trait Exported: Component {
    /// The handle that owns.
    type Own;
    /// The handle that borrows.
    type Borrowed<'a>;
    /// A new handle.
    fn own(resource: Resource<Self>) -> Self::Own;
    /// What is behind a handle that was given up.
    fn given_up(own: Self::Own) -> Resource<Self>;
    /// What is behind a handle that is lent.
    fn lent<'a>(borrowed: &'a Self::Borrowed<'_>) -> &'a Resource<Self>;
}
