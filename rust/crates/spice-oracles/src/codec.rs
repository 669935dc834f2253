//! Image codecs: an error or pixels, in bounded time and memory, whatever the bytes.

use spice_codec::{Rows, raw};
use spice_wire::Limits;

/// Small enough that a fuzzer sees many pictures a second.
const LIMITS: Limits =
    Limits { pixels: 1 << 16, glz_window_pixels: 1 << 16, cursor_pixels: 1 << 12, ..Limits::DEFAULT };

/// QUIC data.
pub fn quic(data: &[u8]) {
    let Ok(header) = spice_codec::quic::header(data) else { return };
    with_rows(header.width, header.height, |rows| drop(spice_codec::quic::decode(data, rows)));
}

/// LZ data of every type, with a palette of sixteen entries.
pub fn lz(data: &[u8]) {
    let Ok(header) = spice_codec::lz::header(data) else { return };
    let palette: Vec<u32> = (0..16).map(|entry| entry * 0x11_1111).collect();
    with_rows(header.width, header.height, |rows| {
        drop(spice_codec::lz::decode(data, Some(&palette), rows, &LIMITS));
        drop(spice_codec::lz::decode_alpha(data, rows, &LIMITS));
    });
}

/// GLZ data, several pictures one after the other: a u16 length stands before each.
pub fn glz(mut data: &[u8]) {
    let mut window = spice_codec::glz::Window::new(&LIMITS);
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let (picture, later) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        drop(spice_codec::glz::decode(picture, &mut window, &LIMITS));
        assert!(window.pixels() <= 2 * LIMITS.glz_window_pixels + LIMITS.pixels, "{}", window.pixels());
        data = later;
    }
}

/// A zlib stream; the first three bytes say how long it should become.
pub fn zlib_glz(data: &[u8]) {
    let [a, b, c, stream @ ..] = data else { return };
    let size = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
    if let Ok(glz) = spice_codec::zlib_glz::inflate(stream, size, &LIMITS) {
        assert_eq!(glz.len(), size);
    }
}

/// An LZ4 image; the first two bytes are its width and height.
pub fn lz4(data: &[u8]) {
    let [width, height, image @ ..] = data else { return };
    with_rows(u32::from(*width), u32::from(*height), |rows| {
        drop(spice_codec::lz4::decode(image, rows, &LIMITS))
    });
}

/// A JPEG; the first two bytes are its width and height.
pub fn jpeg(data: &[u8]) {
    let [width, height, image @ ..] = data else { return };
    with_rows(u32::from(*width), u32::from(*height), |rows| {
        drop(spice_codec::jpeg::decode(image, rows, &LIMITS))
    });
}

/// An MJPEG frame; the first two bytes are its width and height.
pub fn mjpeg(data: &[u8]) {
    let [width, height, image @ ..] = data else { return };
    with_rows(u32::from(*width), u32::from(*height), |rows| {
        drop(spice_codec::mjpeg::decode(image, width & 1 == 0, rows, &LIMITS));
    });
}

/// A bitmap; four bytes are format, width, height and stride.
pub fn raw(data: &[u8]) {
    let [format, width, height, stride, pixels @ ..] = data else { return };
    let Some(format) = raw::BitmapFormat::from_wire(*format) else { return };
    let (width, height) = (u32::from(*width), u32::from(*height));
    let layout = raw::Layout { format, width, height, stride: u32::from(*stride), top_down: stride & 1 == 0 };
    with_rows(width, height, |rows| drop(raw::decode(pixels, &layout, Some(&[0, 0xff_ffff]), rows)));
    drop(spice_codec::mask::Mask::decode(pixels, &layout, &LIMITS));
}

/// A cursor shape; five bytes are kind, width and height.
pub fn cursor(data: &[u8]) {
    let [kind, a, b, c, d, pixels @ ..] = data else { return };
    let size = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]));
    if let Ok(shape) = spice_codec::cursor::decode(*kind, size(a, b), size(c, d), pixels, &LIMITS) {
        assert!(shape.pixels.len() <= LIMITS.cursor_pixels);
    }
}

fn with_rows(width: u32, height: u32, use_rows: impl FnOnce(&mut Rows<'_>)) {
    let (width, height) = (width as usize, height as usize);
    let count = width.saturating_mul(height);
    if count == 0 || count > LIMITS.pixels {
        return;
    }
    let mut pixels = vec![0; count];
    let mut rows =
        Rows::new(&mut pixels, width, height, width).expect("the pixels are as many as the rows need");
    use_rows(&mut rows);
}
