//! What each coding has cost so far on each kind of content.

use crate::coding::Coding;
use crate::sample::Content;

/// What coding a pixel costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// Nanoseconds of the encoder.
    pub(crate) nanoseconds: f64,
    /// Bytes on the wire.
    pub(crate) bytes: f64,
}

/// Running averages for each coding and content.
#[derive(Debug)]
pub(crate) struct Costs {
    table: [[Cost; Content::COUNT]; Coding::ALL.len()],
}

/// How much one measurement counts.
const WEIGHT: f64 = 0.15;

/// Pixels from which on a measurement means something.
const LEAST: usize = 2048;

impl Default for Costs {
    fn default() -> Self {
        Self { table: Coding::ALL.map(expected) }
    }
}

impl Costs {
    /// What a pixel has cost lately.
    pub(crate) fn of(&self, coding: Coding, content: Content) -> Cost {
        self.table[coding.index()][content.index()]
    }

    /// Notes what an image has cost.
    pub(crate) fn measured(
        &mut self,
        coding: Coding,
        content: Content,
        pixels: usize,
        bytes: usize,
        seconds: Option<f64>,
    ) {
        if pixels < LEAST {
            return;
        }
        let cost = &mut self.table[coding.index()][content.index()];
        cost.bytes += WEIGHT * (bytes as f64 / pixels as f64 - cost.bytes);
        if let Some(seconds) = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0) {
            cost.nanoseconds += WEIGHT * (seconds * 1e9 / pixels as f64 - cost.nanoseconds);
        }
    }
}

/// What is expected before anything was measured: plain, smooth, noisy and mixed content, in nanoseconds and bytes.
fn expected(coding: Coding) -> [Cost; Content::COUNT] {
    let costs = match coding {
        Coding::Raw => [(0.3, 4.0); Content::COUNT],
        Coding::Lz => [(1.2, 0.2), (7.0, 2.2), (5.0, 3.1), (3.0, 0.7)],
        Coding::Quic => [(2.0, 0.4), (8.0, 0.9), (5.0, 3.1), (4.0, 0.6)],
        Coding::Lz4 => [(0.7, 0.25), (5.0, 2.4), (0.5, 4.0), (2.0, 0.8)],
        Coding::Palette => [(0.9, 0.1), (8.0, 2.2), (6.0, 3.1), (3.5, 0.7)],
        Coding::Jpeg(_) => [(2.5, 0.25), (2.5, 0.2), (5.0, 0.6), (2.7, 0.25)],
        Coding::Glz => [(1.5, 0.15), (9.0, 2.2), (7.0, 3.1), (4.0, 0.6)],
        Coding::ZlibGlz => [(4.0, 0.1), (50.0, 1.8), (60.0, 3.0), (14.0, 0.4)],
    };
    costs.map(|(nanoseconds, bytes)| Cost { nanoseconds, bytes })
}

/// Nanoseconds that a client needs for a pixel, about.
pub(crate) fn decoding(coding: Coding, content: Content) -> f64 {
    let costs = match coding {
        // Receiving that many bytes is dear, and more so in the client that most people use.
        Coding::Raw => [2.0; Content::COUNT],
        Coding::Lz => [0.4, 1.5, 1.2, 0.8],
        Coding::Quic => [2.0, 10.0, 15.0, 5.0],
        Coding::Lz4 => [0.4, 1.3, 0.3, 0.7],
        Coding::Palette => [0.5, 1.5, 1.2, 0.8],
        Coding::Jpeg(_) => [2.5, 2.5, 7.0, 2.5],
        Coding::Glz => [0.8, 2.2, 1.8, 1.2],
        Coding::ZlibGlz => [1.5, 14.0, 20.0, 4.0],
    };
    costs[content.index()]
}
