//! LZ4: pictures as blocks of one LZ4 stream, and single blocks around other data.

mod encode;
mod sequence;

use spice_wire::limits::Limits;

pub use encode::Encoder;

use crate::lz_units::expand_555;
use crate::lz4_block;
use crate::stream_order::StreamOrder;
use crate::{Error, ErrorKind, PixelFormat, Result, Rows};

/// What the data of a picture say of themselves before the first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The first row on the wire is the top one.
    pub top_down: bool,
    /// Bytes of a pixel: 2, 3 or 4.
    pub bytes: usize,
    /// What the decoded pixels mean.
    pub format: PixelFormat,
}

/// Reads the header of a picture's data.
pub fn header(data: &[u8]) -> Result<Header> {
    let truncated = Error::new(ErrorKind::Truncated, CODEC, "data end within the header", data.len());
    let [top_down, format] = *data.first_chunk().ok_or(truncated)?;
    let (bytes, format) = match format {
        6 => (2, PixelFormat::Rgb555),
        7 => (3, PixelFormat::Xrgb),
        8 => (4, PixelFormat::Xrgb),
        9 => (4, PixelFormat::Argb),
        _ => return Err(Error::new(ErrorKind::Corrupt, CODEC, "bitmap format that lz4 does not have", 1)),
    };
    Ok(Header { top_down: top_down != 0, bytes, format })
}

/// Decodes a picture into `rows`, which must have its size, and says what the pixels mean.
///
/// The data themselves do not say their size: they must fill `rows` exactly. The top byte of 32-bit pixels without
/// alpha is the sender's.
pub fn decode(data: &[u8], rows: &mut Rows<'_>, limits: &Limits) -> Result<PixelFormat> {
    let header = header(data)?;
    let line = rows.width();
    if line.checked_mul(rows.height()).is_none_or(|pixels| pixels > limits.pixels) {
        return Err(Error::new(ErrorKind::Limit, CODEC, "too many pixels", 0));
    }
    if line == 0 || rows.height() == 0 {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "picture without pixels", 0));
    }
    let order = StreamOrder { top_down: header.top_down, line, keeps_old: false };
    order.fill(rows, |pixels| {
        // Narrow pixels are decoded into the rear of the memory that their wide forms will fill from the front.
        let front = pixels.len() * (4 - header.bytes);
        blocks(data, &mut bytemuck::cast_slice_mut(pixels)[front..])?;
        match header.bytes {
            2 => widen(pixels, |[low, high]| expand_555(u16::from_le_bytes([low, high]))),
            3 => widen(pixels, |[blue, green, red]| u32::from_le_bytes([blue, green, red, 0])),
            _ => {}
        }
        Ok(())
    })?;
    Ok(header.format)
}

/// Decodes a single block without framing, as in COMPRESSED_DATA, to exactly `size` bytes.
pub fn block(data: &[u8], size: usize, limits: &Limits) -> Result<Vec<u8>> {
    if size > limits.message {
        return Err(Error::new(ErrorKind::Limit, CODEC, "too many bytes", 0));
    }
    if size / MOST_EXPANSION > data.len() {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "no block has the announced size", 0));
    }
    let mut bytes = vec![0; size];
    if lz4_block::decode(data, &mut bytes, 0)? < size {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "block is smaller than announced", data.len()));
    }
    Ok(bytes)
}

/// Decodes all blocks of a picture, of which each may refer to those before it, into all of `bytes`.
fn blocks(data: &[u8], bytes: &mut [u8]) -> Result<()> {
    let (mut at, mut done) = (HEADER, 0);
    while done < bytes.len() || at < data.len() {
        let truncated = Error::new(ErrorKind::Truncated, CODEC, "data end before the picture", at);
        let rest = data.get(at..).unwrap_or(&[]);
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(truncated.clone())?;
        let length = u32::from_be_bytes(*length) as usize;
        let block = rest.get(..length).ok_or(truncated)?;
        at += 4;
        let end = lz4_block::decode(block, bytes, done)
            .map_err(|error| Error { offset: at + error.offset, ..error })?;
        if end == done {
            return Err(Error::new(ErrorKind::Corrupt, CODEC, "block without content", at));
        }
        done = end;
        at += length;
    }
    Ok(())
}

/// Turns pixels of `N` bytes, which stand at the end of `pixels`, into whole ones from the front on.
///
/// The write position never passes the read position: it starts behind it and both reach the end together.
fn widen<const N: usize>(pixels: &mut [u32], wide: impl Fn([u8; N]) -> u32) {
    let count = pixels.len();
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(pixels);
    let mut from = bytes.len() - count * N;
    for to in (0..bytes.len()).step_by(4) {
        let mut narrow = [0; N];
        narrow.copy_from_slice(&bytes[from..from + N]);
        bytes[to..to + 4].copy_from_slice(&wide(narrow).to_le_bytes());
        from += N;
    }
}

const CODEC: &str = "lz4";

/// Bytes before the first block: row order and bitmap format.
const HEADER: usize = 2;

/// A match grows by 255 bytes with each byte of its length.
const MOST_EXPANSION: usize = 255;
