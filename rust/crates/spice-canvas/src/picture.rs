//! Decoded pictures as sources of drawing, and the buffers that they are decoded into.

use std::sync::Arc;

use spice_codec::mask::Mask;
use spice_codec::{PixelFormat, glz};

use crate::format::Format;
use crate::region::Area;

/// A decoded picture; clones share their pixels.
#[derive(Debug, Clone)]
pub struct Picture {
    pixels: Pixels,
    width: usize,
    height: usize,
    format: PixelFormat,
    /// Bits that are set in every pixel besides those stored.
    high_bits: u32,
}

#[derive(Debug, Clone)]
enum Pixels {
    /// Top row first, rows without a gap.
    Plain(Arc<Vec<u32>>),
    /// A picture that the GLZ window keeps.
    Glz(Arc<glz::Picture>),
}

impl Picture {
    /// A picture over `width * height` pixels, top row first.
    pub fn plain(pixels: Arc<Vec<u32>>, width: usize, height: usize, format: PixelFormat) -> Self {
        Self { pixels: Pixels::Plain(pixels), width, height, format, high_bits: 0 }
    }

    /// A picture of the GLZ window.
    pub fn glz(picture: Arc<glz::Picture>) -> Self {
        let (width, height, format) = (picture.width(), picture.height(), picture.format());
        Self { pixels: Pixels::Glz(picture), width, height, format, high_bits: 0 }
    }

    /// A mask as coverage: nothing or everything.
    pub fn of_mask(mask: &Mask) -> Self {
        let row = |y| (0..mask.width()).map(move |x| if mask.bit(x, y) { HIGH_BITS } else { 0 });
        let pixels = (0..mask.height()).flat_map(row).collect();
        Self::plain(Arc::new(pixels), mask.width(), mask.height(), PixelFormat::A8)
    }

    /// The picture with all bits of the top byte set, if that byte has no meaning of its own.
    #[must_use]
    pub fn with_high_bits(mut self, wanted: bool) -> Self {
        if wanted && !self.has_alpha() {
            self.high_bits = HIGH_BITS;
        }
        self
    }

    /// The same pixels, meant otherwise.
    #[must_use]
    pub fn meant_as(self, format: PixelFormat) -> Self {
        Self { format, ..self }
    }

    /// All of it.
    pub fn bounds(&self) -> Area {
        Area::sized(self.width, self.height)
    }

    /// What the pixels mean.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Row `y` as it is stored, without the high bits.
    ///
    /// # Panics
    /// When `y` is not below the height: callers clip to [`Self::bounds`].
    pub fn row(&self, y: usize) -> &[u32] {
        match &self.pixels {
            Pixels::Plain(pixels) => &pixels[y * self.width..][..self.width],
            Pixels::Glz(picture) => picture.row(y),
        }
    }

    /// Bits that are set in every pixel besides those stored.
    pub fn high_bits(&self) -> u32 {
        self.high_bits
    }

    /// Whether the top byte means something.
    pub fn has_alpha(&self) -> bool {
        matches!(self.format, PixelFormat::Argb | PixelFormat::A8)
    }

    /// A pixel as arithmetic needs it: premultiplied, with an alpha of 255 where the picture has none.
    #[inline]
    pub fn premultiplied(&self, pixel: u32) -> u32 {
        if self.has_alpha() { pixel } else { pixel | HIGH_BITS }
    }

    /// Part of row `y` as a surface of `format` stores it; `scratch` holds it if it differs from what is here.
    #[inline]
    pub fn stored<'a>(
        &'a self,
        x: usize,
        y: usize,
        length: usize,
        format: Format,
        scratch: &'a mut Vec<u32>,
    ) -> &'a [u32] {
        let row = &self.row(y)[x..][..length];
        if format.is_32_bit() && self.high_bits == 0 {
            return row;
        }
        scratch.clear();
        scratch.extend(row.iter().map(|&pixel| format.convert(pixel | self.high_bits, self.format)));
        scratch
    }

    /// All pixels as a 32-bit surface of the same size stores them, where they are shared anyway: by the GLZ window or a cache.
    pub fn shared(&self) -> Option<&Arc<Vec<u32>>> {
        let pixels = match &self.pixels {
            Pixels::Plain(pixels) => Some(pixels).filter(|pixels| Arc::strong_count(pixels) > 1),
            Pixels::Glz(picture) => picture.shared(),
        };
        pixels.filter(|_| self.high_bits == 0)
    }

    /// Takes the pixels back, if nobody else has them.
    pub fn into_buffer(self) -> Option<Vec<u32>> {
        match self.pixels {
            Pixels::Plain(pixels) => Arc::into_inner(pixels),
            Pixels::Glz(_) => None,
        }
    }
}

/// Buffers for pictures that live as long as one drawing.
#[derive(Debug, Default)]
pub struct Pool {
    buffers: Vec<Vec<u32>>,
}

impl Pool {
    /// A buffer of `length` pixels of any content.
    pub fn take(&mut self, length: usize) -> Vec<u32> {
        let best = (0..self.buffers.len()).max_by_key(|&index| self.buffers[index].capacity());
        sized(best.map(|index| self.buffers.swap_remove(index)).unwrap_or_default(), length)
    }

    /// Some buffer, perhaps an empty one.
    pub fn spare(&mut self) -> Vec<u32> {
        self.buffers.pop().unwrap_or_default()
    }

    /// Takes a buffer back for the next picture.
    pub fn give(&mut self, buffer: Vec<u32>) {
        if self.buffers.len() < BUFFERS && (1..=LARGEST).contains(&buffer.capacity()) {
            self.buffers.push(buffer);
        }
    }

    /// Takes a picture's buffer back, if nobody else has it.
    pub fn give_picture(&mut self, picture: Picture) {
        if let Some(buffer) = picture.into_buffer() {
            self.give(buffer);
        }
    }
}

/// `buffer` with `length` pixels of any content, or a new one where it is too small.
pub fn sized(mut buffer: Vec<u32>, length: usize) -> Vec<u32> {
    if buffer.capacity() < length {
        // Fresh memory is only touched where something is decoded: an announced size alone costs nothing.
        return vec![0; length];
    }
    buffer.resize(length, 0);
    buffer
}

/// What HIGH_BITS_SET sets.
pub const HIGH_BITS: u32 = 0xff00_0000;

/// Buffers kept: a drawing has an image, a pattern and a mask at most.
const BUFFERS: usize = 3;

/// Pixels of the largest buffer kept; that of a 1920×1200 screen.
const LARGEST: usize = 1920 * 1200;
