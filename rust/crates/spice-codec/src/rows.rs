//! Where pixels are written: rows that belong to the caller.

/// What the 32 bits of a decoded pixel mean. A pixel is a `u32`, 0xAARRGGBB, whatever the image had on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Colour; the top byte is whatever the codec defines (0 unless said otherwise) and means nothing.
    Xrgb,
    /// Colour that came with 5 bits a component, expanded by replicating the top bits; top byte 0.
    Rgb555,
    /// Colour premultiplied with the alpha in the top byte.
    Argb,
    /// Coverage only, in the top byte; colour bytes are 0.
    A8,
}

/// A rectangle of the caller's pixels, top row first, `stride` pixels from row to row.
///
/// INVARIANT: `pixels` holds at least `stride * (height - 1) + width` pixels and `stride >= width`.
#[derive(Debug)]
pub struct Rows<'a> {
    pixels: &'a mut [u32],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows over `pixels`, or `None` where the slice is too short for them.
    pub fn new(pixels: &'a mut [u32], width: usize, height: usize, stride: usize) -> Option<Self> {
        let needed = match height {
            0 => 0,
            _ => stride.checked_mul(height - 1)?.checked_add(width)?,
        };
        (stride >= width && needed <= pixels.len()).then_some(Self { pixels, width, height, stride })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Row `y`, counted from the top.
    ///
    /// # Panics
    /// When `y` is not below `height`: a mistake of the caller, never of a peer.
    #[inline]
    pub fn row(&mut self, y: usize) -> &mut [u32] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &mut self.pixels[y * self.stride..][..self.width]
    }

    /// Row `y` for writing and row `y - 1` for reading.
    ///
    /// # Panics
    /// When `y` is 0 or not below `height`.
    #[inline]
    pub fn row_and_above(&mut self, y: usize) -> (&mut [u32], &[u32]) {
        assert!(y > 0 && y < self.height, "row {y} of {}", self.height);
        let (above, here) = self.pixels.split_at_mut(y * self.stride);
        (&mut here[..self.width], &above[(y - 1) * self.stride..][..self.width])
    }

    /// All pixels as one slice, where rows follow each other without a gap.
    pub fn contiguous(&mut self) -> Option<&mut [u32]> {
        (self.stride == self.width).then(|| &mut self.pixels[..self.width * self.height])
    }
}
