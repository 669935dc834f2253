//! A part of a picture that stays in the nearest cache from colour to code.

use super::colour::{COLUMNS, chrominance, luminance};
use super::dct::{Strip, transform};
use super::entropy::{NotZero, put_block};
use super::quantiser::Quantiser;
use crate::put::State;
use crate::source::Source;

/// 64x16 pixels: two strips of luminance, and one of chrominance with blue on the left and red on the right.
pub(super) struct Piece {
    strips: [Strip; 3],
    spare: Strip,
    not_zero: [NotZero; 3],
}

impl Piece {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            strips: [[[0; COLUMNS]; 8]; 3],
            spare: [[0; COLUMNS]; 8],
            not_zero: [const { NotZero::new() }; 3],
        }
    }

    /// Take the pixels from the given corner on; the last ones of a row and the last row stand for those that lack.
    pub(super) fn convert(&mut self, source: &Source<'_>, left: usize, top: usize) {
        let last = source.height() - 1;
        for y in 0..8 {
            let rows = [0, 1].map(|i| &source.row(last.min(top + 2 * y + i))[left..]);
            match rows.map(<[u32]>::first_chunk) {
                [Some(upper), Some(lower)] => self.convert_lines(y, upper, lower),
                _ => self.convert_lines(y, &prolonged(rows[0]), &prolonged(rows[1])),
            }
        }
    }

    fn convert_lines(&mut self, y: usize, upper: &[u32; COLUMNS], lower: &[u32; COLUMNS]) {
        luminance(upper, &mut self.strips[y / 4][2 * y % 8]);
        luminance(lower, &mut self.strips[y / 4][2 * y % 8 + 1]);
        chrominance(upper, lower, &mut self.strips[2][y]);
    }

    /// Turn samples into coefficients and divide those.
    pub(super) fn transform(&mut self, quantisers: &[Quantiser; 2]) {
        for (number, (strip, not_zero)) in self.strips.iter_mut().zip(&mut self.not_zero).enumerate() {
            transform(strip, &mut self.spare);
            quantisers[number / 2].divide(&self.spare, strip);
            not_zero.look(strip);
        }
    }

    /// Code the six blocks of 16x16 pixels; `before` are the first coefficients of each component's last block.
    #[inline(never)]
    pub(super) fn put_unit(
        &self,
        words: &mut [u32],
        mut state: State,
        unit: usize,
        before: &mut [i16; 3],
    ) -> State {
        let blocks = [(0, 2 * unit), (0, 2 * unit + 1), (1, 2 * unit), (1, 2 * unit + 1)];
        for (strip, block) in blocks {
            let block = (&self.strips[strip], &self.not_zero[strip], block);
            put_block(words, &mut state, block, 0, &mut before[0]);
        }
        for component in [1, 2] {
            let block = (&self.strips[2], &self.not_zero[2], unit + COLUMNS / 16 * (component - 1));
            put_block(words, &mut state, block, 1, &mut before[component]);
        }
        state
    }
}

/// Pixels at the end of a row and the last one of them once more for each that lacks.
#[cold]
fn prolonged(pixels: &[u32]) -> [u32; COLUMNS] {
    std::array::from_fn(|x| pixels[x.min(pixels.len() - 1)])
}

/// A piece has 24 blocks of 64 coefficients, none of which takes more than 27 bits.
pub(super) const PIECE_WORDS: usize = 24 * 64 * 27 / 32 + 2;
