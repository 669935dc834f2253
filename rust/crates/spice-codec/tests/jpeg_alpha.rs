//! JPEG_ALPHA: the colours of `data/jpeg` under the alpha planes of `data/jpeg_alpha`.

mod files;

use spice_codec::{ErrorKind, PixelFormat, Result, Rows, jpeg, jpeg_alpha};
use spice_wire::limits::Limits;

const WIDTH: usize = 35;
const HEIGHT: usize = 21;

fn decoded(data: &[u8], jpeg_size: usize, top_down: bool, gap: usize) -> Result<Vec<u32>> {
    let stride = WIDTH + gap;
    let mut pixels = vec![0x5a5a_5a5a; stride * HEIGHT];
    let mut rows = Rows::new(&mut pixels, WIDTH, HEIGHT, stride).unwrap();
    let format = jpeg_alpha::decode(data, jpeg_size as u32, top_down, &mut rows, &Limits::DEFAULT)?;
    assert_eq!(format, PixelFormat::Argb);
    Ok(pixels.chunks(stride).flat_map(|line| &line[..WIDTH]).copied().collect())
}

/// The data of an image and the size of their JPEG.
fn image(order: &str) -> (Vec<u8>, usize) {
    let colours = files::bytes("jpeg/420.jpg");
    let size = colours.len();
    ([colours, files::bytes(&format!("jpeg_alpha/{order}.lz"))].concat(), size)
}

#[test]
fn colours_and_alpha_come_together() {
    let mut expected = vec![0; WIDTH * HEIGHT];
    let mut rows = Rows::new(&mut expected, WIDTH, HEIGHT, WIDTH).unwrap();
    jpeg::decode(&files::bytes("jpeg/420.jpg"), &mut rows, &Limits::DEFAULT).unwrap();
    for (pixel, alpha) in expected.iter_mut().zip(files::bytes("jpeg_alpha/alpha.bin")) {
        *pixel = *pixel & 0x00ff_ffff | u32::from(alpha) << 24;
    }
    for (order, top_down) in [("top_down", true), ("bottom_up", false)] {
        for gap in [0, 5] {
            let (data, size) = image(order);
            assert_eq!(decoded(&data, size, top_down, gap).unwrap(), expected, "{order}, gap {gap}");
        }
    }
}

#[test]
fn flag_and_alpha_must_agree() {
    for (order, top_down) in [("top_down", false), ("bottom_up", true)] {
        let (data, size) = image(order);
        assert_eq!(decoded(&data, size, top_down, 0).unwrap_err().kind, ErrorKind::Mismatch);
    }
}

#[test]
fn data_cut_anywhere_are_truncated() {
    let (data, size) = image("top_down");
    for end in 0..data.len() {
        let error = decoded(&data[..end], size, true, 0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Truncated, "cut at {end}: {error}");
    }
}

#[test]
fn jpeg_size_that_lies_is_refused() {
    let (data, size) = image("top_down");
    for lie in (0..size).chain([size + 1, data.len(), data.len() + 1, u32::MAX as usize]) {
        assert!(decoded(&data, lie, true, 0).is_err(), "{lie}");
    }
}

#[test]
fn colours_in_place_of_alpha_are_refused() {
    let (mut data, size) = image("top_down");
    data[size + 11] = 8;
    assert_eq!(decoded(&data, size, true, 0).unwrap_err().kind, ErrorKind::Mismatch);
}

#[test]
fn alpha_of_another_size_is_refused() {
    for at in [15, 19] {
        let (mut data, size) = image("top_down");
        data[size + at] += 1;
        assert!(decoded(&data, size, true, 0).is_err());
    }
}

#[test]
fn damaged_data_fail_or_decode_but_never_panic() {
    let mut random = files::Random(0xa1fa);
    let (data, size) = image("bottom_up");
    let failed = (0..5000).filter(|_| decoded(&random.damage(&data), size, false, 0).is_err()).count();
    assert!(failed > 0 && failed < 5000, "{failed} failed");
}
