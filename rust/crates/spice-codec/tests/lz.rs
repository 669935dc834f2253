//! LZ against the reference's encoder and decoder (`data/lz`), a plain model of the format, and data that no encoder makes.

mod files;
mod tokens;

use files::Random;
use spice_codec::lz::{decode, decode_alpha, header};
use spice_codec::{ErrorKind, PixelFormat, Rows};
use spice_wire::Limits;
use tokens::Unit;

const GAP: u32 = 0xdead_beef;
const NAMES: [(&str, PixelFormat); 11] = [
    ("plt1_le", PixelFormat::Xrgb),
    ("plt1_be", PixelFormat::Xrgb),
    ("plt4_le", PixelFormat::Xrgb),
    ("plt4_be", PixelFormat::Xrgb),
    ("plt8", PixelFormat::Xrgb),
    ("rgb16", PixelFormat::Rgb555),
    ("rgb24", PixelFormat::Xrgb),
    ("rgb32", PixelFormat::Xrgb),
    ("rgba", PixelFormat::Argb),
    ("xxxa", PixelFormat::A8),
    ("a8", PixelFormat::A8),
];
const OTHERS: [(&str, PixelFormat); 6] = [
    ("far_plt8", PixelFormat::Xrgb),
    ("far_rgb32", PixelFormat::Xrgb),
    ("rgba_1x1", PixelFormat::Argb),
    ("rgba_3x1", PixelFormat::Argb),
    ("rgba_1x9", PixelFormat::Argb),
    ("rgba_300x2", PixelFormat::Argb),
];

/// The palette of `data/make_lz.py`.
fn palette() -> Vec<u32> {
    (0..256_u64).map(|index| ((index * 0x9e37_79b1) >> 5) as u32 & 0x00ff_ffff).collect()
}

/// Decodes into rows with `gap` pixels behind each, checks that these stay, and returns the rest.
fn decoded(data: &[u8], palette: &[u32], gap: usize) -> Result<(PixelFormat, Vec<u32>), ErrorKind> {
    let header = header(data).map_err(|error| error.kind)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let mut pixels = vec![GAP; (width + gap) * height];
    let mut rows = Rows::new(&mut pixels, width, height, width + gap).unwrap();
    let result = decode(data, Some(palette), &mut rows, &Limits::DEFAULT);
    let lines = || pixels.chunks(width + gap);
    assert!(lines().all(|line| line[width..].iter().all(|&pixel| pixel == GAP)), "wrote behind a row");
    let format = result.map_err(|error| error.kind)?;
    Ok((format, lines().flat_map(|line| &line[..width]).copied().collect()))
}

/// A header and what follows.
fn picture(kind: u32, width: u32, height: u32, stride: u32, stream: &[u8]) -> Vec<u8> {
    let words = [0x2020_5a4c, 0x0001_0001, kind, width, height, stride, 1];
    words.iter().flat_map(|word: &u32| word.to_be_bytes()).chain(stream.iter().copied()).collect()
}

fn kind_of(data: &[u8]) -> ErrorKind {
    decoded(data, &palette(), 0).unwrap_err()
}

#[test]
fn every_type_gives_the_reference_picture() {
    for (name, format) in NAMES.into_iter().chain(OTHERS) {
        let data = files::bytes(&format!("lz/{name}.lz"));
        let expected = (format, files::words(&format!("lz/{name}.pixels")));
        assert_eq!(decoded(&data, &palette(), 0).unwrap(), expected, "{name}");
        assert_eq!(decoded(&data, &palette(), 3).unwrap(), expected, "{name} with a gap behind each row");
    }
}

#[test]
fn any_sequence_of_tokens_means_what_the_model_says() {
    let mut random = Random(7);
    for round in 0..300 {
        let unit = [Unit::Bgr, Unit::Word, Unit::Byte][round % 3];
        let (kind, bytes) = [(8, 4), (6, 2), (11, 1)][round % 3];
        let (width, height) =
            (1 + random.below(if round % 10 == 0 { 700 } else { 40 }), 1 + random.below(40));
        let (stream, expected) = tokens::lz(&mut random, unit, width * height);
        let data = picture(kind, width as u32, height as u32, (width * bytes) as u32, &stream);
        assert_eq!(decoded(&data, &[], 0).unwrap().1, expected, "round {round}");
    }
}

#[test]
fn alpha_changes_only_the_top_bytes() {
    for gap in [0, 2] {
        for name in ["xxxa", "a8"] {
            let data = files::bytes(&format!("lz/{name}.lz"));
            let alpha = files::words(&format!("lz/{name}.pixels"));
            let mut pixels: Vec<u32> = (0..(41 + gap) * 17).map(|index| index as u32 * 0x0001_0203).collect();
            let before = pixels.clone();
            let mut rows = Rows::new(&mut pixels, 41, 17, 41 + gap).unwrap();
            decode_alpha(&data, &mut rows, &Limits::DEFAULT).unwrap();
            for (at, (&new, &old)) in pixels.iter().zip(&before).enumerate() {
                let (x, y) = (at % (41 + gap), at / (41 + gap));
                let top = if x < 41 { alpha[y * 41 + x] } else { old & 0xff00_0000 };
                assert_eq!(new, top | old & 0x00ff_ffff, "{name} at {x}, {y}");
            }
        }
    }
    let mut pixels = vec![0; 41 * 17];
    let mut rows = Rows::new(&mut pixels, 41, 17, 41).unwrap();
    let error = decode_alpha(&files::bytes("lz/rgba.lz"), &mut rows, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mismatch);
}

