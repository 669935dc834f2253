//! The pixels of one stretch of a row.

use super::bits::Bits;
use super::code::{self, Prefixes};
use super::failure;
use super::model::Model;
use super::packed::{COLOUR, add, join, mean, split};
use super::plane::{Plane, RUN_BITS, learn};
use crate::error::{ErrorKind, Result};

impl<const N: usize, const BPC: u32> Plane<Prefixes, N, BPC> {
    /// Decode the top row.
    pub(super) fn first_row(&mut self, bits: &mut Bits<'_>, row: &mut [u32]) -> Result<()> {
        self.row::<true>(bits, row, &[])
    }

    /// Decode a row by the one above it.
    pub(super) fn next_row(&mut self, bits: &mut Bits<'_>, row: &mut [u32], above: &[u32]) -> Result<()> {
        self.row::<false>(bits, row, above)
    }

    /// Rows are cut where the sampling becomes sparser.
    fn row<const FIRST: bool>(&mut self, bits: &mut Bits<'_>, row: &mut [u32], above: &[u32]) -> Result<()> {
        let mut start = 0;
        while start < row.len() {
            let end = self.stretch(start, row.len());
            if self.is_dense() {
                self.dense_segment::<FIRST>(bits, row, above, start, end)?;
            } else {
                self.segment::<FIRST, false>(bits, row, above, start, end)?;
            }
            self.passed(end - start);
            start = end;
        }
        bits.check_end()
    }

    /// A function of its own, so that the other kind keeps its registers.
    #[inline(never)]
    fn dense_segment<const FIRST: bool>(
        &mut self,
        bits: &mut Bits<'_>,
        row: &mut [u32],
        above: &[u32],
        start: usize,
        end: usize,
    ) -> Result<()> {
        self.segment::<FIRST, true>(bits, row, above, start, end)
    }

    /// Decode the pixels of columns `start..end` of `row`; the top row has nothing `above`, and
    /// with `DENSE` every pixel is a sample.
    ///
    /// One long function on purpose: what it works with has to stay in registers from pixel to pixel.
    #[inline(always)]
    pub(super) fn segment<const FIRST: bool, const DENSE: bool>(
        &mut self,
        shared_bits: &mut Bits<'_>,
        row: &mut [u32],
        above: &[u32],
        start: usize,
        end: usize,
    ) -> Result<()> {
        if start == 0 {
            row[0] = self.first_pixel::<DENSE>(shared_bits, if FIRST { 0 } else { above[0] & COLOUR });
        }
        // A copy of its own, so that the compiler keeps it in registers.
        let mut bits = *shared_bits;
        let row = &mut row[..end];
        let above = if FIRST { above } else { &above[..end] };
        let differences = &mut self.differences[..end];
        let models = &mut self.models;
        let mut x = start.max(1);
        let mut sample = x + self.sampling.wait;
        let mut run_start = 0;
        let mut left = row[x - 1];
        let mut left_again = row[x.saturating_sub(2)];
        let mut up_left = if FIRST { 0 } else { above[x - 1] & COLOUR };
        let mut context = split(differences[x - 1]);
        while x < end {
            let up = if FIRST { 0 } else { above[x] & COLOUR };
            if !FIRST && (up ^ up_left) | (left ^ left_again) == 0 && run_start != x && x > 2 {
                run_start = x;
                self.sampling.wait = sample - x;
                let length = run_length(&mut bits, &mut self.run_class, end - x);
                let Some(covered) = row.get_mut(x..x + length) else {
                    return Err(failure(ErrorKind::Corrupt, "run crosses the end of its row", bits.offset()));
                };
                covered.fill(left);
                x += length;
                if x == end {
                    *shared_bits = bits;
                    return Ok(());
                }
                sample = x + self.sampling.wait;
                up_left = above[x - 1] & COLOUR;
                context = split(differences[x - 1]);
                continue;
            }
            let coded = pixel::<DENSE, N, BPC>(&mut bits, models, context);
            let predicted = if FIRST { left } else { mean(left, up) };
            differences[x] = join(coded);
            (left_again, left) = (left, add::<BPC>(predicted, join(coded)));
            row[x] = left;
            if x == sample {
                learn::<DENSE, _, N, BPC>(models, &context, &coded, self.sampling.trigger());
                sample = x + 1 + self.sampling.draw();
            }
            context = coded;
            up_left = up;
            x += 1;
        }
        self.sampling.wait = sample - end;
        *shared_bits = bits;
        Ok(())
    }

    /// Decode the pixel of column 0, which has only the one above to go by.
    #[inline(never)]
    fn first_pixel<const DENSE: bool>(&mut self, bits: &mut Bits<'_>, predicted: u32) -> u32 {
        let context = split(self.differences[0]);
        let coded = pixel::<DENSE, N, BPC>(bits, &self.models, context);
        self.differences[0] = join(coded);
        if self.sampling.wait > 0 {
            self.sampling.wait -= 1;
        } else {
            self.sampling.wait = self.sampling.draw();
            learn::<DENSE, _, N, BPC>(&mut self.models, &context, &coded, self.sampling.trigger());
        }
        add::<BPC>(predicted, join(coded))
    }
}

/// Read the differences of one pixel.
///
/// What the next component waits for is the window alone; counting and refilling go on beside the table's answer.
#[inline(always)]
fn pixel<const DENSE: bool, const N: usize, const BPC: u32>(
    bits: &mut Bits<'_>,
    models: &[Model<Prefixes, BPC>; N],
    context: [u8; N],
) -> [u8; N] {
    let mut coded = [0; N];
    for c in 0..N {
        let model = &models[c];
        let code = if DENSE { model.unsettled_code(context[c]) } else { model.code(context[c]) };
        let meaning = code::look_up(bits, code);
        if c + 1 == N {
            bits.refill();
        }
        if code::is_long(meaning) {
            coded[c] = code::read_long::<BPC>(bits, meaning);
        } else {
            bits.window = bits.window.wrapping_shl(u32::from(meaning));
            bits.taken(u32::from(meaning & 0xff));
            coded[c] = (meaning >> 8) as u8;
        }
    }
    coded
}

/// Read a run length: each one in the stream adds a step and makes the steps longer, a zero ends it and makes them
/// shorter. Gives something above `limit` as soon as that is passed.
#[inline(always)]
fn run_length(bits: &mut Bits<'_>, class: &mut u8, limit: usize) -> usize {
    let mut length = 0;
    while bits.window >> 63 == 1 {
        length += 1 << RUN_BITS[usize::from(*class & 31)];
        *class = (*class + 1).min(31);
        bits.take(1);
        bits.refill();
        if length > limit {
            return length;
        }
    }
    let size = u32::from(RUN_BITS[usize::from(*class & 31)]);
    // Both shifts by 63 at most: the window moves past the zero first.
    length += ((bits.window << 1) >> 1 >> (63 - size)) as usize;
    bits.take(1 + size);
    bits.refill();
    *class = class.saturating_sub(1);
    length
}
