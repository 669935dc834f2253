//! SPICE surfaces and drawing. No I/O, no clock, no thread.
#![forbid(unsafe_code)]
