//! What the tables say, for tests.

use pyo3::prelude::*;

/// All tables as JSON.
#[pyfunction]
pub(crate) fn schema() -> String {
    spice_wire::json::tables()
}
