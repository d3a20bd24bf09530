//! Guards: checks that hold the layout of the code, beyond what compilers and linters see.
//!
//! In: the tree, and what cargo says of it. Out: errors that say what to do. `layout` is the table of packages that the
//! others read; `functions` serves `lengths`; `source`, `imports` and `modules` serve `circles`.

mod circles;
mod dependencies;
mod functions;
mod imports;
mod layout;
mod lengths;
mod modules;
mod packages;
mod pure;
mod source;

pub(crate) use circles::circles;
pub(crate) use dependencies::dependencies;
pub(crate) use lengths::lengths;
pub(crate) use packages::packages;
pub(crate) use pure::pure;
