//! Cursor shapes against pictures that numpy computed (`data/cursor`).

mod files;

use spice_codec::cursor::{Shape, decode};
use spice_codec::{ErrorKind, Result};
use spice_wire::limits::Limits;

const WIDTH: u32 = 11;
const HEIGHT: u32 = 5;
const KINDS: [&str; 7] = ["alpha", "mono", "color4", "color8", "color16", "color24", "color32"];

fn shape(kind: u8, data: &[u8]) -> Result<Shape> {
    decode(kind, WIDTH, HEIGHT, data, &Limits::DEFAULT)
}

#[test]
fn every_type_gives_the_reference_shape() {
    for (kind, name) in (0..).zip(KINDS) {
        let found = shape(kind, &files::bytes(&format!("cursor/{name}.bin"))).unwrap();
        let inverted: Vec<bool> =
            files::bytes(&format!("cursor/{name}.inverted")).iter().map(|&byte| byte == 1).collect();
        assert_eq!((found.width, found.height), (WIDTH, HEIGHT));
        assert_eq!(found.pixels, files::words(&format!("cursor/{name}.expected")), "{name}");
        assert_eq!(found.inverted, inverted.contains(&true).then_some(inverted), "{name}");
        assert_eq!(found.inverted.is_some(), kind != 0, "{name} tests inversion");
    }
}

#[test]
fn data_cut_anywhere_are_truncated() {
    for (kind, name) in (0..).zip(KINDS) {
        let data = files::bytes(&format!("cursor/{name}.bin"));
        for end in 0..data.len() {
            let error = shape(kind, &data[..end]).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Truncated, "{name} cut at {end}");
        }
    }
}

#[test]
fn data_behind_the_shape_are_ignored() {
    for (kind, name) in (0..).zip(KINDS) {
        let mut data = files::bytes(&format!("cursor/{name}.bin"));
        let plain = shape(kind, &data);
        data.extend([0xaa; 9]);
        assert_eq!(shape(kind, &data), plain, "{name}");
    }
}

#[test]
fn giant_shapes_are_over_the_limit() {
    for kind in 0..7 {
        for (width, height) in [(65_535, 65_535), (1025, 1024), (u32::MAX, u32::MAX), (1, 1 << 21)] {
            let error = decode(kind, width, height, &[0; 64], &Limits::DEFAULT).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Limit, "{width}x{height}");
        }
    }
}

#[test]
fn largest_shape_without_data_is_truncated_before_it_is_made() {
    for kind in 0..7 {
        let error = decode(kind, 1024, 1024, &[0; 2048], &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Truncated);
    }
}

#[test]
fn empty_shape_has_no_pixels() {
    for kind in 0..7 {
        for (width, height) in [(0, 0), (0, 7), (7, 0)] {
            // Types with a palette carry it even so.
            let empty = decode(kind, width, height, &[0; 1024], &Limits::DEFAULT).unwrap();
            assert_eq!(empty, Shape { width, height, pixels: vec![], inverted: None });
        }
    }
}

#[test]
fn unknown_types_are_unsupported() {
    for kind in 7..=255 {
        assert_eq!(shape(kind, &[0; 4096]).unwrap_err().kind, ErrorKind::Unsupported);
    }
}
