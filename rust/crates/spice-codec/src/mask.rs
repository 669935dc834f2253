//! Masks: bitmaps of one bit a pixel that say where a drawing happens.

use spice_wire::limits::Limits;

use crate::raw::{BitmapFormat, Layout};
use crate::{Error, ErrorKind, Result};

/// One bit for each pixel, top row first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    /// INVARIANT: `height` rows of `width.div_ceil(8)` bytes, bit 0 leftmost, bits past the width 0.
    bits: Vec<u8>,
}

impl Mask {
    /// Decodes a BITMAP of one bit a pixel; a palette plays no part in it.
    pub fn decode(data: &[u8], layout: &Layout, limits: &Limits) -> Result<Self> {
        if layout.format.bits() != 1 {
            return Err(Error::new(ErrorKind::Mismatch, CODEC, "mask has more than one bit a pixel", 0));
        }
        let (width, height) = (layout.width as usize, layout.height as usize);
        if width.checked_mul(height).is_none_or(|pixels| pixels > limits.pixels) {
            return Err(Error::new(ErrorKind::Limit, CODEC, "more pixels than allowed", 0));
        }
        let lines = layout.rows(data, CODEC)?;
        if width == 0 {
            // However many rows are announced, there is nothing in them to walk through.
            return Ok(Self { width, height, bits: Vec::new() });
        }
        let mut bits = Vec::with_capacity(width.div_ceil(8) * height);
        for line in lines {
            append_row(&mut bits, line, layout.format);
            clear_past(&mut bits, width);
        }
        Ok(Self { width, height, bits })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether the bit at column `x` of row `y` is set; nothing is set outside of the mask.
    #[inline]
    pub fn bit(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.bits[y * self.width.div_ceil(8) + x / 8] >> (x % 8) & 1 == 1
    }

    /// Row `y`, eight pixels a byte: bit 0 is the leftmost, bits past the width are 0.
    ///
    /// # Panics
    /// When `y` is not below the height: a mistake of the caller, never of a peer.
    #[inline]
    pub fn row(&self, y: usize) -> &[u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        let bytes = self.width.div_ceil(8);
        &self.bits[y * bytes..][..bytes]
    }
}

fn append_row(bits: &mut Vec<u8>, line: &[u8], format: BitmapFormat) {
    match format {
        BitmapFormat::Bit1Be => bits.extend(line.iter().map(|byte| byte.reverse_bits())),
        _ => bits.extend_from_slice(line),
    }
}

/// Clears what the last byte of the row that was just added holds past the row's end.
fn clear_past(bits: &mut [u8], width: usize) {
    if let (Some(last), 1..) = (bits.last_mut(), width % 8) {
        *last &= (1 << (width % 8)) - 1;
    }
}

const CODEC: &str = "mask";
