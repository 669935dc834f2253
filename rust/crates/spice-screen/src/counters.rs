//! What a view has sent.

use crate::coding::{Coded, Coding};

/// What a view has sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    images: [Tally; Coding::ALL.len()],
    frames: Tally,
    fills: u64,
    moves: u64,
    reused: u64,
    reused_pixels: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    pieces: u64,
    bytes: u64,
    pixels: u64,
}

impl Counters {
    /// A move is to be sent.
    pub(crate) fn moved(&mut self) {
        self.moves += 1;
    }

    /// A fill is to be sent.
    pub(crate) fn filled(&mut self) {
        self.fills += 1;
    }

    /// An image is to be drawn that the client has kept.
    pub(crate) fn reused(&mut self, pixels: usize) {
        self.reused += 1;
        self.reused_pixels += pixels as u64;
    }

    /// An image is sent.
    pub(crate) fn drawn(&mut self, coded: &Coded, pixels: usize) {
        self.images[coded.coding.index()].add(coded, pixels);
    }

    /// A picture of a video is sent.
    pub(crate) fn shown(&mut self, coded: &Coded, pixels: usize) {
        self.frames.add(coded, pixels);
    }

    /// Everything that is not 0, by name.
    pub(crate) fn by_name(&self) -> Vec<(String, u64)> {
        let images = Coding::ALL.iter().map(|coding| (coding.name(), self.images[coding.index()]));
        let tallies = images.chain([("video", self.frames)]).flat_map(|(name, tally)| tally.by_name(name));
        let others = [
            ("fills", self.fills),
            ("moves", self.moves),
            ("reused_pieces", self.reused),
            ("reused_pixels", self.reused_pixels),
        ];
        tallies
            .chain(others.map(|(name, count)| (name.to_owned(), count)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

impl Tally {
    fn add(&mut self, coded: &Coded, pixels: usize) {
        self.pieces += 1;
        self.bytes += coded.len() as u64;
        self.pixels += pixels as u64;
    }

    fn by_name(&self, name: &str) -> [(String, u64); 3] {
        let named = |what: &str| format!("{name}_{what}");
        [(named("pieces"), self.pieces), (named("bytes"), self.bytes), (named("pixels"), self.pixels)]
    }
}
