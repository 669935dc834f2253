//! What an encoder sees by looking at many pixels at a time: their differences, and where runs begin and end.
//!
//! The functions that do so are not inlined, take every shifted view of a row by itself and write into the caller's
//! arrays: so they become plain vector instructions.

use super::packed::{COLOUR, mean, subtract};

/// Pixels that are looked at together.
const AHEAD: usize = 32;

/// What is known of the pixels from column `start` on, up to `end`.
pub(super) struct Ahead {
    start: usize,
    end: usize,
    /// Their differences from their predictions.
    differences: [u32; AHEAD],
    /// 1 where a run begins: the pixel above is like its left neighbour, the one on the left like its own.
    begins: [u8; AHEAD + 8],
    /// 1 where the pixel one column to the left is like its own left neighbour.
    repeats: [u8; AHEAD + 8],
    /// 1 where the pixel above is like its left neighbour.
    repeats_above: [u8; AHEAD],
}

impl Ahead {
    /// Nothing known yet.
    pub(super) fn new() -> Self {
        Self {
            start: 0,
            end: 0,
            differences: [0; AHEAD],
            begins: [0; AHEAD + 8],
            repeats: [0; AHEAD + 8],
            repeats_above: [0; AHEAD],
        }
    }

    /// Where the pixels end of which something is known.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Look at the columns from `x` on, which is 2 at least.
    #[inline(always)]
    pub(super) fn look(&mut self, row: &[u32], above: Option<&[u32]>, x: usize) {
        (self.start, self.end) = (x, x + AHEAD);
        match (row[x - 2..].first_chunk(), above.map(|above| above[x - 1..].first_chunk())) {
            (Some(here), None) => self.look_at_first_row(here),
            (None, None) => self.look_at_first_row(&padded(&row[x - 2..])),
            (Some(here), Some(Some(there))) => self.look_at_rows(here, there),
            _ => self.look_at_rows(&padded(&row[x - 2..]), &padded(&above.unwrap_or_default()[x - 1..])),
        }
    }

    /// `here` begins two columns before the first pixel, `there` one.
    #[inline(never)]
    fn look_at_rows(&mut self, here: &[u32; AHEAD + 2], there: &[u32; AHEAD + 1]) {
        let (before_left, left, pixels) = (view(here), view(&here[1..]), view(&here[2..]));
        let (up_left, up) = (view(there), view(&there[1..]));
        subtract_mean(&mut self.differences, pixels, left, up);
        flag_equals(&mut self.repeats, left, before_left);
        flag_equals(&mut self.repeats_above, up, up_left);
        for ((begins, repeats), above) in self.begins.iter_mut().zip(&self.repeats).zip(&self.repeats_above) {
            *begins = repeats & above;
        }
    }

    /// The first row has no runs, and its pixels are predicted from the left alone.
    #[inline(never)]
    fn look_at_first_row(&mut self, here: &[u32; AHEAD + 2]) {
        let (left, pixels) = (view(&here[1..]), view(&here[2..]));
        subtract_mean(&mut self.differences, pixels, left, left);
        self.begins = [0; AHEAD + 8];
    }

    /// The differences of the columns from `start` to `end`.
    #[inline(always)]
    pub(super) fn differences(&self, start: usize, end: usize) -> &[u32] {
        &self.differences[start - self.start..end - self.start]
    }

    /// The first column from `from` on, but before `end`, where a run begins; `end` if there is none.
    #[inline(always)]
    pub(super) fn next_run(&self, from: usize, end: usize) -> usize {
        let mut x = from;
        while x < end {
            match first::<0>(&self.begins, x - self.start) {
                8 => x += 8,
                found => return end.min(x + found),
            }
        }
        end
    }

    /// The first column from `from` on, but before `end`, that differs from its left neighbour; `end` if there is none.
    #[inline(always)]
    pub(super) fn run_end(&self, row: &[u32], from: usize, end: usize) -> usize {
        // What is known of a pixel stands one place further to the right.
        let mut x = from;
        while x + 1 < self.end() {
            match first::<1>(&self.repeats, x + 1 - self.start) {
                8 => x += 8,
                found if x + 1 + found < self.end() => return end.min(x + found),
                _ => break,
            }
        }
        run_end(row, from, end)
    }
}

