//! The surfaces of one display channel, for Python.

use std::collections::BTreeMap;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use spice_canvas::{Area, Format};
use spice_wire::Wire;
use spice_wire::messages::display::{Head, SurfaceFormat};

use crate::channel::Channel;
use crate::classes;
use crate::drawing::{Drawing, Outcome};
use crate::frame::Frame;
use crate::step::Step;
use crate::sync::lock;

/// Pixels of a screen of the usual size; of the parts in which its memory is touched, the largest pages; of the smallest ones.
const USUAL: usize = 1920 * 1080;
const PART: usize = (2 << 20) / 4;
const PAGE: usize = (4 << 10) / 4;

/// An area as Python has it: left, top, right, bottom.
pub(crate) type Rectangle = (i32, i32, i32, i32);

/// What the displays of one session share: the image cache and the GLZ window.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Shared(Arc<spice_canvas::Shared>);

#[pymethods]
impl Shared {
    #[new]
    #[pyo3(signature = (limits = None))]
    fn new(limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        Ok(Self(Arc::new(spice_canvas::Shared::new(&classes::limits(limits)?))))
    }

    /// Pixels in the image cache, with a little for each image besides.
    #[getter]
    fn cached_pixels(&self) -> usize {
        self.0.cached_pixels()
    }

    /// Pixels in the GLZ window.
    #[getter]
    fn glz_pixels(&self) -> usize {
        self.0.glz_pixels()
    }
}

/// The surfaces of one display channel. Drawing releases the interpreter lock.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Canvas {
    drawing: Drawing,
    /// Messages that could not be read: what they would have drawn, and where, nobody knows.
    unreadable: AtomicU64,
}

impl Canvas {
    /// As [`Canvas::draw`], for whoever is detached already.
    pub(crate) fn carry_out(&self, channel: &Channel) -> spice_wire::Result<Outcome> {
        let outcome = self.drawing.run(channel)?;
        self.unreadable.fetch_add(outcome.unreadable, Ordering::Relaxed);
        Ok(outcome)
    }

    /// Touches memory for a screen of the usual size until `hurry` says that something has come. The first touch of a screen's pages
    /// takes longer than decoding onto them.
    pub(crate) fn get_ready(&self, hurry: impl Fn() -> bool) {
        if !lock(self.drawing.canvas()).wants_ready(USUAL) {
            return;
        }
        let mut pixels = vec![0; USUAL];
        for part in pixels.chunks_mut(PART).take_while(|_| !hurry()) {
            part.iter_mut().step_by(PAGE).for_each(|pixel| *pixel = hint::black_box(0));
        }
        lock(self.drawing.canvas()).keep_ready(pixels);
    }

    /// Whether there is a complete picture.
    pub(crate) fn is_ready(&self) -> bool {
        is_ready(&lock(self.drawing.canvas()))
    }

    /// Looks at the surfaces. Somebody may be drawing at the moment: then waits for the end of a message, detached.
    fn look<T: Send>(&self, py: Python<'_>, look: impl FnOnce(&mut spice_canvas::Canvas) -> T + Send) -> T {
        match self.drawing.canvas().try_lock() {
            Ok(mut canvas) => look(&mut canvas),
            Err(_) => py.detach(|| look(&mut lock(self.drawing.canvas()))),
        }
    }
}

#[pymethods]
impl Canvas {
    #[new]
    #[pyo3(signature = (shared, limits = None))]
    fn new(shared: &Bound<'_, Shared>, limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let canvas = spice_canvas::Canvas::new(shared.get().0.clone(), classes::limits(limits)?);
        Ok(Self { drawing: Drawing::new(canvas), unreadable: AtomicU64::new(0) })
    }

    /// Draws what waits in `channel`, in order, until none waits, one is not drawing, or one is blocked. Raises
    /// DecodeError, LimitExceeded when the stream cannot be understood any more, as `Channel.next` does.
    fn draw(&self, py: Python<'_>, channel: &Bound<'_, Channel>) -> PyResult<Step> {
        let channel = channel.get();
        let outcome = py.detach(|| self.carry_out(channel)).map_err(|error| channel.broken(py, &error))?;
        Step::new(py, channel, outcome)
    }

    /// The blocked message can never be drawn: count it as failed, mark its area, and let `draw` go on.
    fn give_up(&self, py: Python<'_>, reason: &str) {
        py.detach(|| self.drawing.give_up(reason));
    }

