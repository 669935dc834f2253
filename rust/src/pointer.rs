//! The state of a cursor channel, for Python.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_canvas::Progress;
use spice_canvas::cursor::PointerShape;
use spice_codec::PixelFormat;
use spice_wire::messages::ChannelType;
use spice_wire::messages::cursor::FromServer;

use crate::buffers::{Layout, Lends, Memory, lends_memory};
use crate::classes;
use crate::errors;
use crate::frame::png_bytes;
use crate::messages::channel_name;
use crate::packet::Packet;
use crate::sync::lock;

/// The state of a cursor channel: shape, hot spot, place.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Pointer(Mutex<State>);

struct State {
    pointer: spice_canvas::cursor::Pointer,
    /// The shape as it was handed out last, so that an unchanged shape stays the same object.
    shown: Option<Py<Shape>>,
}

#[pymethods]
impl Pointer {
    #[new]
    #[pyo3(signature = (limits = None))]
    fn new(limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let pointer = spice_canvas::cursor::Pointer::new(classes::limits(limits)?);
        Ok(Self(Mutex::new(State { pointer, shown: None })))
    }

    /// Takes a cursor message; whether it was one. Raises DecodeError for a shape that cannot be read.
    fn apply(&self, py: Python<'_>, packet: &Bound<'_, Packet>) -> PyResult<bool> {
        let (origin, packet) = (packet.get().origin(), packet.get().raw());
        if origin.channel_type != ChannelType::CURSOR {
            return Ok(false);
        }
        let channel = channel_name(origin.channel_type);
        let message = FromServer::read(packet.id, &packet.body, &origin.limits);
        let message = message.map_err(|error| errors::unreadable(py, &channel, &error))?;
        // A shape is at most a few hundred kilobytes: not worth to detach for.
        let progress = lock(&self.0).pointer.apply(&message);
        let progress = progress.map_err(|error| errors::undrawable(py, &channel, &error))?;
        Ok(progress == Progress::Done)
    }

    #[getter]
    fn visible(&self) -> bool {
        lock(&self.0).pointer.visible()
    }

    #[getter]
    fn position(&self) -> (i16, i16) {
        lock(&self.0).pointer.position()
    }

    #[getter]
    fn shape(&self, py: Python<'_>) -> PyResult<Option<Py<Shape>>> {
        let mut state = lock(&self.0);
        let Some(shape) = state.pointer.shape().cloned() else { return Ok(None) };
        if let Some(shown) = state.shown.as_ref().filter(|shown| Arc::ptr_eq(&shown.get().shape, &shape)) {
            return Ok(Some(shown.clone_ref(py)));
        }
        let shown = Py::new(py, Shape::new(shape))?;
        state.shown = Some(shown.clone_ref(py));
        Ok(Some(shown))
    }
}

/// A cursor's picture: (height, width, 4) uint8, blue, green, red, alpha, premultiplied.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Shape {
    shape: Arc<PointerShape>,
    layout: Layout,
}

impl Shape {
    fn new(shape: Arc<PointerShape>) -> Self {
        let layout = Layout::picture(shape.image.height as usize, shape.image.width as usize, 4);
        Self { shape, layout }
    }
}

impl Lends for Shape {
    fn lent(&self) -> PyResult<Memory<'_>> {
        Memory::fixed(bytemuck::cast_slice(&self.shape.image.pixels), &self.layout)
    }
}

lends_memory! {
    Shape {
        #[getter]
        fn width(&self) -> u32 {
            self.shape.image.width
        }

        #[getter]
        fn height(&self) -> u32 {
            self.shape.image.height
        }

        #[getter]
        fn hot_spot(&self) -> (u16, u16) {
            (self.shape.hot_x, self.shape.hot_y)
        }

        /// Whether some pixels invert what is below; those have alpha 0 here.
        #[getter]
        fn inverts(&self) -> bool {
            self.shape.image.inverted.is_some()
        }

        fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
            let image = &self.shape.image;
            png_bytes(py, &image.pixels, image.width as usize, image.height as usize, PixelFormat::Argb)
        }

        fn _repr_png_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
            self.png(py)
        }
    }
}
