//! Bitmaps against pictures that numpy computed (`data/raw`).

mod files;
mod pictures;

use spice_codec::raw::{BitmapFormat, Layout, decode, encode, expand_palette_555};
use spice_codec::{ErrorKind, PixelFormat, Rows};

const WIDTH: usize = 13;
const HEIGHT: usize = 7;
const FORMATS: [(BitmapFormat, &str, PixelFormat); 10] = [
    (BitmapFormat::Bit1Le, "1bit_le", PixelFormat::Xrgb),
    (BitmapFormat::Bit1Be, "1bit_be", PixelFormat::Xrgb),
    (BitmapFormat::Bit4Le, "4bit_le", PixelFormat::Xrgb),
    (BitmapFormat::Bit4Be, "4bit_be", PixelFormat::Xrgb),
    (BitmapFormat::Bit8, "8bit", PixelFormat::Xrgb),
    (BitmapFormat::Bit16, "16bit", PixelFormat::Rgb555),
    (BitmapFormat::Bit24, "24bit", PixelFormat::Xrgb),
    (BitmapFormat::Bit32, "32bit", PixelFormat::Xrgb),
    (BitmapFormat::Rgba, "rgba", PixelFormat::Argb),
    (BitmapFormat::Alpha8, "8bit_a", PixelFormat::A8),
];

fn layout(format: BitmapFormat, top_down: bool) -> Layout {
    let mut layout = Layout { format, width: WIDTH as u32, height: HEIGHT as u32, stride: 0, top_down };
    layout.stride = layout.packed() as u32 + 3;
    layout
}

/// Decodes into rows with a gap behind them and returns the pixels without it.
fn decoded(
    data: &[u8],
    layout: &Layout,
    palette: Option<&[u32]>,
) -> Result<(PixelFormat, Vec<u32>), ErrorKind> {
    const STRIDE: usize = WIDTH + 2;
    let mut pixels = vec![0xdead_beef; STRIDE * HEIGHT];
    let mut rows = Rows::new(&mut pixels, WIDTH, HEIGHT, STRIDE).unwrap();
    let format = decode(data, layout, palette, &mut rows).map_err(|error| error.kind)?;
    let gap_kept = pixels.chunks(STRIDE).all(|line| line[WIDTH..] == [0xdead_beef; 2]);
    assert!(gap_kept, "wrote past the end of a row");
    Ok((format, pixels.chunks(STRIDE).flat_map(|line| &line[..WIDTH]).copied().collect()))
}

#[test]
fn every_format_gives_the_reference_picture() {
    let palette = files::words("raw/palette.bin");
    for (format, name, meaning) in FORMATS {
        let data = files::bytes(&format!("raw/{name}.bin"));
        let expected = files::words(&format!("raw/{name}.expected"));
        let found = decoded(&data, &layout(format, false), Some(&palette)).unwrap();
        assert_eq!(found, (meaning, expected), "{name}");
    }
}

#[test]
fn top_down_rows_come_in_the_order_of_the_wire() {
    let palette = files::words("raw/palette.bin");
    for (format, name, _) in FORMATS {
        let layout = layout(format, true);
        let upside_down = files::bytes(&format!("raw/{name}.bin"));
        let data: Vec<u8> = upside_down.chunks(layout.stride as usize).rev().flatten().copied().collect();
        let expected = files::words(&format!("raw/{name}.expected"));
        assert_eq!(decoded(&data, &layout, Some(&palette)).unwrap().1, expected, "{name}");
    }
}

#[test]
fn numbers_of_the_wire_name_the_formats() {
    for (number, (format, ..)) in (1..).zip(FORMATS) {
        assert_eq!(BitmapFormat::from_wire(number), Some(format));
        assert_eq!(format as u8, number);
    }
    assert_eq!(BitmapFormat::from_wire(0), None);
    assert_eq!(BitmapFormat::from_wire(11), None);
}

#[test]
fn data_cut_anywhere_are_truncated() {
    let palette = files::words("raw/palette.bin");
    for (format, name, _) in FORMATS {
        let data = files::bytes(&format!("raw/{name}.bin"));
        for end in 0..data.len() {
            let found = decoded(&data[..end], &layout(format, false), Some(&palette));
            assert_eq!(found, Err(ErrorKind::Truncated), "{name} cut at {end}");
        }
    }
}

