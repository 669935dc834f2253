//! A part of the picture at one moment, on its way to being coded.

use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use spice_canvas::Area;
use spice_codec::Source;

use crate::coding::{Coded, Coding};
use crate::policy::Choice;
use crate::workshop::{Workshop, lock};

/// A part of the picture at one moment. Views with the same settings share it, so that it is coded once for all.
#[derive(Debug)]
pub struct Piece {
    area: Area,
    choice: Choice,
    /// Rows without a gap, until they are coded.
    pixels: Mutex<Vec<u32>>,
    coded: OnceLock<Coded>,
    workshop: Arc<Workshop>,
}

impl Piece {
    /// A piece of the pixels of an area, rows without a gap.
    pub(crate) fn new(area: Area, choice: Choice, pixels: Vec<u32>, workshop: Arc<Workshop>) -> Self {
        Self { area, choice, pixels: Mutex::new(pixels), coded: OnceLock::new(), workshop }
    }

    /// Where it belongs.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// Pixels of it.
    pub fn pixels(&self) -> usize {
        self.area.pixels()
    }

    /// How it was to be coded.
    pub(crate) fn choice(&self) -> Choice {
        self.choice
    }

    /// Codes it, unless that was done; waits if somebody else is about it. `clock` says the time in seconds.
    pub fn encode(&self, clock: impl Fn() -> f64) {
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
        let expected = self.workshop.costs().of(self.choice.coding, self.choice.content).bytes;
        let expected = (expected * 1.25 * pixels.len() as f64) as usize + 256;
        let coded = Source::new(&pixels, width, height, width).and_then(|source| {
            self.workshop.with_coders(|coders| coders.encode(self.choice.coding, &source, expected))
        });
        match coded {
            Some(coded) => {
                self.workshop.give(pixels);
                coded
            }
            None => {
                let raw = RawPixels { pixels, workshop: Arc::clone(&self.workshop) };
                Coded::raw(width, height, Bytes::from_owner(raw))
            }
        }
    }

    fn note(&self, coded: &Coded, seconds: Option<f64>) {
        let Choice { coding, content } = self.choice;
        if coding != Coding::Raw {
            self.workshop.costs().measured(coding, content, self.area.pixels(), coded.len(), seconds);
        }
    }
}

/// Pixels as the bytes that they are. Their memory is used again.
struct RawPixels {
    pixels: Vec<u32>,
    workshop: Arc<Workshop>,
}

impl AsRef<[u8]> for RawPixels {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.pixels)
    }
}

impl Drop for RawPixels {
    fn drop(&mut self) {
        self.workshop.give(std::mem::take(&mut self.pixels));
    }
}
