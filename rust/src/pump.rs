//! Receives, draws and acknowledges for one display on a socket, until something needs Python.

use std::io;
use std::os::fd::RawFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::bell::Bell;
use crate::canvas::Canvas;
use crate::channel::Channel;
use crate::drawing::Outcome;
use crate::errors;
use crate::socket::{Open, Socket};
use crate::step::Step;
use crate::sync::lock;

/// Receives, draws and acknowledges in the thread that calls `run`, without the interpreter's lock.
///
/// One of two descriptors becomes readable when the picture has changed: `urgent` while somebody waits for that, `fileno` otherwise.
/// Then silence it, and look at the canvas.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Pump {
    socket: Py<Socket>,
    channel: Py<Channel>,
    canvas: Py<Canvas>,
    bell: Bell,
    breath: Duration,
    urgent: Bell,
    idle_breath: Duration,
    awaited: AtomicBool,
    busy: AtomicBool,
    news: Mutex<News>,
}

/// Changes that nobody has been told of, and when somebody was last.
#[derive(Default)]
struct News {
    untold: bool,
    /// There is a complete picture.
    ready: bool,
    told: Option<Instant>,
    /// The last batch was small and came soon.
    is_burst: bool,
}

impl News {
    fn drawn(&mut self, count: usize, ready: bool) {
        self.untold |= count > 0;
        if ready != self.ready {
            // What went before was no picture, so this is no burst of them.
            (self.ready, self.told) = (ready, None);
        }
    }
}

/// In a burst of small batches that cannot be told yet, the thread sleeps so long between two of them: waking for each costs
/// more than drawing it. The peer's window, twenty messages or more, does not run out meanwhile.
const NAP: Duration = Duration::from_micros(200);

/// Bytes of a batch that is not worth waking for.
const SMALL: usize = 64 << 10;

/// Why pumping stopped for a moment, or for good.
enum Stop {
    /// A step needs attention, or the peer does not read our answers.
    Step(Outcome),
    /// The stream has ended.
    End,
    /// The stream cannot be understood any more.
    Unreadable(spice_wire::Error),
    /// The connection broke.
    Broken(io::Error),
}

#[pymethods]
impl Pump {
    /// `breath`: seconds between two rings in a burst of changes while somebody waits for them, `idle_breath`: otherwise.
    #[new]
    fn new(
        socket: Py<Socket>,
        channel: Py<Channel>,
        canvas: Py<Canvas>,
        breath: f64,
        idle_breath: f64,
    ) -> PyResult<Self> {
        let seconds = |seconds: f64| {
            Duration::try_from_secs_f64(seconds).map_err(|error| errors::value(error.to_string()))
        };
        Ok(Self {
            socket,
            channel,
            canvas,
            bell: Bell::new().map_err(errors::system)?,
            urgent: Bell::new().map_err(errors::system)?,
            breath: seconds(breath)?,
            idle_breath: seconds(idle_breath)?,
            awaited: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            news: Mutex::default(),
        })
    }

    /// Receive and draw until a step needs attention; None at the end of the stream. Blocks; `Socket.stop_reading` ends it.
    /// Raises OSError, and DecodeError or LimitExceeded as `Channel.next` does.
    fn run(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        let Some(open) = self.socket.get().open() else { return Ok(None) };
        let channel = self.channel.get();
        match py.detach(|| self.pump(&open, channel)) {
            Stop::Step(outcome) => Step::new(py, channel, outcome).map(Some),
            Stop::End => Ok(None),
            Stop::Unreadable(error) => Err(channel.broken(py, &error)),
            Stop::Broken(error) => Err(errors::system(error)),
        }
    }

    /// What becomes readable when there is news for nobody in particular.
    fn fileno(&self) -> RawFd {
        self.bell.descriptor()
    }

    /// Silence that, before looking at the news.
    fn heard(&self) {
        self.bell.heard();
    }

    /// What becomes readable when there is news for whoever waits.
    #[getter]
    fn urgent(&self) -> RawFd {
        self.urgent.descriptor()
    }

    /// Say that somebody begins to wait for it, or ends; the end silences it.
    fn set_awaited(&self, awaited: bool) {
        self.awaited.store(awaited, Ordering::Release);
        if !awaited {
            self.urgent.heard();
        }
    }

    /// Wake whoever waits, without news.
    fn wake(&self) {
        self.urgent.ring();
    }

    /// Whether something has come that is not on the canvas, or not told, yet.
    #[getter]
    fn busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }
}

impl Pump {
    fn pump(&self, socket: &Open, channel: &Channel) -> Stop {
        let mut news = lock(&self.news);
        // Meanwhile a server makes its first picture.
        self.canvas.get().get_ready(|| !matches!(socket.wait(Some(Duration::ZERO)), Ok(false)));
        loop {
            self.busy.store(true, Ordering::Release);
            let outcome = match self.canvas.get().carry_out(channel) {
                Ok(outcome) => outcome,
                Err(error) => return Stop::Unreadable(error),
            };
            news.drawn(outcome.drawn, self.canvas.get().is_ready());
            // Where sending fails, whoever waits for the socket to take more finds out why.
            let has_left = matches!(socket.send(channel), Ok(0));
            if outcome.needs_attention() || !has_left {
                return Stop::Step(outcome);
            }
            match self.receive(socket, channel, &mut news) {
                Ok(0) => return Stop::End,
                Ok(_) => {}
                Err(error) => return Stop::Broken(error),
            }
        }
    }

    /// Waits for bytes; while there is news to be told, only until that is due.
    fn receive(&self, socket: &Open, channel: &Channel, news: &mut News) -> io::Result<usize> {
        let mut wait = self.tell(news);
        if let Some(wait) = wait.filter(|_| news.is_burst) {
            thread::sleep(wait.min(NAP));
        }
        let began = Instant::now();
        loop {
            self.busy.store(news.untold, Ordering::Release);
            if let Some(count) = socket.receive(channel)? {
                news.is_burst = count < SMALL && began.elapsed() < NAP;
                return Ok(count);
            }
            socket.expect(channel)?;
            socket.wait(wait)?;
            wait = self.tell(news);
        }
    }

    /// Rings if there is news and it is time for it; otherwise how long it can wait.
    fn tell(&self, news: &mut News) -> Option<Duration> {
        if !news.untold {
            return None;
        }
        let awaited = self.awaited.load(Ordering::Acquire);
        let (breath, bell) =
            if awaited { (self.breath, &self.urgent) } else { (self.idle_breath, &self.bell) };
        let now = Instant::now();
        let left = news.told.map_or(Duration::ZERO, |told| (told + breath).saturating_duration_since(now));
        if !left.is_zero() {
            return Some(left);
        }
        (news.untold, news.told) = (false, Some(now));
        bell.ring();
        None
    }
}
