//! The compiled half of `spice_rs`: everything that touches each byte.
