//! BITMAP: pixels without compression, in ten formats.
//!
//! A bitmap is `height` rows of `stride` bytes. Only the packed pixels at the start of a row are read; what fills the
//! row up to its stride is the sender's and may be anything.

use crate::{Error, ErrorKind, PixelFormat, Result, Rows, Source};

/// How a bitmap's pixels are packed; the numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BitmapFormat {
    /// One bit, an index into the palette; bit 0 is the leftmost pixel.
    Bit1Le = 1,
    /// One bit, an index into the palette; bit 7 is the leftmost pixel.
    Bit1Be = 2,
    /// Four bits, an index into the palette; the low nibble comes first.
    Bit4Le = 3,
    /// Four bits, an index into the palette; the high nibble comes first.
    Bit4Be = 4,
    /// A byte, an index into the palette.
    Bit8 = 5,
    /// Five bits for each of red, green and blue, from the top of the low 15.
    Bit16 = 6,
    /// Blue, green, red.
    Bit24 = 7,
    /// Blue, green, red and a byte without meaning.
    Bit32 = 8,
    /// Blue, green, red, alpha; premultiplied.
    Rgba = 9,
    /// Coverage.
    Alpha8 = 10,
}

impl BitmapFormat {
    /// The format with this number on the wire.
    pub const fn from_wire(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Bit1Le,
            2 => Self::Bit1Be,
            3 => Self::Bit4Le,
            4 => Self::Bit4Be,
            5 => Self::Bit8,
            6 => Self::Bit16,
            7 => Self::Bit24,
            8 => Self::Bit32,
            9 => Self::Rgba,
            10 => Self::Alpha8,
            _ => return None,
        })
    }

    /// Bits of one pixel.
    pub const fn bits(self) -> usize {
        match self {
            Self::Bit1Le | Self::Bit1Be => 1,
            Self::Bit4Le | Self::Bit4Be => 4,
            Self::Bit8 | Self::Alpha8 => 8,
            Self::Bit16 => 16,
            Self::Bit24 => 24,
            Self::Bit32 | Self::Rgba => 32,
        }
    }

    /// Whether pixels are indices into a palette.
    pub const fn has_palette(self) -> bool {
        matches!(self, Self::Bit1Le | Self::Bit1Be | Self::Bit4Le | Self::Bit4Be | Self::Bit8)
    }

    /// What decoded pixels of this format mean.
    pub const fn format(self) -> PixelFormat {
        match self {
            Self::Bit16 => PixelFormat::Rgb555,
            Self::Rgba => PixelFormat::Argb,
            Self::Alpha8 => PixelFormat::A8,
            _ => PixelFormat::Xrgb,
        }
    }
}

/// What a BITMAP's header says about the bytes behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How pixels are packed.
    pub format: BitmapFormat,
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// Bytes from row to row.
    pub stride: u32,
    /// The first row on the wire is the top one.
    pub top_down: bool,
}

impl Layout {
    /// Bytes that the pixels of a row take, without what fills it up to the stride.
    pub fn packed(&self) -> usize {
        let bits = u64::from(self.width) * self.format.bits() as u64;
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// The rows of `data` from top to bottom, each cut to its packed pixels.
    ///
    /// `codec` names the caller in errors.
    pub(crate) fn rows<'a>(
        &self,
        data: &'a [u8],
        codec: &'static str,
    ) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>> {
        let (stride, height, packed) = (self.stride as usize, self.height as usize, self.packed());
        if stride < packed {
            return Err(Error::new(ErrorKind::Corrupt, codec, "stride is shorter than a row", 0));
        }
        let size = stride.checked_mul(height).ok_or(Error::new(
            ErrorKind::Limit,
            codec,
            "size of the rows overflows",
            0,
        ))?;
        let Some(data) = data.get(..size) else {
            return Err(Error::new(ErrorKind::Truncated, codec, "rows are missing", data.len()));
        };
        let top_down = self.top_down;
        Ok((0..height).map(move |y| {
            let line = if top_down { y } else { height - 1 - y };
            &data[line * stride..][..packed]
        }))
    }
}

/// Decodes `data` into `rows`, which must have the size of `layout`, and says what the pixels mean.
///
/// `palette` serves the formats that have one: entries 0x00RRGGBB, of which the top byte comes through (see
/// [`expand_palette_555`] for surfaces of 16 bits). An index at or past its end fails the image: the reference's
/// palettes have all entries that their images use, so there is no colour to guess. The top byte of 32-bit pixels
/// without alpha is the sender's.
pub fn decode(
    data: &[u8],
    layout: &Layout,
    palette: Option<&[u32]>,
    rows: &mut Rows<'_>,
) -> Result<PixelFormat> {
    if (layout.width as usize, layout.height as usize) != (rows.width(), rows.height()) {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "size differs from the image's", 0));
    }
    let lines = layout.rows(data, CODEC)?;
    if layout.format.has_palette() {
        let palette = palette.ok_or(Error::new(ErrorKind::Mismatch, CODEC, "palette is missing", 0))?;
        indexed(lines, layout.format, palette, rows)?;
    } else {
        direct(lines, layout.format, rows);
    }
    Ok(layout.format.format())
}

