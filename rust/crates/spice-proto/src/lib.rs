//! SPICE channel transport as an object without I/O.
#![forbid(unsafe_code)]
