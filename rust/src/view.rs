//! What one client is shown of a screen, for Python.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use spice_screen::{Piece, Room, Settings};

use crate::channel::Channel;
use crate::errors;
use crate::screen::Screen;
use crate::sync::lock;

/// How far `View.step` came.
#[pyclass(frozen, module = "spice_rs._core", get_all)]
#[derive(Default)]
pub(crate) struct Shown {
    /// Messages queued in the channel.
    sent: usize,
    /// Something is due, but the client's window or the budget is used up.
    more: bool,
    /// When `step` has something to do even if nothing changes; None for never.
    again: Option<f64>,
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
    fn run(&self, channel: &Channel, now: f64, budget: usize) -> Shown {
        let mut view = lock(&self.view);
        let (mut shown, mut bytes) = (Shown::default(), budget);
        loop {
            let messages = lock(channel.transport()).window_room();
            let plan = view.plan(&mut lock(&self.screen), now, Room { messages, bytes });
            shown.more = plan.more();
            if plan.is_empty() {
                return shown;
            }
            plan.pieces().into_iter().for_each(Piece::encode);
            let mut transport = lock(channel.transport());
            let before = transport.pending_len();
            shown.sent += view.send(&plan, &mut transport);
            bytes = bytes.saturating_sub(transport.pending_len() - before);
        }
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
    #[pyo3(signature = (screen, *, monitors = false))]
    fn new(screen: &Bound<'_, Screen>, monitors: bool) -> Self {
        let screen = screen.get().shared().clone();
        let view = spice_screen::View::new(&mut lock(&screen), Settings { monitors });
        Self { screen, view: Mutex::new(view) }
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
