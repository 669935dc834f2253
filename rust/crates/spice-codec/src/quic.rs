//! QUIC: each component predicted from its left and upper neighbours, the residual in an adaptive Golomb-Rice code,
//! stretches of one colour as run lengths.
//!
//! How decoding is fast: the bit stream is a 64-bit register filled up once a pixel; a table per component goes straight
//! from the last difference to the code in use, and that code's own table from the next ten bits to what they mean;
//! the arithmetic on the three components is done in one `u32`. [`Encoder`] says the same of encoding; both share the
//! models, the codes and the sampling.

mod ahead;
mod bits;
mod code;
mod encoder;
mod model;
mod packed;
mod plane;
mod segment;
mod stretch;

use crate::error::{Error, ErrorKind, Result};
use crate::rows::{PixelFormat, Rows};
use bits::Bits;
use code::Prefixes;
use plane::Plane;

pub use encoder::Encoder;

/// What the pixels of a QUIC image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageKind {
    /// One byte a pixel; exists in the codec, is never valid in an image message.
    Gray,
    /// Three components of 5 bits.
    Rgb16,
    /// Three components of 8 bits, 24 bits a pixel before coding.
    Rgb24,
    /// Three components of 8 bits, 32 bits a pixel before coding.
    Rgb32,
    /// Three components and alpha, 8 bits each.
    Rgba,
}

impl ImageKind {
    /// The number that stands in the header.
    fn number(self) -> u32 {
        match self {
            Self::Gray => 1,
            Self::Rgb16 => 2,
            Self::Rgb24 => 3,
            Self::Rgb32 => 4,
            Self::Rgba => 5,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        let all = [Self::Gray, Self::Rgb16, Self::Rgb24, Self::Rgb32, Self::Rgba];
        all.into_iter().find(|kind| kind.number() == number)
    }
}

/// What stands before the coded pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the pixels are.
    pub kind: ImageKind,
    /// Pixels in a row, at least 1.
    pub width: u32,
    /// Number of rows, at least 1.
    pub height: u32,
}

impl Header {
    /// What [`decode`] writes for such an image.
    pub fn format(&self) -> PixelFormat {
        match self.kind {
            ImageKind::Rgb16 => PixelFormat::Rgb555,
            ImageKind::Gray | ImageKind::Rgb24 | ImageKind::Rgb32 => PixelFormat::Xrgb,
            ImageKind::Rgba => PixelFormat::Argb,
        }
    }
}

/// Read the header of a QUIC image.
///
/// # Errors
/// When the data is shorter than a header or says what no encoder says.
pub fn header(data: &[u8]) -> Result<Header> {
    let (words, _) = data.as_chunks::<4>();
    let [magic, version, kind, width, height, ..] = *words else {
        return Err(failure(ErrorKind::Truncated, "header cut short", data.len()));
    };
    if &magic != b"QUIC" {
        return Err(failure(ErrorKind::Corrupt, "bad magic", 0));
    }
    if version != [0; 4] {
        return Err(failure(ErrorKind::Unsupported, "unknown version", 4));
    }
    let Some(kind) = ImageKind::from_number(u32::from_le_bytes(kind)) else {
        return Err(failure(ErrorKind::Corrupt, "unknown image type", 8));
    };
    let (width, height) = (u32::from_le_bytes(width), u32::from_le_bytes(height));
    if width == 0 || height == 0 || u64::from(width) * u64::from(height) >= PIXEL_LIMIT {
        return Err(failure(ErrorKind::Corrupt, "impossible size", 12));
    }
    Ok(Header { kind, width, height })
}

/// Decode a QUIC image into `rows`, which must have the size its header says.
///
/// # Errors
/// When the sizes differ, the type cannot be drawn, or the data is cut short or corrupt; rows above the fault then
/// hold pixels.
pub fn decode(data: &[u8], rows: &mut Rows<'_>) -> Result<()> {
    let header = header(data)?;
    if (rows.width(), rows.height()) != (header.width as usize, header.height as usize) {
        return Err(failure(ErrorKind::Mismatch, "size differs from the image's", 12));
    }
    let mut bits = Bits::new(data, HEADER_SIZE);
    match header.kind {
        ImageKind::Gray => Err(failure(ErrorKind::Unsupported, "gray image", 8)),
        ImageKind::Rgb16 => colour_5_bits(&mut bits, rows),
        ImageKind::Rgb24 | ImageKind::Rgb32 => colour_8_bits(&mut bits, rows),
        ImageKind::Rgba => colour_and_alpha(&mut bits, rows),
    }
}

fn colour_8_bits(bits: &mut Bits<'_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut plane = Plane::<Prefixes, 3, 8>::new(rows.width());
    plane.first_row(bits, rows.row(0))?;
    for y in 1..rows.height() {
        let (row, above) = rows.row_and_above(y);
        plane.next_row(bits, row, above)?;
    }
    Ok(())
}

/// A row is decoded with 5 bits in each byte and expanded once the row below needs it no more.
fn colour_5_bits(bits: &mut Bits<'_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut plane = Plane::<Prefixes, 3, 5>::new(rows.width());
    plane.first_row(bits, rows.row(0))?;
    for y in 1..rows.height() {
        let (row, above) = rows.row_and_above(y);
        plane.next_row(bits, row, above)?;
        packed::expand_5_bits(rows.row(y - 1));
    }
    packed::expand_5_bits(rows.row(rows.height() - 1));
    Ok(())
}

/// Each row comes twice: its colours, then its alpha, which is an image of its own in two rows of scratch.
fn colour_and_alpha(bits: &mut Bits<'_>, rows: &mut Rows<'_>) -> Result<()> {
    let width = rows.width();
    let mut colour = Plane::<Prefixes, 3, 8>::new(width);
    let mut alpha = Plane::<Prefixes, 1, 8>::new(width);
    let (mut coverage, mut coverage_above) = (vec![0; width], vec![0; width]);
    colour.first_row(bits, rows.row(0))?;
    alpha.first_row(bits, &mut coverage)?;
    packed::put_alpha(rows.row(0), &coverage);
    for y in 1..rows.height() {
        std::mem::swap(&mut coverage, &mut coverage_above);
        let (row, above) = rows.row_and_above(y);
        colour.next_row(bits, row, above)?;
        alpha.next_row(bits, &mut coverage, &coverage_above)?;
        packed::put_alpha(row, &coverage);
    }
    Ok(())
}

const fn failure(kind: ErrorKind, what: &'static str, offset: usize) -> Error {
    Error::new(kind, "quic", what, offset)
}

/// Magic, version, type, width and height, 4 bytes each.
const HEADER_SIZE: usize = 20;

/// Pixels in an image stay below this, as the reference demands.
const PIXEL_LIMIT: u64 = 1 << 29;