#[test]
fn stride_shorter_than_a_row_is_refused() {
    for (format, ..) in FORMATS {
        let mut layout = layout(format, true);
        layout.stride = layout.packed() as u32 - 1;
        let found = decoded(&[0; 1000], &layout, Some(&[0; 256]));
        assert_eq!(found, Err(ErrorKind::Corrupt), "{format:?}");
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    let data = [0; 1000];
    for (width, height) in [(12, 7), (13, 8), (u32::MAX, u32::MAX), (0, 7)] {
        let lie = Layout { width, height, ..layout(BitmapFormat::Bit32, true) };
        assert_eq!(decoded(&data, &lie, None), Err(ErrorKind::Mismatch), "{width}x{height}");
    }
    let long = Layout { stride: u32::MAX, ..layout(BitmapFormat::Bit32, true) };
    assert_eq!(decoded(&data, &long, None), Err(ErrorKind::Truncated));
}

#[test]
fn index_past_the_palette_is_refused() {
    let palette = files::words("raw/palette.bin");
    for (format, name, entries) in [
        (BitmapFormat::Bit1Le, "1bit_le", 1),
        (BitmapFormat::Bit4Be, "4bit_be", 15),
        (BitmapFormat::Bit8, "8bit", 200),
        (BitmapFormat::Bit8, "8bit", 0),
    ] {
        let data = files::bytes(&format!("raw/{name}.bin"));
        let found = decoded(&data, &layout(format, false), Some(&palette[..entries]));
        assert_eq!(found, Err(ErrorKind::Corrupt), "{name} with {entries} entries");
    }
}

#[test]
fn indices_in_the_padding_of_a_row_do_not_count() {
    let layout = Layout { format: BitmapFormat::Bit4Be, width: 1, height: 1, stride: 1, top_down: true };
    let mut pixel = [0];
    let mut rows = Rows::new(&mut pixel, 1, 1, 1).unwrap();
    decode(&[0x0f], &layout, Some(&[0x0012_3456]), &mut rows).unwrap();
    assert_eq!(pixel, [0x0012_3456]);
}

#[test]
fn missing_palette_is_refused() {
    let data = files::bytes("raw/8bit.bin");
    let found = decoded(&data, &layout(BitmapFormat::Bit8, false), None);
    assert_eq!(found, Err(ErrorKind::Mismatch));
}

#[test]
fn palette_of_a_16_bit_surface_expands() {
    let expanded = expand_palette_555(&files::words("raw/palette555.bin"));
    assert_eq!(expanded, files::words("raw/16bit.expected"));
}

#[test]
fn bitmap_without_pixels_is_empty() {
    let layout = Layout { format: BitmapFormat::Bit8, width: 0, height: 0, stride: 0, top_down: false };
    let mut rows = Rows::new(&mut [], 0, 0, 0).unwrap();
    assert_eq!(decode(&[], &layout, Some(&[]), &mut rows), Ok(PixelFormat::Xrgb));
}

#[test]
fn encoded_rows_come_back() {
    for (name, picture) in pictures::all() {
        let (width, height) = (picture.width, picture.height);
        let formats = [
            (PixelFormat::Xrgb, BitmapFormat::Bit32, 0x00ff_ffff),
            (PixelFormat::Argb, BitmapFormat::Rgba, u32::MAX),
        ];
        for (pixel_format, format, mask) in formats {
            let mut data = b"before".to_vec();
            encode(&picture.source(), pixel_format, &mut data);
            let (wide, high, stride) = (width as u32, height as u32, 4 * width as u32);
            let layout = Layout { format, width: wide, height: high, stride, top_down: true };
            assert_eq!(data.len(), 6 + 4 * width * height);
            let mut pixels = vec![0; width * height];
            let mut rows = Rows::new(&mut pixels, width, height, width).unwrap();
            assert_eq!(decode(&data[6..], &layout, None, &mut rows), Ok(pixel_format));
            assert_eq!(pixels, picture.pixels(mask), "{name}");
        }
    }
}
