//! The encoders, a function for each: from what was loaded to what `run` does.

use crate::{Encode, Fault, Input};

type Prepare = fn(Input) -> Result<Encode, Fault>;

/// By the names that the reference's twin uses; what is not here is left out of the tables.
pub const ALL: &[(&str, Prepare)] = &[];
