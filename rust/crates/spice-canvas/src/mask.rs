//! Masks: where in an area a drawing happens.

use spice_codec::mask::Mask;

use crate::picture::Picture;

/// A mask and how it lies over a surface.
#[derive(Debug)]
pub struct Stencil {
    bits: Bits,
    /// Draw where the bit is 0; still not outside of the mask.
    inverted: bool,
    /// The mask's column that lies on the surface's column 0.
    x: i64,
    /// The mask's row that lies on the surface's row 0.
    y: i64,
}

/// Where the bits come from.
#[derive(Debug)]
pub enum Bits {
    /// One bit a pixel.
    Mask(Mask),
    /// The top bit of coverage.
    Coverage(Picture),
}

impl Bits {
    fn size(&self) -> (i64, i64) {
        match self {
            Self::Mask(mask) => (mask.width() as i64, mask.height() as i64),
            Self::Coverage(picture) => picture.bounds().size(),
        }
    }
}

impl Stencil {
    /// A mask whose pixel `position` lies on the surface's pixel `corner`.
    pub fn new(bits: Bits, inverted: bool, position: (i32, i32), corner: (i32, i32)) -> Self {
        let offset = |position: i32, corner: i32| i64::from(position) - i64::from(corner);
        Self { bits, inverted, x: offset(position.0, corner.0), y: offset(position.1, corner.1) }
    }

    /// Calls `run` with start and length, counted from `x`, of each run of `width` pixels of a row that is drawn on.
    #[inline]
    pub fn runs(&self, x: usize, y: usize, width: usize, run: impl FnMut(usize, usize)) {
        let (columns, rows) = self.bits.size();
        let (left, row) = (x as i64 + self.x, y as i64 + self.y);
        let first = (-left).clamp(0, width as i64);
        let last = (columns - left).clamp(first, width as i64);
        if (0..rows).contains(&row) && first < last {
            let (start, row) = ((left + first) as usize, row as usize);
            self.row_runs(row, start, first as usize..last as usize, run);
        }
    }

    fn row_runs(
        &self,
        row: usize,
        start: usize,
        range: std::ops::Range<usize>,
        run: impl FnMut(usize, usize),
    ) {
        match &self.bits {
            Bits::Mask(mask) => {
                let bits = mask.row(row);
                collect(range, run, |n| {
                    (bits[(start + n) / 8] >> ((start + n) % 8) & 1 == 1) != self.inverted
                });
            }
            Bits::Coverage(picture) => {
                let pixels = picture.row(row);
                collect(range, run, |n| (pixels[start + n] >> 31 == 1) != self.inverted);
            }
        }
    }
}

/// Runs of the range where `set`, which counts from the range's start, holds.
#[inline]
fn collect(range: std::ops::Range<usize>, mut run: impl FnMut(usize, usize), set: impl Fn(usize) -> bool) {
    let (offset, length) = (range.start, range.len());
    let mut n = 0;
    while n < length {
        let start = n;
        while n < length && set(n) {
            n += 1;
        }
        if n > start {
            run(offset + start, n - start);
        }
        while n < length && !set(n) {
            n += 1;
        }
    }
}
