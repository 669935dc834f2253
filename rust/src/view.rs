//! What one client is shown of a screen, for Python.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pyo3::prelude::*;
use rayon::prelude::*;
use spice_screen::{BANDWIDTH, Compression, Key, Piece, Room, Settings};
use spice_wire::messages::display::ImageCompression;

use crate::channel::Channel;
use crate::errors;
use crate::screen::Screen;
use crate::sync::lock;

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
            shown.more = plan.more();
            if plan.is_empty() {
                break;
            }
            encode(&plan.pieces(), clock);
            let mut transport = lock(channel.transport());
            let before = transport.pending_len();
            shown.sent += view.send(&plan, &mut transport);
            bytes = bytes.saturating_sub(transport.pending_len() - before);
        }
        view.end_step(&lock(channel.transport()), budget - bytes, shown.more, clock());
        shown
    }
}

/// Pixels from which on pieces are coded on all cores; waking the others costs as much as coding a few thousand.
const PARALLEL: usize = 1 << 16;

/// Codes all pieces.
fn encode(pieces: &[&Piece], clock: impl Fn() -> f64 + Sync) {
    let pixels: usize = pieces.iter().map(|piece| piece.pixels()).sum();
    match pieces {
        [_, _, ..] if pixels >= PARALLEL => pieces.par_iter().for_each(|piece| piece.encode(&clock)),
        _ => pieces.iter().for_each(|piece| piece.encode(&clock)),
    }
}

impl Drop for View {
    fn drop(&mut self) {
        lock(&self.view).leave(&mut lock(&self.screen));
    }
}

#[pymethods]
impl View {
    #[new]
    #[pyo3(signature = (screen, *, monitors = false, compression = "auto", lz4 = false, palettes = false, cache_pixels = 0, bandwidth = None))]
    fn new(
        screen: &Bound<'_, Screen>,
        monitors: bool,
        compression: &str,
        lz4: bool,
        palettes: bool,
        cache_pixels: i64,
        bandwidth: Option<f64>,
    ) -> PyResult<Self> {
        let screen = screen.get().shared().clone();
        let bandwidth = bandwidth.filter(|rate| rate.is_finite() && *rate > 0.0).unwrap_or(BANDWIDTH);
        let settings = Settings {
            monitors,
            compression: compression_of(compression)?,
            lz4,
            palettes,
            cache_pixels: usize::try_from(cache_pixels).unwrap_or(0).min(MOST_KEPT),
            key: key(),
            first_image: VIEWS.fetch_add(1, Ordering::Relaxed) << 32,
            bandwidth,
        };
        let view = spice_screen::View::new(&mut lock(&screen), settings);
        Ok(Self { screen, view: Mutex::new(view) })
    }

    /// The client's own wish, a number of ImageCompression; INVALID to follow the server's again.
    fn prefer(&self, py: Python<'_>, compression: u8) {
        let wish = Compression::preferred(ImageCompression(compression));
        py.detach(|| lock(&self.view).prefer(wish));
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

/// Views so far: each has image ids of its own, so that displays which share a client's cache never mean each other's images.
static VIEWS: AtomicU64 = AtomicU64::new(1);

/// Pixels of a client's cache that are used at most, whatever it says: what it keeps is remembered here.
const MOST_KEPT: usize = 1 << 26;

/// Numbers that nobody outside can know.
fn key() -> Key {
    Key([1, 2, 3, 4].map(|number: u64| RandomState::new().hash_one(number)))
}

/// How Python says which codings may be used.
fn compression_of(name: &str) -> PyResult<Compression> {
    Ok(match name {
        "auto" => Compression::Auto,
        "auto_glz" => Compression::AutoGlz,
        "auto_lz" => Compression::AutoLz,
        "quic" => Compression::Quic,
        "glz" => Compression::Glz,
        "lz" => Compression::Lz,
        "lz4" => Compression::Lz4,
        "off" => Compression::Off,
        other => return Err(errors::value(format!("{other:?} is no compression"))),
    })
}
