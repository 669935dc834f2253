//! A part of the picture at one moment, on its way to being coded.

use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use spice_canvas::Area;
use spice_codec::Source;

use crate::coding::{Coded, Coding};
use crate::dictionary::Share;
use crate::policy::Choice;
use crate::shadow::Shadow;
use crate::sheet::Excerpt;
use crate::workshop::{Workshop, lock};

/// A part of the picture at one moment. Views with the same settings share it, so that it is coded once for all.
#[derive(Debug)]
pub struct Piece {
    area: Area,
    choice: Choice,
    /// What it shows, until it is coded.
    pixels: Mutex<Excerpt>,
    coded: OnceLock<Coded>,
    workshop: Arc<Workshop>,
    /// What it may refer to.
    share: Option<Arc<Share>>,
}

impl Piece {
    /// A piece of the screen as it is now.
    pub(crate) fn of(shadow: &Shadow, area: Area, choice: Choice, workshop: &Arc<Workshop>) -> Self {
        let pixels = shadow.excerpt(area, workshop);
        let (pixels, coded, workshop) = (Mutex::new(pixels), OnceLock::new(), Arc::clone(workshop));
        Self { area, choice, pixels, coded, workshop, share: None }
    }

    /// A piece for one client alone, which may refer to what that was sent before.
    pub(crate) fn referring(self, share: &Arc<Share>) -> Self {
        Self { share: Some(Arc::clone(share)), ..self }
    }

    /// Where it belongs.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// Pixels of it.
    pub fn pixels(&self) -> usize {
        self.area.pixels()
    }

    /// Pixels that [`Piece::encode`] has to look at.
    pub fn work(&self) -> usize {
        if self.choice.coding == Coding::Raw { 0 } else { self.pixels() }
    }

    /// How it was to be coded.
    pub(crate) fn choice(&self) -> Choice {
        self.choice
    }

    /// Codes it, unless that was done; waits if somebody else is about it. `clock` says the time in seconds.
    pub(crate) fn encode(&self, clock: impl Fn() -> f64) {
        self.coded.get_or_init(|| {
            let start = clock();
            let coded = self.make();
            self.note(&coded, Some(clock() - start));
            coded
        });
    }

    /// The coded image.
    pub(crate) fn coded(&self) -> &Coded {
        self.coded.get_or_init(|| self.make())
    }

    fn make(&self) -> Coded {
        let pixels = std::mem::take(&mut *lock(&self.pixels));
        let (width, height) = (self.area.width(), self.area.height());
        match pixels.source(height).and_then(|source| self.code(&source)) {
            Some(coded) => {
                pixels.end(&self.workshop);
                coded
            }
            None => {
                let workshop = Arc::clone(&self.workshop);
                let raw = RawPixels { pixels: pixels.dense(height, &workshop), height, workshop };
                Coded::raw(width, height, Bytes::from_owner(raw))
            }
        }
    }

    fn code(&self, source: &Source<'_>) -> Option<Coded> {
        let coding = self.choice.coding;
        let expected = self.workshop.costs().of(coding, self.choice.content).bytes;
        let expected = (expected * 1.25 * self.pixels() as f64) as usize + 256;
        self.workshop.with_coders(|coders| {
            let share = self.share.as_ref();
            let referring = share.and_then(|share| coders.encode_referring(coding, source, share, expected));
            referring.or_else(|| coders.encode(coding, source, expected))
        })
    }

    fn note(&self, coded: &Coded, seconds: Option<f64>) {
        let Choice { coding, content } = self.choice;
        // What became LZ after all says nothing of GLZ.
        if coding != Coding::Raw && coding.refers() == coded.coding.refers() {
            self.workshop.costs().measured(coding, content, self.area.pixels(), coded.len(), seconds);
        }
    }
}

/// Pixels as the bytes that they are. Their memory is used again.
struct RawPixels {
    pixels: Excerpt,
    height: usize,
    workshop: Arc<Workshop>,
}

impl AsRef<[u8]> for RawPixels {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(self.pixels.pixels(self.height))
    }
}

impl Drop for RawPixels {
    fn drop(&mut self) {
        std::mem::take(&mut self.pixels).end(&self.workshop);
    }
}
