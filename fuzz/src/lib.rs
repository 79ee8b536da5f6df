//! What the fuzz targets share: states of many shapes, and a limit to what reading one may
//! allocate. The targets themselves, and what they hold to be true, are in `bin`.

pub mod allocated;
pub mod states;
