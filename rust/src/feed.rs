//! Shows a screen to one client on a socket: codes, sends and hears acknowledgements, until something needs Python.

use std::io;
use std::os::fd::RawFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use spice_proto::Flow;

use crate::bell::Bell;
use crate::channel::Channel;
use crate::errors;
use crate::packet::Packet;
use crate::socket::{Open, Socket};
use crate::sync::lock;
use crate::view::View;

/// Shows a screen to one client in the thread that calls `run`, without the interpreter's lock.
///
/// Its descriptor (`fileno`) becomes readable when the client has been sent everything, if somebody has said by `ask`
/// that he waits for that; then call `heard`.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Feed {
    socket: Py<Socket>,
    channel: Py<Channel>,
    view: Py<View>,
    /// Rung by who draws.
    call: Bell,
    /// Rung by the thread.
    bell: Bell,
    stale: AtomicBool,
    asked: AtomicBool,
    /// All that had changed when the thread looked last has been sent.
    done: AtomicBool,
    /// And it was sent without loss.
    exact: AtomicBool,
    state: Mutex<State>,
}

/// What the thread remembers.
struct State {
    start: Instant,
    flow: Flow,
    /// What the system has been told to hold back.
    held_back: usize,
    /// Something is due that the client's window did not allow.
    more: bool,
    /// When there is something to do even if nothing changes.
    again: Option<f64>,
}

/// Why it stopped, for a moment or for good.
enum Stop {
    /// A message that Python has to handle.
    Packet(spice_proto::Packet),
    /// The stream has ended.
    End,
    /// The stream cannot be understood any more.
    Unreadable(spice_wire::Error),
    /// The connection broke.
    Broken(io::Error),
}

#[pymethods]
impl Feed {
    #[new]
    fn new(socket: Py<Socket>, channel: Py<Channel>, view: Py<View>) -> PyResult<Self> {
        let state =
            State { start: Instant::now(), flow: Flow::default(), held_back: 0, more: false, again: None };
        Ok(Self {
            socket,
            channel,
            view,
            call: Bell::new().map_err(errors::system)?,
            bell: Bell::new().map_err(errors::system)?,
            stale: AtomicBool::new(true),
            asked: AtomicBool::new(false),
            done: AtomicBool::new(false),
            exact: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    /// Show the screen until a message needs attention; None at the end of the stream. Blocks; `Socket.stop_reading` ends it.
    /// Raises OSError, and DecodeError or LimitExceeded as `Channel.next` does.
    fn run(&self, py: Python<'_>) -> PyResult<Option<Packet>> {
        let Some(open) = self.socket.get().open() else { return Ok(None) };
        let channel = self.channel.get();
        match py.detach(|| self.feed(&open, channel)) {
            Stop::Packet(packet) => Ok(Some(Packet::new(channel.origin().clone(), packet))),
            Stop::End => Ok(None),
            Stop::Unreadable(error) => Err(channel.broken(py, &error)),
            Stop::Broken(error) => Err(errors::system(error)),
        }
    }

    /// Say that the screen has changed.
    fn look(&self) {
        self.stale.store(true, Ordering::SeqCst);
        self.call.ring();
    }

    /// Whether the client has been sent everything that has changed by now, and the system has taken it.
    #[getter]
    fn is_done(&self) -> bool {
        !self.stale.load(Ordering::SeqCst) && self.done.load(Ordering::SeqCst)
    }

    /// Whether that was so without loss.
    #[getter]
    fn is_exact(&self) -> bool {
        self.is_done() && self.exact.load(Ordering::SeqCst)
    }

    /// Ask to be told when that is so the next time; look at `is_done` after this.
    fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// What becomes readable then.
    fn fileno(&self) -> RawFd {
        self.bell.descriptor()
    }

    /// Silence the descriptor, before looking.
    fn heard(&self) {
        self.bell.heard();
    }
}

impl Feed {
    fn feed(&self, socket: &Open, channel: &Channel) -> Stop {
        let mut state = lock(&self.state);
        loop {
            match lock(channel.transport()).next_packet() {
                Ok(Some(packet)) => return Stop::Packet(packet),
                Ok(None) => {}
                Err(error) => return Stop::Unreadable(error),
            }
            let held = self.show(socket, channel, &mut state);
            match held.and_then(|held| self.wait(socket, channel, &state, held)) {
                Ok(true) => {}
                Ok(false) => return Stop::End,
                Err(error) => return Stop::Broken(error),
            }
        }
    }

    /// Codes and sends for as long as there is something to show and the client takes it; whether it takes no more.
    fn show(&self, socket: &Open, channel: &Channel, state: &mut State) -> io::Result<bool> {
        loop {
            let left = state.send(socket, channel)?;
            if left > state.flow.ahead() || !lock(channel.transport()).window_is_open() {
                return Ok(true);
            }
            let now = state.now();
            if !self.is_due(state, now) {
                return Ok(false);
            }
            self.done.store(false, Ordering::SeqCst);
            self.stale.store(false, Ordering::SeqCst);
            let shown = self.view.get().run(channel, now, state.flow.budget());
            (state.more, state.again) = (shown.more, shown.again);
            self.exact.store(shown.exact, Ordering::SeqCst);
            if shown.more && shown.sent == 0 {
                return Ok(true);
            }
        }
    }

    fn is_due(&self, state: &State, now: f64) -> bool {
        state.more || self.stale.load(Ordering::SeqCst) || state.again.is_some_and(|again| again <= now)
    }

    /// Waits for anything to do, and receives what there is; whether the stream goes on. A client that takes no more is held: time
    /// alone changes nothing then.
    fn wait(&self, socket: &Open, channel: &Channel, state: &State, held: bool) -> io::Result<bool> {
        let left = lock(channel.transport()).pending_len();
        if left == 0 && !state.more {
            self.rest();
        }
        socket.expect(channel)?;
        let pause = if held { None } else { state.pause() };
        let ready = socket.wait_or(left > 0, self.call.descriptor(), pause)?;
        if ready.other {
            self.call.heard();
        }
        Ok(!ready.readable || socket.receive(channel)? != Some(0))
    }

    /// Everything has been sent.
    fn rest(&self) {
        self.done.store(true, Ordering::SeqCst);
        if self.asked.swap(false, Ordering::SeqCst) {
            self.bell.ring();
        }
    }
}

impl State {
    fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Sends what the system takes; how many bytes are left.
    fn send(&mut self, socket: &Open, channel: &Channel) -> io::Result<usize> {
        let (count, left) = socket.send_counted(channel)?;
        if count > 0 || left > 0 {
            self.flow.sent(self.now(), count, left);
            self.hold_back(socket);
        }
        Ok(left)
    }

    /// What the system has taken it does not give back, however old it becomes: it shall take little on a slow line.
    fn hold_back(&mut self, socket: &Open) {
        let ahead = self.flow.ahead();
        if ahead > self.held_back * 2 || ahead < self.held_back / 2 {
            socket.hold_back(ahead);
            self.held_back = ahead;
        }
    }

    /// How long nothing is to be done by itself.
    fn pause(&self) -> Option<Duration> {
        let left = self.again? - self.now();
        Some(Duration::try_from_secs_f64(left.max(0.0)).unwrap_or(Duration::MAX))
    }
}
