//! The QUIC encoder: the reference's bytes, and our decoder gives back what went in.

mod files;
mod pictures;

use std::fs;
use std::path::Path;

use files::Random;
use pictures::{CONTENTS, Picture, all};
use spice_codec::quic::{self, Encoder, ImageKind};
use spice_codec::{PixelFormat, Rows};

#[test]
fn every_recorded_image_is_written_as_the_reference_wrote_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/quic");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (mut seen, mut encoder) = (0, Encoder::new());
    for path in entries.filter(|path| path.extension().is_some_and(|it| it == "bin")) {
        let recorded = fs::read(&path).unwrap();
        let header = quic::header(&recorded).unwrap();
        let format = match header.kind {
            ImageKind::Rgb32 => PixelFormat::Xrgb,
            ImageKind::Rgba => PixelFormat::Argb,
            _ => continue,
        };
        let mut pixels = decoded(&recorded);
        if format == PixelFormat::Xrgb {
            // What stands in the pad must not matter.
            pixels.iter_mut().enumerate().for_each(|(at, pixel)| *pixel |= (at as u32) << 24);
        }
        let picture = Picture::of(header.width as usize, header.height as usize, pixels);
        assert!(encoded(&mut encoder, &picture, format) == recorded, "{}: bytes differ", path.display());
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} recordings");
}

#[test]
fn every_content_in_every_size_comes_back() {
    let mut encoder = Encoder::new();
    all().for_each(|(name, picture)| comes_back(&mut encoder, &picture, &name));
}

#[test]
fn every_width_that_blocks_might_get_wrong_comes_back() {
    let (mut random, mut encoder) = (Random(7), Encoder::new());
    for width in 1..=70 {
        for content in CONTENTS {
            let picture = Picture::new(&mut random, content, width, 5);
            comes_back(&mut encoder, &picture, &format!("{content}, {width} wide"));
        }
    }
}

#[test]
fn rows_across_every_change_of_sampling_come_back() {
    let (mut random, mut encoder) = (Random(8), Encoder::new());
    // A class is 2048 pixels; rows that end right there or one beside are what goes wrong first.
    for (width, height) in [(2047, 3), (2048, 3), (2049, 3), (4096, 2), (1024, 5), (683, 9), (20_000, 2)] {
        for content in CONTENTS {
            let picture = Picture::new(&mut random, content, width, height);
            comes_back(&mut encoder, &picture, &format!("{content} {width}x{height}"));
        }
    }
}

#[test]
fn images_are_appended_and_know_nothing_of_each_other() {
    let (mut random, mut used) = (Random(9), Encoder::new());
    for (width, content) in [(60, "noise"), (31, "mixed"), (200, "slope"), (3, "flat"), (64, "mixed")] {
        let picture = Picture::new(&mut random, content, width, 9);
        for format in [PixelFormat::Argb, PixelFormat::Xrgb] {
            let mut out = b"before".to_vec();
            used.encode(&picture.source(), format, &mut out);
            assert_eq!(&out[..6], b"before");
            assert_eq!(out[6..], encoded(&mut Encoder::new(), &picture, format), "{content}, {width} wide");
        }
    }
}

fn encoded(encoder: &mut Encoder, picture: &Picture, format: PixelFormat) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.encode(&picture.source(), format, &mut out);
    out
}

fn comes_back(encoder: &mut Encoder, picture: &Picture, name: &str) {
    for (format, mask) in [(PixelFormat::Argb, u32::MAX), (PixelFormat::Xrgb, 0x00ff_ffff)] {
        let coded = encoded(encoder, picture, format);
        assert_eq!(quic::header(&coded).unwrap().format(), format);
        assert!(decoded(&coded) == picture.pixels(mask), "{name}, {format:?}: pixels differ");
    }
}

fn decoded(data: &[u8]) -> Vec<u32> {
    let header = quic::header(data).unwrap();
    let (width, height) = (header.width as usize, header.height as usize);
    let mut pixels = vec![0; width * height];
    quic::decode(data, &mut Rows::new(&mut pixels, width, height, width).unwrap()).unwrap();
    pixels
}
