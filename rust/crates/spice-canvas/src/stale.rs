//! Which pixels of an old buffer are out of date.

use crate::region::Area;

/// The pixels that changed on a surface since a buffer was left, row by row and in columns of [`WIDTH`].
///
/// A list of areas would be exact, but a page of text is a hundred areas: merged into few they are the whole screen.
#[derive(Debug)]
pub struct Stale {
    /// Words of a row.
    words: usize,
    /// A bit for each piece of a row, the lowest one first.
    bits: Vec<u64>,
}

impl Stale {
    /// A buffer that is up to date.
    pub fn new(bounds: &Area) -> Self {
        let words = bounds.width().div_ceil(WIDTH * PIECES);
        Self { words, bits: vec![0; words * bounds.height()] }
    }

    /// Notes that `area`, which lies inside and is not empty, changed.
    pub fn mark(&mut self, area: &Area) {
        let (first, last) = (area.left as usize / WIDTH, (area.right as usize - 1) / WIDTH);
        let rows = area.top as usize * self.words..area.bottom as usize * self.words;
        for word in first / PIECES..=last / PIECES {
            let start = if word == first / PIECES { first % PIECES } else { 0 };
            let end = if word == last / PIECES { last % PIECES } else { PIECES - 1 };
            let mask = u64::MAX << start & u64::MAX >> (PIECES - 1 - end);
            self.bits[rows.clone()].iter_mut().skip(word).step_by(self.words).for_each(|bits| *bits |= mask);
        }
    }

    /// The stretches of each row that changed, with some pixels around them: row, first column, column behind the last one,
    /// which may lie behind the row's end.
    pub fn stretches(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let words = self.bits.iter().enumerate().filter(|(_, bits)| **bits != 0);
        words.flat_map(|(index, bits)| {
            let (y, x) = (index / self.words, index % self.words * PIECES * WIDTH);
            Stretches(*bits).map(move |(start, end)| (y, x + start * WIDTH, x + end * WIDTH))
        })
    }
}

/// Stretches of ones in a word: the first one, and where they end.
struct Stretches(u64);

impl Iterator for Stretches {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0 == 0 {
            return None;
        }
        let start = self.0.trailing_zeros();
        let end = start + (self.0 >> start).trailing_ones();
        self.0 &= u64::MAX.checked_shl(end).unwrap_or(0);
        Some((start as usize, end as usize))
    }
}

/// Pixels of a piece: a cache line, below which nothing is copied faster.
const WIDTH: usize = 16;

/// Pieces of a word.
const PIECES: usize = 64;
