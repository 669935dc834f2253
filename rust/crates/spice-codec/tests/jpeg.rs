//! JPEGs against what libjpeg-turbo decodes from them (`data/jpeg`).

mod files;

use spice_codec::jpeg::{Frame, decode};
use spice_codec::{ErrorKind, PixelFormat, Result, Rows};
use spice_wire::limits::Limits;

/// All that decode, with their sizes.
const KINDS: [(&str, usize, usize); 15] = [
    ("420", 35, 21),
    ("422", 35, 21),
    ("444", 35, 21),
    ("440", 35, 21),
    ("411", 35, 21),
    ("grey", 35, 21),
    ("420-progressive", 35, 21),
    ("grey-progressive", 35, 21),
    ("420-restart", 35, 21),
    ("444-optimised", 35, 21),
    ("rgb-444", 35, 21),
    ("420-1x1", 1, 1),
    ("420-17x1", 17, 1),
    ("420-1x19", 1, 19),
    ("420-16x16", 16, 16),
];

fn file(kind: &str) -> Vec<u8> {
    files::bytes(&format!("jpeg/{kind}.jpg"))
}

/// Decodes into rows with a gap of `gap` pixels, which must stay as it was.
fn decoded(data: &[u8], width: usize, height: usize, gap: usize) -> Result<Vec<u32>> {
    let stride = width + gap;
    let mut pixels = vec![0x5a5a_5a5a; stride * height];
    let mut rows = Rows::new(&mut pixels, width, height, stride).unwrap();
    assert_eq!(decode(data, &mut rows, &Limits::DEFAULT)?, PixelFormat::Xrgb);
    assert!(pixels.chunks(stride).all(|line| line[width..].iter().all(|&pixel| pixel == 0x5a5a_5a5a)));
    Ok(pixels.chunks(stride).flat_map(|line| &line[..width]).copied().collect())
}

fn failure(data: &[u8]) -> ErrorKind {
    decoded(data, 35, 21, 0).unwrap_err().kind
}

#[test]
fn every_kind_is_as_libjpeg_turbo_decodes_it() {
    for (kind, width, height) in KINDS {
        let reference = files::bytes(&format!("jpeg/{kind}.rgb"));
        for gap in [0, 3] {
            let pixels =
                decoded(&file(kind), width, height, gap).unwrap_or_else(|error| panic!("{kind}: {error}"));
            let found =
                pixels.iter().flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8]);
            let differences: Vec<u8> =
                found.zip(&reference).map(|(ours, theirs)| ours.abs_diff(*theirs)).collect();
            assert_eq!(differences.len(), width * height * 3, "{kind}");
            let sum: usize = differences.iter().copied().map(usize::from).sum();
            let (mean, most) = (sum as f64 / differences.len() as f64, differences.iter().max().unwrap());
            // Of a picture this narrow libjpeg does not interpolate the colours.
            let allowed = if width == 1 { (8.0, 24) } else { (0.5, 6) };
            assert!(mean < allowed.0 && *most <= allowed.1, "{kind}: mean {mean}, most {most}");
            assert!(pixels.iter().all(|pixel| pixel >> 24 == 0xff), "{kind}");
        }
    }
}

#[test]
fn headers_tell_the_size() {
    for (kind, width, height) in KINDS {
        let frame = Frame::read(&file(kind)).unwrap();
        assert_eq!((frame.width.into(), frame.height.into()), (width, height), "{kind}");
        assert_eq!(frame.components, if kind.starts_with("grey") { 1 } else { 3 }, "{kind}");
        assert!(frame.has_tables, "{kind}");
    }
}

#[test]
fn data_cut_anywhere_are_truncated() {
    for (kind, width, height) in KINDS {
        let data = file(kind);
        // Without its end marker a picture may still be whole.
        for end in 0..data.len() - 2 {
            let Err(error) = decoded(&data[..end], width, height, 0) else {
                panic!("{kind} cut at {end} of {} decodes", data.len());
            };
            assert_eq!(error.kind, ErrorKind::Truncated, "{kind} cut at {end}: {error}");
        }
    }
}

#[test]
fn kinds_that_no_peer_sends_are_unsupported() {
    for kind in ["cmyk", "arithmetic"] {
        assert_eq!(failure(&file(kind)), ErrorKind::Unsupported, "{kind}");
    }
}

#[test]
fn size_other_than_the_image_is_a_mismatch() {
    let data = file("420");
    for (width, height) in [(34, 21), (35, 20), (36, 21), (35, 22), (21, 35)] {
        let error = decoded(&data, width, height, 0).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Mismatch, "{width}x{height}");
    }
}

/// `data` with other dimensions in its frame header.
fn resized(data: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut data = data.to_vec();
    let at = data.windows(2).position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).unwrap() + 5;
    data[at..at + 2].copy_from_slice(&height.to_be_bytes());
    data[at + 2..at + 4].copy_from_slice(&width.to_be_bytes());
    data
}

#[test]
fn giant_pictures_are_over_the_limit() {
    for kind in ["420", "420-progressive", "grey"] {
        assert_eq!(failure(&resized(&file(kind), 65_535, 65_535)), ErrorKind::Limit);
        assert_eq!(failure(&resized(&file(kind), 65_535, 1025)), ErrorKind::Limit);
    }
}

#[test]
fn empty_pictures_are_refused() {
    assert_eq!(failure(&resized(&file("420"), 0, 21)), ErrorKind::Corrupt);
    assert_eq!(failure(&resized(&file("420"), 35, 0)), ErrorKind::Unsupported);
}

#[test]
fn picture_that_claims_more_rows_than_it_has_fails_or_begins_as_it_should() {
    let honest = decoded(&file("444"), 35, 21, 0).unwrap();
    let longer = decoded(&resized(&file("444"), 35, 400), 35, 400, 0).unwrap();
    assert_eq!(honest[..35 * 16], longer[..35 * 16]);
    let progressive = resized(&file("420-progressive"), 35, 400);
    assert_eq!(decoded(&progressive, 35, 400, 0).unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn second_frame_header_is_refused() {
    let data = file("420");
    let at = data.windows(2).position(|pair| *pair == [0xff, 0xc0]).unwrap();
    let header = data[at..at + 19].to_vec();
    let twice = [&data[..at], &header, &data[at..]].concat();
    assert_eq!(failure(&twice), ErrorKind::Corrupt);
}

#[test]
fn damaged_data_fail_or_decode_but_never_panic() {
    let mut random = files::Random(0x5eed);
    let mut failed = 0;
    const ROUNDS: usize = 3000;
    for (kind, width, height) in KINDS {
        let data = file(kind);
        for _ in 0..ROUNDS {
            failed += usize::from(decoded(&random.damage(&data), width, height, 0).is_err());
        }
    }
    assert!(failed > 0 && failed < ROUNDS * KINDS.len(), "{failed} failed");
}

#[test]
fn every_single_bit_may_be_wrong() {
    for (kind, width, height) in [("420", 35, 21), ("grey-progressive", 35, 21), ("420-restart", 35, 21)] {
        let mut data = file(kind);
        let whole = decoded(&data, width, height, 0).unwrap();
        for bit in 0..data.len() * 8 {
            data[bit / 8] ^= 1 << (bit % 8);
            if let Ok(pixels) = decoded(&data, width, height, 0) {
                assert_eq!(pixels.len(), whole.len());
            }
            data[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
