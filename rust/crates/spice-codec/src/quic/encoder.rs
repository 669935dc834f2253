//! The encoder: rows in, words out, the same that the reference would write.
//!
//! How it is fast: where runs can begin and how long they are is found by comparing whole pixels, many at a time; the
//! differences of what lies between are computed in one go, so that no pixel waits for the one before; the bits of
//! all components of a pixel are joined before they are written.

use super::code::Words;
use super::packed;
use super::plane::Plane;
use super::{ImageKind, PIXEL_LIMIT};
use crate::put::Put;
use crate::rows::PixelFormat;
use crate::source::Source;

/// Encodes QUIC images, byte for byte as the reference does; keeps its memory from one to the next.
#[derive(Default)]
pub struct Encoder {
    put: Put,
    colour: Plane<Words, 3, 8>,
    alpha: Plane<Words, 1, 8>,
    /// The alpha of the row at hand and of the one above.
    coverage: [Vec<u32>; 2],
}

impl Encoder {
    /// An encoder that has no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Append an image to `out`: RGBA for [`PixelFormat::Argb`], RGB32 for everything else.
    ///
    /// # Panics
    /// When there are 2^29 pixels or more, for which the format has no room: a mistake of the caller, never of a peer.
    pub fn encode(&mut self, source: &Source<'_>, format: PixelFormat, out: &mut Vec<u8>) {
        let (width, height) = (source.width(), source.height());
        assert!(
            (width as u64) * (height as u64) < PIXEL_LIMIT,
            "{width}x{height} pixels are too many for QUIC"
        );
        let kind = if format == PixelFormat::Argb { ImageKind::Rgba } else { ImageKind::Rgb32 };
        put_header(kind, width as u32, height as u32, out);
        self.put.begin(WORDS_PER_PIXEL * width + SPARE_WORDS);
        match kind {
            ImageKind::Rgba => self.colour_and_alpha(source, out),
            _ => self.colour(source, out),
        }
        // As the reference ends: zeros up to a word's end, then one word more.
        self.put.fill(false);
        self.put.put(0, 32);
        drain(&mut self.put, out);
    }

    fn colour(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        self.colour.reset(source.width());
        let mut above = None;
        for row in source.rows() {
            self.colour.put_row(&mut self.put, row, above.replace(row));
            drain(&mut self.put, out);
        }
    }

    /// Each row goes twice: its colours, then its alpha, which is an image of its own.
    fn colour_and_alpha(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        self.colour.reset(source.width());
        self.alpha.reset(source.width());
        let [coverage, coverage_above] = &mut self.coverage;
        let mut above = None;
        for row in source.rows() {
            let first = above.is_none();
            self.colour.put_row(&mut self.put, row, above.replace(row));
            drain(&mut self.put, out);
            std::mem::swap(coverage, coverage_above);
            packed::take_alpha(row, coverage);
            self.alpha.put_row(&mut self.put, coverage, (!first).then_some(coverage_above));
            drain(&mut self.put, out);
        }
    }
}

fn drain(put: &mut Put, out: &mut Vec<u8>) {
    out.extend_from_slice(bytemuck::cast_slice(put.take()));
}

fn put_header(kind: ImageKind, width: u32, height: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"QUIC\0\0\0\0");
    for word in [kind.number(), width, height] {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// A pixel takes 78 bits at most, and 16 more where a run of none stands before it.
const WORDS_PER_PIXEL: usize = 3;

/// For the length of a run that nothing follows, and for the end of the stream.
const SPARE_WORDS: usize = 4;
