//! Masks against bits that numpy packed (`data/raw`).

mod files;

use spice_codec::ErrorKind;
use spice_codec::mask::Mask;
use spice_codec::raw::{BitmapFormat, Layout};
use spice_wire::limits::Limits;

const WIDTH: usize = 13;
const HEIGHT: usize = 7;

fn layout(format: BitmapFormat) -> Layout {
    Layout { format, width: WIDTH as u32, height: HEIGHT as u32, stride: 5, top_down: false }
}

fn failure(data: &[u8], layout: &Layout) -> ErrorKind {
    Mask::decode(data, layout, &Limits::DEFAULT).unwrap_err().kind
}

#[test]
fn both_orders_of_bits_give_the_reference_mask() {
    let set = files::words("raw/palette.bin")[1];
    for (format, name) in [(BitmapFormat::Bit1Le, "1bit_le"), (BitmapFormat::Bit1Be, "1bit_be")] {
        let data = files::bytes(&format!("raw/{name}.bin"));
        let expected = files::words(&format!("raw/{name}.expected"));
        let mask = Mask::decode(&data, &layout(format), &Limits::DEFAULT).unwrap();
        assert_eq!((mask.width(), mask.height()), (WIDTH, HEIGHT));
        for (n, pixel) in expected.iter().enumerate() {
            let (x, y) = (n % WIDTH, n / WIDTH);
            assert_eq!(mask.bit(x, y), *pixel == set, "{name} at {x}, {y}");
            assert_eq!(mask.row(y)[x / 8] >> (x % 8) & 1 == 1, *pixel == set, "{name} at {x}, {y}");
        }
    }
}

#[test]
fn nothing_is_set_outside() {
    let all = Layout { width: 9, height: 2, stride: 2, ..layout(BitmapFormat::Bit1Be) };
    let mask = Mask::decode(&[0xff; 4], &all, &Limits::DEFAULT).unwrap();
    assert_eq!(mask.row(1), [0xff, 0x01]);
    assert!(mask.bit(8, 1));
    assert!(!mask.bit(9, 1) && !mask.bit(0, 2) && !mask.bit(usize::MAX, usize::MAX));
}

#[test]
fn data_cut_anywhere_are_truncated() {
    let data = files::bytes("raw/1bit_le.bin");
    for end in 0..data.len() {
        assert_eq!(failure(&data[..end], &layout(BitmapFormat::Bit1Le)), ErrorKind::Truncated);
    }
}

#[test]
fn lies_are_refused() {
    let honest = layout(BitmapFormat::Bit1Le);
    let data = [0; 35];
    let lie = |change: fn(&mut Layout)| {
        let mut layout = honest;
        change(&mut layout);
        failure(&data, &layout)
    };
    assert_eq!(lie(|layout| layout.stride = 1), ErrorKind::Corrupt);
    assert_eq!(lie(|layout| layout.height = 8), ErrorKind::Truncated);
    assert_eq!(lie(|layout| layout.format = BitmapFormat::Bit8), ErrorKind::Mismatch);
    assert_eq!(lie(|layout| (layout.width, layout.height) = (u32::MAX, u32::MAX)), ErrorKind::Limit);
}

#[test]
fn rows_without_pixels_cost_nothing() {
    let empty = Layout { width: 0, height: u32::MAX, stride: 0, ..layout(BitmapFormat::Bit1Le) };
    let mask = Mask::decode(&[], &empty, &Limits::DEFAULT).unwrap();
    assert!(mask.row(0).is_empty() && !mask.bit(0, 0));
}
