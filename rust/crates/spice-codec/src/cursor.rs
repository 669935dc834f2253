//! Cursor shapes: seven ways to say what the pointer looks like.

use spice_wire::limits::Limits;

use crate::raw::expand_555;
use crate::{Error, ErrorKind, Result};

/// A decoded cursor shape, top row first, rows without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// Premultiplied 0xAARRGGBB; 0 where the screen shows through and where it is inverted.
    pub pixels: Vec<u32>,
    /// For each pixel whether the screen below it is inverted; `None` where no pixel does that.
    ///
    /// No colour can stand for it, since it depends on the screen: a caller without the screen may draw such pixels
    /// half black.
    pub inverted: Option<Vec<bool>>,
}

/// Decodes the data of a cursor of type `kind`, the number on the wire.
///
/// Data behind the shape are ignored: cursors of several peers carry padding.
pub fn decode(kind: u8, width: u32, height: u32, data: &[u8], limits: &Limits) -> Result<Shape> {
    let (w, h) = (width as usize, height as usize);
    let Some(count) = w.checked_mul(h).filter(|&count| count <= limits.cursor_pixels) else {
        return Err(Error::new(ErrorKind::Limit, CODEC, "more pixels than allowed", 0));
    };
    let mut parts = Parts { data, at: 0 };
    let mask_size = w.div_ceil(8) * h;
    let pixels = match kind {
        ALPHA => return Ok(opaque(width, height, parts.take(count * 4)?)),
        MONO => {
            let and = parts.take(mask_size)?;
            let colours = mono(parts.take(mask_size)?, w, count);
            return Ok(masked(width, height, colours, and));
        }
        COLOR4 => {
            let indices = parts.take(w.div_ceil(2) * h)?;
            color4(indices, &palette::<16>(parts.take(16 * 4)?), w, count)
        }
        COLOR8 => {
            let indices = parts.take(count)?;
            let palette = palette::<256>(parts.take(256 * 4)?);
            indices.iter().map(|&index| palette[usize::from(index)]).collect()
        }
        COLOR16 => {
            let bytes = parts.take(count * 2)?.as_chunks::<2>().0;
            bytes.iter().map(|&bytes| expand_555(u16::from_le_bytes(bytes).into())).collect()
        }
        COLOR24 => {
            let bytes = parts.take(count * 3)?.as_chunks::<3>().0;
            bytes.iter().map(|&[blue, green, red]| u32::from_le_bytes([blue, green, red, 0])).collect()
        }
        COLOR32 => colours(parts.take(count * 4)?).collect(),
        _ => return Err(Error::new(ErrorKind::Unsupported, CODEC, "unknown type of cursor", 0)),
    };
    Ok(masked(width, height, pixels, parts.take(mask_size)?))
}

/// The parts of a shape, which follow each other.
struct Parts<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Parts<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let part = self.data.get(self.at..).and_then(|rest| rest.get(..size)).ok_or(Error::new(
            ErrorKind::Truncated,
            CODEC,
            "data are shorter than the shape",
            self.data.len(),
        ))?;
        self.at += size;
        Ok(part)
    }
}

fn opaque(width: u32, height: u32, bytes: &[u8]) -> Shape {
    let pixels = bytes.as_chunks::<4>().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect();
    Shape { width, height, pixels, inverted: None }
}

/// Puts the mask over `pixels`, whose top bytes are 0: a set bit makes white invert the screen and the rest invisible.
///
/// A cursor of two colours follows the same rule, its XOR bits being the colours and its AND bits the mask.
fn masked(width: u32, height: u32, mut pixels: Vec<u32>, mask: &[u8]) -> Shape {
    let mut inverted = vec![false; pixels.len()];
    for (n, (pixel, inverted)) in pixels.iter_mut().zip(&mut inverted).enumerate() {
        if !bit(mask, width as usize, n) {
            *pixel |= 0xff00_0000;
            continue;
        }
        *inverted = *pixel == WHITE;
        *pixel = 0;
    }
    let inverted = inverted.contains(&true).then_some(inverted);
    Shape { width, height, pixels, inverted }
}

fn mono(bits: &[u8], width: usize, count: usize) -> Vec<u32> {
    (0..count).map(|n| if bit(bits, width, n) { WHITE } else { 0 }).collect()
}

fn color4(indices: &[u8], palette: &[u32; 16], width: usize, count: usize) -> Vec<u32> {
    let stride = width.div_ceil(2);
    let colour = |n: usize| {
        let (x, y) = (n % width, n / width);
        let byte = indices[y * stride + x / 2];
        palette[usize::from(if x % 2 == 0 { byte >> 4 } else { byte & 15 })]
    };
    (0..count).map(colour).collect()
}

fn palette<const ENTRIES: usize>(bytes: &[u8]) -> [u32; ENTRIES] {
    let mut palette = [0; ENTRIES];
    for (entry, colour) in palette.iter_mut().zip(colours(bytes)) {
        *entry = colour;
    }
    palette
}

/// Pixels of four bytes, of which the last means nothing.
fn colours(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|&bytes| u32::from_le_bytes(bytes) & WHITE)
}

/// The bit of pixel `n` in rows of whole bytes, the highest bit leftmost.
fn bit(bits: &[u8], width: usize, n: usize) -> bool {
    let (x, y) = (n % width, n / width);
    bits[y * width.div_ceil(8) + x / 8] >> (7 - x % 8) & 1 == 1
}

const CODEC: &str = "cursor";
const WHITE: u32 = 0x00ff_ffff;

/// Types of cursor, as the wire numbers them.
const ALPHA: u8 = 0;
const MONO: u8 = 1;
const COLOR4: u8 = 2;
const COLOR8: u8 = 3;
const COLOR16: u8 = 4;
const COLOR24: u8 = 5;
const COLOR32: u8 = 6;