/// Which of the eight flags from place `at` on is the first that is not `OTHER`; 8 if all are.
#[inline(always)]
fn first<const OTHER: u8>(flags: &[u8; AHEAD + 8], at: usize) -> usize {
    let eight = flags[at..].first_chunk().expect("eight flags stand behind the last pixel's");
    (u64::from_le_bytes(*eight) ^ u64::from_le_bytes([OTHER; 8])).trailing_zeros() as usize / 8
}

/// The first column from `from` on, but before `end`, that differs from its left neighbour; `end` if there is none.
#[inline(never)]
fn run_end(row: &[u32], from: usize, end: usize) -> usize {
    let (pixel, rest) = (row[from - 1], &row[from..end]);
    let like = |pixels: &[u32]| pixels.iter().fold(0, |all, it| all | (it ^ pixel)) & COLOUR == 0;
    let skipped = AHEAD * rest.as_chunks::<AHEAD>().0.iter().take_while(|block| like(&block[..])).count();
    from + skipped + rest[skipped..].iter().take_while(|it| like(&[**it])).count()
}

/// What each of `pixels` differs by from the mean of its neighbours.
#[inline(never)]
fn subtract_mean(out: &mut [u32; AHEAD], pixels: &[u32; AHEAD], left: &[u32; AHEAD], up: &[u32; AHEAD]) {
    for i in 0..AHEAD {
        out[i] = subtract(pixels[i], mean(left[i], up[i])) & COLOUR;
    }
}

/// Put 1 where the colours of `a` and `b` are equal, 0 elsewhere.
#[inline(never)]
fn flag_equals(out: &mut [u8], a: &[u32; AHEAD], b: &[u32; AHEAD]) {
    let blocks = a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0);
    for (out, (a, b)) in out.as_chunks_mut::<16>().0.iter_mut().zip(blocks) {
        for i in 0..16 {
            out[i] = u8::from((a[i] ^ b[i]) & COLOUR == 0);
        }
    }
}

/// Pixels of a row and zeros for those behind its end.
#[inline(never)]
fn padded<const M: usize>(pixels: &[u32]) -> [u32; M] {
    let mut out = [0; M];
    out[..pixels.len().min(M)].copy_from_slice(&pixels[..pixels.len().min(M)]);
    out
}

#[inline(always)]
fn view(pixels: &[u32]) -> &[u32; AHEAD] {
    pixels.first_chunk().expect("a window is longer than what is known")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_known_is_what_single_pixels_say() {
        let row: Vec<u32> = (0..300_u32).map(|x| ((x * x / 700) % 3) | (x << 24)).collect();
        let above: Vec<u32> = (0..300_u32).map(|x| ((x / 9) % 2) | (x << 25)).collect();
        let mut ahead = Ahead::new();
        for width in [3, 7, 33, 34, 64, 65, 67, 128, 200, 300] {
            let (row, above) = (&row[..width], &above[..width]);
            for start in 2..width {
                ahead.look(row, Some(above), start);
                let end = ahead.end().min(width);
                let begins =
                    |&x: &usize| ((row[x - 2] ^ row[x - 1]) | (above[x - 1] ^ above[x])) & COLOUR == 0;
                for x in start..end {
                    assert_eq!(ahead.next_run(x, end), (x..end).find(begins).unwrap_or(end));
                    for end in [end, width] {
                        let other = (x..end).find(|&at| (row[at] ^ row[x - 1]) & COLOUR != 0);
                        assert_eq!(
                            ahead.run_end(row, x, end),
                            other.unwrap_or(end),
                            "{start} {x} {end} of {width}"
                        );
                    }
                    let difference = subtract(row[x], mean(row[x - 1], above[x])) & COLOUR;
                    assert_eq!(ahead.differences(x, x + 1), [difference]);
                }
            }
        }
    }
}
