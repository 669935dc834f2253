//! PNG: what screenshots are kept in.

use png::{BitDepth, ColorType, Compression, Encoder};

use crate::{Error, ErrorKind, PixelFormat, Result};

/// A picture in someone else's memory, top row first.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// At least `stride * (height - 1) + width` pixels.
    pub pixels: &'a [u32],
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// Pixels from row to row.
    pub stride: usize,
    /// What the pixels mean.
    pub format: PixelFormat,
}

/// Encodes `picture` fast rather than small: without alpha as 8-bit RGB, with alpha as 8-bit RGBA.
///
/// PNG has no premultiplied colours, so colours are divided by their alpha.
pub fn encode(picture: &Picture<'_>) -> Result<Vec<u8>> {
    let (Ok(width), Ok(height)) = (u32::try_from(picture.width), u32::try_from(picture.height)) else {
        return Err(misuse("picture is too large"));
    };
    let bytes = match picture.format {
        PixelFormat::Xrgb | PixelFormat::Rgb555 => packed(picture, rgb)?,
        PixelFormat::Argb | PixelFormat::A8 => packed(picture, rgba)?,
    };
    let mut encoded = Vec::new();
    let mut encoder = Encoder::new(&mut encoded, width, height);
    encoder.set_color(if has_alpha(picture.format) { ColorType::Rgba } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes));
    written.map_err(|_| misuse("picture has no pixels or too many"))?;
    Ok(encoded)
}

fn has_alpha(format: PixelFormat) -> bool {
    matches!(format, PixelFormat::Argb | PixelFormat::A8)
}

/// The rows of `picture` as PNG has them, without a gap.
fn packed<const BYTES: usize>(
    picture: &Picture<'_>,
    convert: impl Fn(u32) -> [u8; BYTES],
) -> Result<Vec<u8>> {
    let Picture { pixels, width, height, stride, .. } = *picture;
    let size = width.checked_mul(height).and_then(|count| count.checked_mul(BYTES));
    let mut bytes = vec![0; size.ok_or(misuse("picture is too large"))?];
    for (y, out) in bytes.chunks_exact_mut((width * BYTES).max(1)).enumerate() {
        let line = pixels.get(y * stride..).and_then(|rest| rest.get(..width));
        let line = line.ok_or(misuse("picture has fewer pixels than its size says"))?;
        for (out, &pixel) in out.as_chunks_mut::<BYTES>().0.iter_mut().zip(line) {
            *out = convert(pixel);
        }
    }
    Ok(bytes)
}

#[inline]
fn rgb(pixel: u32) -> [u8; 3] {
    let [blue, green, red, _] = pixel.to_le_bytes();
    [red, green, blue]
}

#[inline]
fn rgba(pixel: u32) -> [u8; 4] {
    let [blue, green, red, alpha] = pixel.to_le_bytes();
    let straight = |colour: u8| match alpha {
        0 => 0,
        0xff => colour,
        _ => ((u32::from(colour) * 255 + u32::from(alpha) / 2) / u32::from(alpha)).min(255) as u8,
    };
    [straight(red), straight(green), straight(blue), alpha]
}

fn misuse(what: &'static str) -> Error {
    Error::new(ErrorKind::Mismatch, "png", what, 0)
}
