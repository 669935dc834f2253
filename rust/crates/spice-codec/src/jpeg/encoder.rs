//! The encoder: baseline JFIF with chrominance at half the resolution, straight from the caller's rows.

use super::colour::COLUMNS;
use super::head;
use super::piece::{PIECE_WORDS, Piece};
use super::quantiser::{Quantiser, Steps};
use crate::put::Put;
use crate::source::Source;

/// Encodes JPEG images; keeps its tables as long as the quality stays the same.
#[derive(Default)]
pub struct Encoder {
    tables: Option<Tables>,
    put: Put,
}

/// What belongs to a quality.
struct Tables {
    quality: u8,
    steps: Steps,
    quantisers: [Quantiser; 2],
}

impl Encoder {
    /// An encoder that has no tables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Append an image of a quality from 1 to 100 to `out`; alpha is left out.
    ///
    /// The Huffman tables are the usual ones and stand in the image, so it is a frame of MJPEG as well.
    ///
    /// # Panics
    /// When a side is longer than 65535 pixels, for which the format has no room: a mistake of the caller.
    pub fn encode(&mut self, source: &Source<'_>, quality: u8, out: &mut Vec<u8>) {
        Stripes::new(source.width(), source.height(), quality, 1).encode(source, 0, self, out);
    }

    fn tables(&mut self, quality: u8) -> &Tables {
        self.tables.take_if(|tables| tables.quality != quality);
        self.tables.get_or_insert_with(|| {
            let steps = Steps::new(quality);
            let quantisers = [0, 1].map(|kind| Quantiser::new(&steps.0[kind]));
            Tables { quality, steps, quantisers }
        })
    }

    /// Append the coded pixels up to a whole byte.
    fn put_pixels(&mut self, source: &Source<'_>, quality: u8, out: &mut Vec<u8>) {
        self.put.begin(PIECE_WORDS);
        self.tables(quality);
        let Self { tables: Some(tables), put } = self else { return };
        let (mut piece, mut before) = (Piece::new(), [0; 3]);
        for top in (0..source.height()).step_by(UNIT) {
            for left in (0..source.width()).step_by(COLUMNS) {
                piece.convert(source, left, top);
                piece.transform(&tables.quantisers);
                let units = (source.width() - left).div_ceil(UNIT).min(COLUMNS / UNIT);
                let (words, mut state) = put.lend();
                for unit in 0..units {
                    state = piece.put_unit(words, state, unit, &mut before);
                }
                put.resume(state);
                stuff(put.take(), out);
            }
        }
        let padding = put.fill(true);
        if let [word] = put.take() {
            stuff_bytes(&word.to_be_bytes()[..4 - padding as usize / 8], out);
        }
    }
}

/// How an image is cut into stripes that can be encoded at the same time, each by an encoder of its own and into a
/// buffer of its own. The buffers one behind the other are the image.
#[derive(Debug, Clone, Copy)]
pub struct Stripes {
    width: u16,
    height: u16,
    quality: u8,
    /// Lines of 16 rows in a stripe.
    lines: usize,
}

impl Stripes {
    /// Cut an image of a quality from 1 to 100 into `wanted` stripes, or as many as there can be.
    ///
    /// # Panics
    /// When a side is longer than 65535 pixels, for which the format has no room: a mistake of the caller.
    pub fn new(width: usize, height: usize, quality: u8, wanted: usize) -> Self {
        let (Ok(wide), Ok(high)) = (width.try_into(), height.try_into()) else {
            panic!("{width}x{height} is too large for a JPEG");
        };
        let lines = height.div_ceil(UNIT).div_ceil(wanted.max(1));
        // Where stripes are apart, the file says how many units they have, in 16 bits.
        let most = if wanted > 1 { usize::from(u16::MAX) / width.div_ceil(UNIT).max(1) } else { lines };
        Self { width: wide, height: high, quality, lines: lines.min(most).max(1) }
    }

    /// How many stripes there are.
    pub fn count(&self) -> usize {
        usize::from(self.height).div_ceil(UNIT * self.lines)
    }

    /// Append stripe `number` of `source`, which is the whole image.
    ///
    /// # Panics
    /// When `number` is not below [`Stripes::count`] or the image has another size.
    pub fn encode(&self, source: &Source<'_>, number: usize, encoder: &mut Encoder, out: &mut Vec<u8>) {
        let size = (usize::from(self.width), usize::from(self.height));
        assert_eq!(size, (source.width(), source.height()), "stripes of another image");
        let top = number * UNIT * self.lines;
        let height = (UNIT * self.lines).min(size.1 - top);
        let stripe = source.stripe(top, height).expect("a stripe lies within the image");
        if number == 0 {
            let interval = if self.count() > 1 { self.lines * size.0.div_ceil(UNIT) } else { 0 };
            head::put(self.width, self.height, &encoder.tables(self.quality).steps, interval as u16, out);
        }
        encoder.put_pixels(&stripe, self.quality, out);
        if top + height < size.1 { head::put_restart(number, out) } else { head::put_end(out) }
    }
}

/// Append words; a zero goes behind every byte that would look like a marker.
fn stuff(words: &[u32], out: &mut Vec<u8>) {
    out.reserve(4 * words.len());
    for &word in words {
        // Of the four bytes, turned over, one is zero if borrowing reaches its top bit while that was not set.
        let has_marker = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0;
        let bytes = word.to_be_bytes();
        if has_marker { stuff_bytes(&bytes, out) } else { out.extend_from_slice(&bytes) }
    }
}

fn stuff_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        out.push(byte);
        if byte == 0xff {
            out.push(0);
        }
    }
}

/// Pixels across and down of what is coded together: four blocks of luminance, one of each chrominance.
const UNIT: usize = 16;