#[test]
fn data_cut_anywhere_are_truncated_and_longer_data_corrupt() {
    for (name, _) in NAMES {
        let mut data = files::bytes(&format!("lz/{name}.lz"));
        for length in 0..data.len() {
            assert_eq!(kind_of(&data[..length]), ErrorKind::Truncated, "{name} cut at {length}");
        }
        data.push(0);
        assert_eq!(kind_of(&data), ErrorKind::Corrupt, "{name} with a byte more");
    }
}

#[test]
fn damaged_data_never_panic() {
    let mut random = Random(11);
    let mut refused = 0;
    for (name, _) in NAMES {
        let data = files::bytes(&format!("lz/{name}.lz"));
        for _ in 0..3000 {
            let damaged = random.damage(&data);
            if header(&damaged).is_ok_and(|header| header.width as u64 * header.height as u64 > 1 << 20) {
                continue;
            }
            refused += usize::from(decoded(&damaged, &palette()[..200], 0).is_err());
        }
    }
    assert!(refused > 1000, "only {refused} refused");
}

#[test]
fn palette_indices_stay_within_the_palette() {
    let colours = [0x11_2233, 0xff44_5566];
    let plt8 = |index| decoded(&picture(5, 1, 1, 1, &[0, index]), &colours, 0);
    assert_eq!(plt8(1), Ok((PixelFormat::Xrgb, vec![0x44_5566])));
    assert_eq!(plt8(2), Err(ErrorKind::Corrupt));
    // Four-bit indices wrap around, in the reference too.
    let plt4 = decoded(&picture(4, 2, 1, 1, &[0, 0xf4]), &colours, 0);
    assert_eq!(plt4, Ok((PixelFormat::Xrgb, vec![0x44_5566, 0x11_2233])));
    let plt1 = |byte| decoded(&picture(2, 8, 1, 1, &[0, byte]), &colours[..1], 0);
    assert_eq!(plt1(0), Ok((PixelFormat::Xrgb, vec![0x11_2233; 8])));
    assert_eq!(plt1(1), Err(ErrorKind::Corrupt));
    for kind in 1..=5 {
        assert_eq!(decoded(&picture(kind, 1, 1, 1, &[0, 0]), &[], 0), Err(ErrorKind::Corrupt), "{kind}");
    }
}

#[test]
fn headers_that_no_encoder_writes_are_corrupt() {
    let bad = [
        picture(0, 1, 1, 4, &[]),
        picture(12, 1, 1, 4, &[]),
        picture(8, 0, 1, 0, &[]),
        picture(8, 1, 0, 4, &[]),
        picture(8, 2, 2, 7, &[]),
        picture(8, u32::MAX, 1, u32::MAX, &[]),
        picture(1, 9, 2, 1, &[]),
        picture(5, 9, 2, 10, &[]),
    ];
    for data in &bad {
        assert_eq!(header(data).unwrap_err().kind, ErrorKind::Corrupt, "{data:?}");
    }
    let mut data = picture(8, 1, 1, 4, &[0, 1, 2, 3]);
    data[7] = 2;
    assert_eq!(header(&data).unwrap_err().kind, ErrorKind::Corrupt, "version");
}

#[test]
fn streams_that_leave_the_picture_are_corrupt() {
    let first = [0, 1, 2, 3];
    let stream = |tail: &[u8]| picture(8, 4, 1, 16, &[&first, tail].concat());
    assert_eq!(decoded(&stream(&[0x60, 0]), &[], 0).unwrap().1, [0x03_0201; 4]);
    assert_eq!(kind_of(&stream(&[0x60, 1])), ErrorKind::Corrupt, "before the first pixel");
    assert_eq!(kind_of(&stream(&[0x80, 0])), ErrorKind::Corrupt, "past the last pixel");
    assert_eq!(kind_of(&stream(&[3; 13])), ErrorKind::Corrupt, "literals past the last pixel");
    let endless = [&[0xe0][..], &[0xff; 100_000]].concat();
    assert_eq!(kind_of(&stream(&endless)), ErrorKind::Corrupt, "endless length");
}

#[test]
fn rows_and_limits_must_agree_with_the_header() {
    let data = files::bytes("lz/rgb32.lz");
    let mut pixels = vec![0; 41 * 17];
    let mut rows = Rows::new(&mut pixels, 17, 41, 17).unwrap();
    assert_eq!(decode(&data, None, &mut rows, &Limits::DEFAULT).unwrap_err().kind, ErrorKind::Mismatch);
    let mut rows = Rows::new(&mut pixels, 41, 17, 41).unwrap();
    let limits = Limits { pixels: 41 * 17 - 1, ..Limits::DEFAULT };
    assert_eq!(decode(&data, None, &mut rows, &limits).unwrap_err().kind, ErrorKind::Limit);
}
