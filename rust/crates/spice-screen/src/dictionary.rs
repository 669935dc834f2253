//! The GLZ dictionary that the displays of one client share.
//!
//! All pictures of a client have one row of ids, whichever display shows them, and the client keeps everything from the lowest
//! id on that has not come (`protocol.md` 4.2). So what was coded must be sent, and where one was not, there is no GLZ for this
//! client any more: its other displays go on with LZ.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use spice_codec::{PixelFormat, Source, glz};

use crate::workshop::lock;

/// What a client has been sent as GLZ, on all its displays.
#[derive(Debug)]
pub struct Dictionary(Mutex<State>);

#[derive(Debug)]
struct State {
    window: usize,
    /// Displays so far.
    displays: u32,
    /// A picture was coded and did not reach the client, or may not have.
    broken: bool,
    /// Made for the first picture, since it takes a megabyte.
    pictures: Option<glz::Dictionary>,
}

impl Dictionary {
    /// For a client that keeps pictures of so many pixels.
    pub fn new(window_pixels: usize) -> Self {
        Self(Mutex::new(State { window: window_pixels, displays: 0, broken: false, pictures: None }))
    }

    /// Another display names its window, which is the same for a client that is right.
    pub fn shrink(&self, window_pixels: usize) {
        let mut state = lock(&self.0);
        state.window = state.window.min(window_pixels);
        if let Some(pictures) = &mut state.pictures {
            pictures.shrink(window_pixels);
        }
    }

    /// Pixels that are held.
    pub fn pixels(&self) -> usize {
        lock(&self.0).pictures.as_ref().map_or(0, glz::Dictionary::pixels)
    }

    /// Gives up: a picture is missing.
    fn give_up(&self) {
        let mut state = lock(&self.0);
        (state.broken, state.pictures) = (true, None);
    }
}

/// One display's part in a dictionary.
#[derive(Debug)]
pub(crate) struct Share {
    dictionary: Arc<Dictionary>,
    display: u32,
    used: AtomicBool,
}

impl Share {
    /// A part for one more display.
    pub(crate) fn new(dictionary: Arc<Dictionary>) -> Self {
        let display = {
            let mut state = lock(&dictionary.0);
            state.displays += 1;
            state.displays
        };
        Self { dictionary, display, used: AtomicBool::new(false) }
    }

    /// Whether pictures can be coded.
    pub(crate) fn is_usable(&self) -> bool {
        let state = lock(&self.dictionary.0);
        !state.broken && state.window > 0
    }

    /// Appends a picture to `out`. Nothing is done where it is larger than the window, or GLZ is over for this client.
    pub(crate) fn encode(&self, source: &Source<'_>, out: &mut Vec<u8>) -> Option<Owed> {
        let mut state = lock(&self.dictionary.0);
        let window = state.window;
        if state.broken {
            return None;
        }
        let pictures = state.pictures.get_or_insert_with(|| glz::Dictionary::new(window));
        if !pictures.encode_for(self.display, source, PixelFormat::Xrgb, out) {
            return None;
        }
        self.used.store(true, Ordering::Relaxed);
        Some(Owed { dictionary: Arc::clone(&self.dictionary), sent: AtomicBool::new(false) })
    }
}

impl Drop for Share {
    /// The display is gone, and nobody knows how much of what was sent has arrived.
    fn drop(&mut self) {
        if self.used.load(Ordering::Relaxed) {
            self.dictionary.give_up();
        }
    }
}

/// A picture that was coded and is to be sent.
#[derive(Debug)]
pub(crate) struct Owed {
    dictionary: Arc<Dictionary>,
    sent: AtomicBool,
}

impl Owed {
    /// It is on its way.
    pub(crate) fn sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if !self.sent.load(Ordering::Relaxed) {
            self.dictionary.give_up();
        }
    }
}