/// Appends the rows of `source` to `out`, top row first and without gaps: blue, green, red, and alpha where `format` has
/// it, else 0.
///
/// Their layout is that of [`BitmapFormat::Rgba`] or [`BitmapFormat::Bit32`] with TOP_DOWN.
pub fn encode(source: &Source<'_>, format: PixelFormat, out: &mut Vec<u8>) {
    let mask = if format == PixelFormat::Argb { u32::MAX } else { 0x00ff_ffff };
    out.reserve(source.width() * source.height() * 4);
    for row in source.rows() {
        out.extend(row.iter().flat_map(|pixel| (pixel & mask).to_le_bytes()));
    }
}

/// Turns palette entries of 5 bits a component, as surfaces of 16 bits have, into 0x00RRGGBB.
pub fn expand_palette_555(palette: &[u32]) -> Vec<u32> {
    palette.iter().map(|&entry| expand_555(entry)).collect()
}

/// Five bits a component to eight, the top bits replicated; top byte 0.
#[inline]
pub(crate) const fn expand_555(pixel: u32) -> u32 {
    let spread = (pixel & 0x7c00) << 9 | (pixel & 0x03e0) << 6 | (pixel & 0x001f) << 3;
    spread | (spread >> 5 & 0x0007_0707)
}

fn direct<'a>(lines: impl Iterator<Item = &'a [u8]>, format: BitmapFormat, rows: &mut Rows<'_>) {
    for (y, line) in lines.enumerate() {
        let out = rows.row(y);
        match format {
            BitmapFormat::Bit16 => {
                for (pixel, &bytes) in out.iter_mut().zip(line.as_chunks::<2>().0) {
                    *pixel = expand_555(u16::from_le_bytes(bytes).into());
                }
            }
            BitmapFormat::Bit24 => {
                for (pixel, &[blue, green, red]) in out.iter_mut().zip(line.as_chunks::<3>().0) {
                    *pixel = u32::from_le_bytes([blue, green, red, 0]);
                }
            }
            BitmapFormat::Alpha8 => {
                for (pixel, &alpha) in out.iter_mut().zip(line) {
                    *pixel = u32::from(alpha) << 24;
                }
            }
            _ => bytemuck::cast_slice_mut(out).copy_from_slice(line),
        }
    }
}

fn indexed<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    format: BitmapFormat,
    palette: &[u32],
    rows: &mut Rows<'_>,
) -> Result<()> {
    let mut table = [0; 256];
    let entries = palette.len().min(table.len());
    table[..entries].copy_from_slice(&palette[..entries]);
    for (y, line) in lines.enumerate() {
        let worst = match format {
            BitmapFormat::Bit1Le => look_up::<8>(line, &table, rows.row(y), |byte, n| byte >> n & 1),
            BitmapFormat::Bit1Be => look_up::<8>(line, &table, rows.row(y), |byte, n| byte >> (7 - n) & 1),
            BitmapFormat::Bit4Le => look_up::<2>(line, &table, rows.row(y), |byte, n| byte >> (4 * n) & 15),
            BitmapFormat::Bit4Be => {
                look_up::<2>(line, &table, rows.row(y), |byte, n| byte >> (4 - 4 * n) & 15)
            }
            _ => look_up::<1>(line, &table, rows.row(y), |byte, _| byte),
        };
        if usize::from(worst) >= entries && rows.width() > 0 {
            return Err(Error::new(ErrorKind::Corrupt, CODEC, "index is past the end of the palette", 0));
        }
    }
    Ok(())
}

/// Writes the colours of one row, `PER_BYTE` pixels a byte, and returns the highest index it met.
///
/// The table has a place for every index, so that the check needs no branch in the loop.
#[inline]
fn look_up<const PER_BYTE: usize>(
    line: &[u8],
    table: &[u32; 256],
    out: &mut [u32],
    index: impl Fn(u8, usize) -> u8,
) -> u8 {
    let mut worst = 0;
    let mut write = |pixels: &mut [u32], byte: u8| {
        for (n, pixel) in pixels.iter_mut().enumerate() {
            let index = index(byte, n);
            worst = worst.max(index);
            *pixel = table[usize::from(index)];
        }
    };
    let (whole, rest) = out.as_chunks_mut::<PER_BYTE>();
    if let Some(&byte) = line.get(whole.len()) {
        write(rest, byte);
    }
    for (pixels, &byte) in whole.iter_mut().zip(line) {
        write(pixels, byte);
    }
    worst
}

const CODEC: &str = "bitmap";
