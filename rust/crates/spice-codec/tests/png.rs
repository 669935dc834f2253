//! PNGs, read back by the `png` crate's decoder.

mod files;

use spice_codec::png::{Picture, encode};
use spice_codec::{ErrorKind, PixelFormat};

/// The colour type and the bytes of a PNG's picture.
fn read(png: &[u8]) -> (png::ColorType, u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    (info.color_type, info.width, info.height, bytes)
}

fn pixels(count: usize) -> Vec<u32> {
    let mut random = files::Random(99);
    (0..count).map(|_| random.below(1 << 32) as u32).collect()
}

#[test]
fn colours_survive_and_gaps_between_rows_do_not() {
    let pixels = pixels(19 * 9);
    let picture = Picture { pixels: &pixels, width: 17, height: 9, stride: 19, format: PixelFormat::Xrgb };
    let expected: Vec<u8> = pixels
        .chunks(19)
        .flat_map(|line| &line[..17])
        .flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8])
        .collect();
    assert_eq!(read(&encode(&picture).unwrap()), (png::ColorType::Rgb, 17, 9, expected));
}

#[test]
fn premultiplied_colours_become_straight() {
    let pixels = [0x8040_2000, 0xff12_3456, 0x0011_2233, 0x80ff_8000, 0x01_01_00_01];
    let picture = Picture { pixels: &pixels, width: 5, height: 1, stride: 5, format: PixelFormat::Argb };
    let straight = [
        [0x80, 0x40, 0x00, 0x80],
        [0x12, 0x34, 0x56, 0xff],
        [0, 0, 0, 0],
        // A colour above its alpha, as JPEG_ALPHA may leave it, is as bright as can be.
        [0xff, 0xff, 0x00, 0x80],
        [0xff, 0x00, 0xff, 0x01],
    ];
    assert_eq!(read(&encode(&picture).unwrap()), (png::ColorType::Rgba, 5, 1, straight.concat()));
}

#[test]
fn pictures_that_png_cannot_hold_are_refused() {
    let pixels = pixels(12);
    let whole = Picture { pixels: &pixels, width: 4, height: 3, stride: 4, format: PixelFormat::Xrgb };
    encode(&whole).unwrap();
    for wrong in [
        Picture { width: 0, ..whole },
        Picture { height: 0, ..whole },
        Picture { height: 4, ..whole },
        Picture { stride: usize::MAX, ..whole },
        Picture { width: usize::MAX, ..whole },
        Picture { width: 1 << 31, height: 1 << 33, ..whole },
    ] {
        assert_eq!(encode(&wrong).unwrap_err().kind, ErrorKind::Mismatch, "{wrong:?}");
    }
}
