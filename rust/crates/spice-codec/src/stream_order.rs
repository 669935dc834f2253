//! Pixels in the order of the wire, whatever the caller's rows look like.

use crate::{Result, Rows};

/// What a codec needs to know of the order in which the wire gives rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOrder {
    /// The first row on the wire is the top one.
    pub top_down: bool,
    /// Pixels of a row on the wire: the picture's width and what pads it.
    pub line: usize,
    /// The codec changes only parts of the pixels, so it must see what they are.
    pub keeps_old: bool,
}

impl StreamOrder {
    /// Lets `write` fill one slice that holds all rows in the order of the wire, then puts them into `rows`.
    ///
    /// Rows that follow each other without a gap are written in place and turned over where needed; others go through a
    /// slice of `line * height` pixels, which the caller has compared with its limits.
    pub(crate) fn fill<T>(
        self,
        rows: &mut Rows<'_>,
        write: impl FnOnce(&mut [u32]) -> Result<T>,
    ) -> Result<T> {
        let width = rows.width();
        match rows.contiguous() {
            Some(pixels) if self.line == width => self.fill_in_place(pixels, write),
            _ => self.fill_aside(rows, write),
        }
    }

    fn fill_in_place<T>(self, pixels: &mut [u32], write: impl FnOnce(&mut [u32]) -> Result<T>) -> Result<T> {
        if self.keeps_old && !self.top_down {
            turn_over(pixels, self.line);
        }
        let result = write(pixels);
        if !self.top_down {
            turn_over(pixels, self.line);
        }
        result
    }

    fn fill_aside<T>(self, rows: &mut Rows<'_>, write: impl FnOnce(&mut [u32]) -> Result<T>) -> Result<T> {
        let (width, height) = (rows.width(), rows.height());
        let mut aside = vec![0; self.line * height];
        if self.keeps_old {
            for (y, line) in aside.chunks_exact_mut(self.line).enumerate() {
                line[..width].copy_from_slice(rows.row(self.row(y, height)));
            }
        }
        let result = write(&mut aside);
        for (y, line) in aside.chunks_exact(self.line).enumerate() {
            rows.row(self.row(y, height)).copy_from_slice(&line[..width]);
        }
        result
    }

    /// The row of the picture that is row `y` of the wire.
    fn row(self, y: usize, height: usize) -> usize {
        if self.top_down { y } else { height - 1 - y }
    }
}

/// Exchanges the first row of `line` pixels with the last, and so on to the middle.
fn turn_over(pixels: &mut [u32], line: usize) {
    let mut rows = pixels.chunks_exact_mut(line);
    while let (Some(upper), Some(lower)) = (rows.next(), rows.next_back()) {
        upper.swap_with_slice(lower);
    }
}
