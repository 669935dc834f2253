//! Pixels that can be lent: whoever draws on them meanwhile draws on a copy.

use std::sync::Arc;

use spice_codec::Source;

use crate::workshop::Workshop;

/// The pixels of a screen.
#[derive(Debug)]
pub(crate) struct Sheet {
    pixels: Arc<Vec<u32>>,
    /// The sheet before this one, to be used again as soon as nobody holds it any more.
    spare: Arc<Vec<u32>>,
}

impl Sheet {
    /// A sheet of these pixels.
    pub(crate) fn new(pixels: Vec<u32>) -> Self {
        Self { pixels: Arc::new(pixels), spare: Arc::default() }
    }

    /// The pixels.
    pub(crate) fn read(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels, to be drawn on.
    pub(crate) fn write(&mut self) -> &mut Vec<u32> {
        if Arc::get_mut(&mut self.pixels).is_none() {
            std::mem::swap(&mut self.pixels, &mut self.spare);
            match Arc::get_mut(&mut self.pixels) {
                Some(unused) => unused.clone_from(&self.spare),
                None => self.pixels = Arc::new(self.spare.to_vec()),
            }
        }
        // Nobody else has it, so that this copies nothing.
        Arc::make_mut(&mut self.pixels)
    }

    /// Lends rows of `width` pixels, the first of which is at `start`, and which are `stride` apart.
    pub(crate) fn lend(&self, start: usize, width: usize, stride: usize) -> Excerpt {
        Excerpt { pixels: Arc::clone(&self.pixels), start, width, stride }
    }
}

/// Rows of pixels as they were at one moment.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    pixels: Arc<Vec<u32>>,
    start: usize,
    width: usize,
    stride: usize,
}

impl Excerpt {
    /// Rows of `width` pixels without a gap, which belong to nobody else.
    pub(crate) fn own(pixels: Vec<u32>, width: usize) -> Self {
        Self { pixels: Arc::new(pixels), start: 0, width, stride: width }
    }

    /// So many of its rows, for an encoder.
    pub(crate) fn source(&self, height: usize) -> Option<Source<'_>> {
        Source::new(self.pixels.get(self.start..)?, self.width, height, self.stride)
    }

    /// The same with rows that follow each other without a gap.
    pub(crate) fn dense(self, height: usize, workshop: &Workshop) -> Self {
        if self.stride == self.width {
            return self;
        }
        let mut pixels = workshop.buffer(self.width * height);
        self.source(height)
            .into_iter()
            .flat_map(|source| source.rows())
            .for_each(|row| pixels.extend_from_slice(row));
        Self::own(pixels, self.width)
    }

    /// All of its pixels, if they follow each other without a gap.
    pub(crate) fn pixels(&self, height: usize) -> &[u32] {
        self.source(height).and_then(|source| source.contiguous()).unwrap_or_default()
    }

    /// Gives its memory back, if it belongs to nobody else.
    pub(crate) fn end(self, workshop: &Workshop) {
        if let Some(pixels) = Arc::into_inner(self.pixels) {
            workshop.give(pixels);
        }
    }
}
