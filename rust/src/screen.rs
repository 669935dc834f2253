//! The picture that a server shows, for Python.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use spice_canvas::Area;

use crate::buffers::Picture;
use crate::canvas::Rectangle;
use crate::classes;
use crate::errors;
use crate::frame::Frame;
use crate::sync::lock;
use crate::wishes;

/// The picture that a server shows; all views of it share it. It starts black.
///
/// Pixels are given as (height, width, 4) or (height, width, 3) uint8, blue first. They are read before the call returns.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Screen(Arc<Mutex<spice_screen::Screen>>);

impl Screen {
    /// The screen, for its views.
    pub(crate) fn shared(&self) -> &Arc<Mutex<spice_screen::Screen>> {
        &self.0
    }
}

#[pymethods]
impl Screen {
    #[new]
    #[pyo3(signature = (width, height, limits = None))]
    fn new(width: usize, height: usize, limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let screen = spice_screen::Screen::new(width, height, &classes::limits(limits)?, &wishes::key());
        screen
            .map(|screen| Self(Arc::new(Mutex::new(screen))))
            .map_err(|error| errors::value(error.to_string()))
    }

    /// Width and height.
    #[getter]
    fn size(&self) -> (usize, usize) {
        lock(&self.0).size()
    }

    /// Grows with each change.
    #[getter]
    fn version(&self) -> u64 {
        lock(&self.0).version()
    }

    /// Shows pixels with their corner at a place; what lies outside is left out. Whether something changed.
    ///
    /// The comparison runs attached: nobody should change the array meanwhile. If somebody does, what was read is shown.
    #[pyo3(signature = (pixels, left = 0, top = 0))]
    fn draw(&self, pixels: &Bound<'_, PyAny>, left: i32, top: i32) -> PyResult<bool> {
        let picture = Picture::of(pixels)?;
        Ok(lock(&self.0).draw(&picture, left, top))
    }

    /// Makes an area one colour, 0xRRGGBB. Whether something changed.
    fn fill(&self, left: i32, top: i32, right: i32, bottom: i32, colour: u32) -> bool {
        lock(&self.0).fill(Area { left, top, right, bottom }, colour)
    }

    /// Copies an area to another place; both may overlap.
    fn copy(&self, left: i32, top: i32, right: i32, bottom: i32, to_left: i32, to_top: i32) {
        lock(&self.0).copy(Area { left, top, right, bottom }, to_left, to_top);
    }

    /// Changes the size: what is in both stays, the rest is black. Raises ValueError for an impossible one.
    fn resize(&self, width: usize, height: usize) -> PyResult<()> {
        lock(&self.0).resize(width, height).map_err(|error| errors::value(error.to_string()))
    }

    /// Says which parts are monitors: (left, top, right, bottom) of each, none for one that shows all. A new size forgets them.
    /// Raises ValueError for a part that does not lie on the screen.
    fn arrange(&self, monitors: Vec<Rectangle>) -> PyResult<()> {
        let area = |(left, top, right, bottom)| Area { left, top, right, bottom };
        let monitors = monitors.into_iter().map(area).collect();
        lock(&self.0).arrange(monitors).map_err(|error| errors::value(error.to_string()))
    }

    /// The parts that are monitors, at least one.
    #[getter]
    fn monitors(&self) -> Vec<Rectangle> {
        let corners = |part: &Area| (part.left, part.top, part.right, part.bottom);
        lock(&self.0).monitors().iter().map(corners).collect()
    }

    /// What is shown now.
    fn frame(&self, py: Python<'_>) -> Frame {
        Frame::new(py.detach(|| lock(&self.0).snapshot()), Vec::new(), true)
    }

    fn __repr__(&self) -> String {
        let (width, height) = self.size();
        format!("<Screen {width}x{height}, version {}>", self.version())
    }
}
