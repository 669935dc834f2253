//! What one client is shown of a screen, for Python.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use spice_screen::{Compression, Job, Room};
use spice_wire::Wire;
use spice_wire::messages::display::{ImageCompression, StreamReport};

use crate::channel::Channel;
use crate::classes;
use crate::errors;
use crate::screen::Screen;
use crate::sync::lock;
use crate::wishes;

/// How far `View.step` came.
#[pyclass(frozen, module = "spice_rs._core", get_all)]
#[derive(Default)]
pub(crate) struct Shown {
    /// Messages queued in the channel.
    pub(crate) sent: usize,
    /// Something is due, but the client's window or the budget is used up.
    pub(crate) more: bool,
    /// When `step` has something to do even if nothing changes; None for never.
    pub(crate) again: Option<f64>,
    /// The client has been sent all there is, without loss.
    pub(crate) exact: bool,
}

/// What a client was sent as GLZ and keeps, so that later pictures can refer to it. All its displays share one.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Dictionary(Arc<spice_screen::Dictionary>);

#[pymethods]
impl Dictionary {
    /// For a client that keeps so many pixels; none where negative.
    #[new]
    fn new(window_pixels: i64) -> Self {
        Self(Arc::new(spice_screen::Dictionary::new(wishes::pixels(window_pixels))))
    }

    /// Another display of the client says how many pixels it keeps: the least of them counts.
    fn shrink(&self, py: Python<'_>, window_pixels: i64) {
        py.detach(|| self.0.shrink(wishes::pixels(window_pixels)));
    }

    /// Pixels that are held.
    #[getter]
    fn pixels(&self, py: Python<'_>) -> usize {
        py.detach(|| self.0.pixels())
    }
}

/// What one client is shown of a screen: one object for each display channel of each client.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct View {
    screen: Arc<Mutex<spice_screen::Screen>>,
    /// Held while a step goes on. Always taken before the screen.
    view: Mutex<spice_screen::View>,
}

impl View {
    /// The screen is only held while a plan is made: drawing goes on while pieces are coded.
    pub(crate) fn run(&self, channel: &Channel, now: f64, budget: usize) -> Shown {
        let start = Instant::now();
        let clock = || now + start.elapsed().as_secs_f64();
        let mut view = lock(&self.view);
        let (mut shown, mut bytes) = (Shown::default(), budget);
        view.begin_step(&lock(channel.transport()), now);
        loop {
            let messages = lock(channel.transport()).window_room();
            let plan = view.plan(&mut lock(&self.screen), now, Room { messages, bytes });
            (shown.more, shown.again, shown.exact) = (plan.more(), plan.again(), plan.exact());
            if plan.is_empty() {
                break;
            }
            encode(&plan.jobs(), clock);
            let mut transport = lock(channel.transport());
            let before = transport.pending_len();
            shown.sent += view.send(&plan, &mut transport);
            bytes = bytes.saturating_sub(transport.pending_len() - before);
        }
        view.end_step(&lock(channel.transport()), budget - bytes, shown.more, clock());
        shown
    }
}

/// Pixels from which on jobs are done on all cores; waking the others costs as much as coding a few thousand.
const PARALLEL: usize = 1 << 16;

/// Codes everything. This thread does its part, so that it need not be woken again when others have done theirs.
fn encode(jobs: &[Job<'_>], clock: impl Fn() -> f64 + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            job.encode(&clock);
        }
    };
    let pixels: usize = jobs.iter().map(Job::work).sum();
    if pixels < PARALLEL {
        return work();
    }
    let helpers = rayon::current_num_threads().min(jobs.len()) - 1;
    rayon::in_place_scope(|scope| {
        (0..helpers).for_each(|_| scope.spawn(|_| work()));
        work();
    });
}

impl Drop for View {
    fn drop(&mut self) {
        lock(&self.view).leave(&mut lock(&self.screen));
    }
}

#[pymethods]
impl View {
    #[new]
    #[pyo3(
        signature = (screen, *, dictionary = None, **wishes),
        text_signature = "(screen, *, dictionary=None, monitors=False, compression='auto', jpeg='auto', zlib='auto', \
                          streaming='filter', reports=False, lz4=False, browser=False, first_image=None, cache_pixels=0, \
                          bandwidth=None)"
    )]
    fn new(
        screen: &Bound<'_, Screen>,
        dictionary: Option<&Bound<'_, Dictionary>>,
        wishes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (screen, settings) = (screen.get().shared().clone(), wishes::settings(wishes)?);
        let mut view = spice_screen::View::new(&mut lock(&screen), settings);
        if let Some(dictionary) = dictionary {
            view.share(&dictionary.get().0);
        }
        Ok(Self { screen, view: Mutex::new(view) })
    }

    /// The client's STREAM_REPORT: how a video fares. Whatever it says only changes how that goes on.
    fn report(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let report = StreamReport::from_value(&classes::from_python(message)?);
        let report = report.map_err(|error| errors::unwritable(py, "display", &error))?;
        py.detach(|| lock(&self.view).report(&report));
        Ok(())
    }

    /// The client's own wish, a number of ImageCompression; INVALID to follow the server's again.
    fn prefer(&self, py: Python<'_>, compression: u8) {
        let wish = Compression::preferred(ImageCompression(compression));
        py.detach(|| lock(&self.view).prefer(wish));
    }

    /// Bytes a second that somebody else has found the way to the client to take; what the view measures itself goes before that.
    fn expect(&self, py: Python<'_>, bandwidth: f64) {
        if let Some(rate) = wishes::bandwidth(Some(bandwidth)) {
            py.detach(|| lock(&self.view).expect(rate));
        }
    }

    /// How many bytes a second the line has carried lately; at least so many where it was not always busy.
    fn carried(&self, py: Python<'_>, rate: f64, at_least: bool) {
        if let Some(rate) = wishes::bandwidth(Some(rate)) {
            py.detach(|| lock(&self.view).carried(rate, at_least));
        }
    }

    /// What was sent so far, by name, and what the link is thought to take.
    #[getter]
    fn counters(&self, py: Python<'_>) -> BTreeMap<String, u64> {
        py.detach(|| lock(&self.view).counters()).into_iter().collect()
    }

    /// Pixels that the client has not been shown as they are now, moves included: how much work there is.
    #[getter]
    fn due_pixels(&self, py: Python<'_>) -> usize {
        let due = |view: &spice_screen::View| view.due_pixels(&mut lock(&self.screen));
        match self.view.try_lock() {
            Ok(view) => due(&view),
            Err(_) => py.detach(|| due(&lock(&self.view))),
        }
    }

    /// Queues what is due in `channel`: about `budget` bytes at most, and no more messages than the client's window
    /// takes. `now` is a time in seconds that never goes back. Runs detached.
    fn step(&self, py: Python<'_>, channel: &Bound<'_, Channel>, now: f64, budget: usize) -> PyResult<Shown> {
        if !now.is_finite() {
            return Err(errors::value(format!("{now} is no time")));
        }
        let channel = channel.get();
        Ok(py.detach(|| self.run(channel, now, budget)))
    }
}
