//! A client that draws what a view sends, and pictures.
#![allow(dead_code)] // Each test file uses its own part of this.

use std::sync::Arc;

use spice_canvas::{Canvas, Progress, Shared};
use spice_codec::Source;
use spice_proto::{Channel, HeaderKind, Role};
use spice_screen::{Dictionary, Key, Screen, Settings, Shown, View};
use spice_wire::Limits;
use spice_wire::messages::ChannelType;
use spice_wire::messages::display::FromServer;

/// A view, the transport between, and what the client has drawn.
pub struct Client {
    pub view: View,
    pub server: Channel,
    pub client: Channel,
    pub canvas: Canvas,
    /// What arrived, in order.
    pub messages: Vec<FromServer>,
    pub bytes: usize,
    pub now: f64,
}

impl Client {
    /// A client without an ACK window.
    pub fn join(screen: &mut Screen, settings: Settings) -> Self {
        Self::with_window(screen, settings, 0)
    }

    /// A client that the server gave an ACK window.
    pub fn with_window(screen: &mut Screen, settings: Settings, window: u32) -> Self {
        let limits = Limits::default();
        let end = |role| Channel::new(role, ChannelType::DISPLAY, HeaderKind::Mini, limits.clone());
        let mut server = end(Role::Server);
        server.set_ack(1, window);
        Self {
            view: View::new(screen, settings),
            server,
            client: end(Role::Client),
            canvas: Canvas::new(Arc::new(Shared::new(&limits)), limits.clone()),
            messages: Vec::new(),
            bytes: 0,
            now: 0.0,
        }
    }

    /// Lets it refer to what it was sent, in a window of so many pixels.
    pub fn with_dictionary(self, pixels: usize) -> Self {
        let limits = Limits { glz_window_pixels: pixels, ..Limits::default() };
        self.sharing(&Arc::new(Dictionary::new(pixels)), &Arc::new(Shared::new(&limits)))
    }

    /// Makes it one display of several, which have a dictionary and caches in common.
    pub fn sharing(mut self, dictionary: &Arc<Dictionary>, shared: &Arc<Shared>) -> Self {
        self.view.share(dictionary);
        self.canvas = Canvas::new(Arc::clone(shared), Limits::default());
        self
    }

    /// Lets the view send at most about `budget` bytes; they do not arrive yet.
    pub fn step(&mut self, screen: &mut Screen, budget: usize) -> Shown {
        self.view.step(screen, &mut self.server, self.now, budget)
    }

    /// What was sent arrives, is drawn and is acknowledged.
    pub fn receive(&mut self) {
        let bytes = self.server.pending();
        self.bytes += bytes.len();
        self.client.receive(&bytes);
        while let Some(packet) = self.client.next_packet().expect("the server's bytes are messages") {
            let message = FromServer::read(packet.id, &packet.body, self.client.limits())
                .expect("the server's messages can be read");
            let progress = self.canvas.apply(&message, None);
            assert_eq!(progress, Ok(Progress::Done), "{message:?}");
            self.messages.push(message);
        }
        self.server.receive(&self.client.pending());
        assert_eq!(self.server.next_packet(), Ok(None), "acknowledgements are all that the client sends");
    }

    /// Steps until nothing is due, and all has been sent without loss.
    pub fn catch_up(&mut self, screen: &mut Screen) {
        self.catch_up_with_loss(screen);
        assert!(self.view.is_up_to_date(screen));
    }

    /// Steps until nothing is due.
    pub fn catch_up_with_loss(&mut self, screen: &mut Screen) {
        for _ in 0..10_000 {
            let shown = self.step(screen, usize::MAX);
            self.receive();
            if !shown.more && shown.sent == 0 {
                return;
            }
        }
        panic!("the view always has something more to send");
    }

    /// Steps, and lets time pass as the view asks for it, until it will never have anything to do again.
    pub fn rest(&mut self, screen: &mut Screen) {
        for _ in 0..10_000 {
            let shown = self.step(screen, usize::MAX);
            self.receive();
            match shown.again {
                _ if shown.more || shown.sent > 0 => {}
                Some(again) => {
                    assert!(again > self.now, "{again} is not after {}", self.now);
                    self.now = again;
                }
                None => {
                    assert!(self.view.is_up_to_date(screen));
                    return;
                }
            }
        }
        panic!("the view never comes to rest");
    }

    /// What the client shows.
    pub fn shows(&mut self) -> Vec<u32> {
        let surface = self.canvas.primary().expect("there is a surface");
        self.canvas.snapshot(surface).expect("there is a surface").pixels().to_vec()
    }

    /// The client shows the screen.
    #[track_caller]
    pub fn agrees(&mut self, screen: &Screen) {
        let (shown, right) = (self.shows(), screen.pixels());
        if let Some(at) = shown.iter().zip(&right).position(|(shown, right)| shown != right) {
            let width = screen.size().0;
            panic!("pixel ({}, {}): {:x} for {:x}", at % width, at / width, shown[at], right[at]);
        }
        assert_eq!(shown.len(), right.len());
        assert!(self.canvas.marked());
    }

    /// Forgets what arrived so far.
    pub fn forget(&mut self) {
        self.messages.clear();
        self.bytes = 0;
    }

    /// Names of the messages that arrived.
    pub fn names(&self) -> Vec<&'static str> {
        self.messages.iter().map(name).collect()
    }
}

fn name(message: &FromServer) -> &'static str {
    use FromServer as M;
    match message {
        M::SurfaceCreate(_) => "create",
        M::SurfaceDestroy(_) => "destroy",
        M::Mark(_) => "mark",
        M::MonitorsConfig(_) => "monitors",
        M::CopyBits(_) => "move",
        M::DrawFill(_) => "fill",
        M::DrawCopy(_) => "image",
        M::InvalList(_) => "forget",
        M::StreamCreate(_) => "video",
        M::StreamData(_) => "frame",
        M::StreamClip(_) => "clip",
        M::StreamDestroy(_) => "end",
        M::StreamActivateReport(_) => "report",
        _ => "other",
    }
}

/// A black screen.
pub fn screen(width: usize, height: usize) -> Screen {
    Screen::new(width, height, &Limits::default(), &Key([1, 2, 3, 4])).expect("a possible size")
}

/// Pixels as a source of drawing.
pub fn picture(pixels: &[u32], width: usize) -> Source<'_> {
    Source::new(pixels, width, pixels.len() / width, width).expect("whole rows")
}

/// Noise that is always the same.
pub fn noise(count: usize, seed: u32) -> Vec<u32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state & 0x00ff_ffff
    };
    (0..count).map(step).collect()
}