    /// The surface (the primary one by default) as it is now; None while there is none. `since`: version of the
    /// frame that the caller had before, for `Frame.damage`.
    #[pyo3(signature = (surface_id = None, since = -1), text_signature = "($self, surface_id=None, since=-1)")]
    fn frame(&self, py: Python<'_>, surface_id: Option<u32>, since: i64) -> Option<Frame> {
        let all_read = self.unreadable.load(Ordering::Relaxed) == 0;
        self.look(py, |canvas| {
            let id = surface_id.or(canvas.primary())?;
            let snapshot = canvas.snapshot(id)?;
            let damage = damage(canvas, id, since);
            Some(Frame::new(snapshot, damage, all_read))
        })
    }

    /// A primary surface exists and the server has marked it as complete.
    #[getter]
    fn ready(&self, py: Python<'_>) -> bool {
        self.look(py, |canvas| is_ready(canvas))
    }

    /// Grows with every change of the primary surface that comes after a look at it; -1 while there is none.
    #[getter]
    fn version(&self, py: Python<'_>) -> i64 {
        // Only a snapshot makes the next drawing count; it costs nothing.
        let version = self.look(py, |canvas| canvas.primary().and_then(|id| canvas.snapshot(id)));
        as_signed(version.map(|snapshot| snapshot.version))
    }

    /// `version` and `ready` in one look.
    #[getter]
    fn state(&self, py: Python<'_>) -> (i64, bool) {
        self.look(py, |canvas| {
            let version =
                canvas.primary().and_then(|id| canvas.snapshot(id)).map(|snapshot| snapshot.version);
            (as_signed(version), is_ready(canvas))
        })
    }

    /// What changed on the primary surface after that version: (left, top, right, bottom), empty for nothing.
    fn damage(&self, py: Python<'_>, since: i64) -> Vec<Rectangle> {
        self.look(py, |canvas| canvas.primary().map(|id| damage(canvas, id, since)).unwrap_or_default())
    }

    /// Each surface: id, width, height, format, primary.
    #[getter]
    fn surfaces(&self, py: Python<'_>) -> Vec<(u32, usize, usize, u32, bool)> {
        let surfaces = self.look(py, |canvas| canvas.surfaces());
        surfaces.iter().map(|s| (s.id, s.width, s.height, wire_format(s.format).0, s.primary)).collect()
    }

    /// Each head: monitor id, surface id, width, height, x, y, flags.
    #[getter]
    fn monitors(&self, py: Python<'_>) -> Vec<(u32, u32, u32, u32, u32, u32, u32)> {
        let heads = self.look(py, |canvas| canvas.monitors().to_vec());
        heads
            .iter()
            .map(|h: &Head| (h.monitor_id, h.surface_id, h.width, h.height, h.x, h.y, h.flags))
            .collect()
    }

    /// What could not be drawn, by name, and failed images by codec.
    #[getter]
    fn counters(&self, py: Python<'_>) -> BTreeMap<&'static str, u64> {
        let counters = self.look(py, |canvas| canvas.counters().clone());
        let unreadable = [("unreadable", self.unreadable.load(Ordering::Relaxed))];
        let all = counters.undrawn.into_iter().chain(counters.failed).chain(unreadable);
        all.filter(|(_, count)| *count > 0).collect()
    }

    /// STREAM_REPORT messages that are due at media time `now` (ms).
    fn stream_reports<'py>(&self, py: Python<'py>, now: u32) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let reports = self.look(py, |canvas| canvas.stream_reports(now));
        reports.iter().map(|report| classes::to_python(py, &report.to_value())).collect()
    }
}

fn is_ready(canvas: &spice_canvas::Canvas) -> bool {
    canvas.primary().is_some() && canvas.marked()
}

fn as_signed(version: Option<u64>) -> i64 {
    version.map_or(-1, |version| i64::try_from(version).unwrap_or(i64::MAX))
}

fn damage(canvas: &spice_canvas::Canvas, surface: u32, since: i64) -> Vec<Rectangle> {
    let since = u64::try_from(since).unwrap_or(u64::MAX);
    let rectangle = |area: &Area| (area.left, area.top, area.right, area.bottom);
    canvas.damage_since(surface, since).iter().map(rectangle).collect()
}

fn wire_format(format: Format) -> SurfaceFormat {
    match format {
        Format::A1 => SurfaceFormat::A1,
        Format::A8 => SurfaceFormat::A8,
        Format::Rgb555 => SurfaceFormat::RGB555,
        Format::Rgb565 => SurfaceFormat::RGB565,
        Format::Xrgb => SurfaceFormat::XRGB32,
        Format::Argb => SurfaceFormat::ARGB32,
    }
}
