//! What an encoder reads: rows of pixels that belong to the caller.

/// A rectangle of the caller's pixels for reading, top row first, `stride` pixels from row to row.
///
/// A pixel is a `u32`, 0xAARRGGBB. Where an image has no alpha, the top byte means nothing and no encoder looks at it.
///
/// INVARIANT: `pixels` holds at least `stride * (height - 1) + width` pixels, `stride >= width`, neither side is 0.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pixels: &'a [u32],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> Source<'a> {
    /// Rows over `pixels`, or `None` where the slice is too short for them or there is nothing to encode.
    pub fn new(pixels: &'a [u32], width: usize, height: usize, stride: usize) -> Option<Self> {
        let needed = stride.checked_mul(height.checked_sub(1)?)?.checked_add(width)?;
        let fits = width > 0 && stride >= width && needed <= pixels.len();
        fits.then_some(Self { pixels, width, height, stride })
    }

    /// Pixels in a row; at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows; at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Row `y`, counted from the top.
    ///
    /// # Panics
    /// When `y` is not below `height`: a mistake of the caller, never of a peer.
    #[inline]
    pub fn row(&self, y: usize) -> &'a [u32] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &self.pixels[y * self.stride..][..self.width]
    }

    /// All rows from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [u32]> + use<'a> {
        let Self { pixels, width, height, stride } = *self;
        (0..height).map(move |y| &pixels[y * stride..][..width])
    }

    /// All pixels as one slice, where rows follow each other without a gap.
    pub fn contiguous(&self) -> Option<&'a [u32]> {
        (self.stride == self.width).then(|| &self.pixels[..self.width * self.height])
    }

    /// `height` rows from row `top` on: a stripe that can be encoded on its own. `None` where it does not lie inside.
    #[must_use]
    pub fn stripe(&self, top: usize, height: usize) -> Option<Self> {
        let inside = top.checked_add(height).is_some_and(|bottom| bottom <= self.height);
        let start = top.checked_mul(self.stride)?;
        inside
            .then(|| self.pixels.get(start..))
            .flatten()
            .and_then(|pixels| Self::new(pixels, self.width, height, self.stride))
    }
}
