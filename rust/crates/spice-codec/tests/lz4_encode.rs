//! The LZ4 encoder: what it makes is read by our decoder and by another, and keeps the rules for the end of a block.

mod files;
mod pictures;

use files::Random;
use pictures::{Picture, all};
use spice_codec::lz4::{Encoder, decode};
use spice_codec::{PixelFormat, Rows};
use spice_wire::Limits;

fn encoded(encoder: &mut Encoder, picture: &Picture, format: PixelFormat) -> Vec<u8> {
    let mut out = b"before".to_vec();
    encoder.encode(&picture.source(), format, &mut out);
    assert!(out.starts_with(b"before"));
    out.split_off(6)
}

fn decoded(data: &[u8], picture: &Picture) -> (PixelFormat, Vec<u32>) {
    let mut pixels = vec![0; picture.width * picture.height];
    let mut rows = Rows::new(&mut pixels, picture.width, picture.height, picture.width).unwrap();
    let format = decode(data, &mut rows, &Limits::DEFAULT).unwrap();
    (format, pixels)
}

/// The block of a picture, which must be the only one.
fn block(data: &[u8]) -> &[u8] {
    let (length, block) = data[2..].split_first_chunk().unwrap();
    assert_eq!(u32::from_be_bytes(*length) as usize, block.len());
    block
}

/// Where the repetitions of a block start and end, and how far back they reach.
fn repetitions(block: &[u8]) -> Vec<(usize, usize, usize)> {
    let (mut found, mut at, mut made) = (Vec::new(), 0, 0);
    let count = |half: usize, at: &mut usize| {
        let mut count = half;
        if half == 15 {
            let full = block[*at..].iter().take_while(|&&byte| byte == 255).count();
            count += 255 * full + usize::from(block[*at + full]);
            *at += full + 1;
        }
        count
    };
    loop {
        let token = usize::from(block[at]);
        at += 1;
        let literals = count(token >> 4, &mut at);
        (at, made) = (at + literals, made + literals);
        if at == block.len() {
            return found;
        }
        let distance = usize::from(block[at]) | usize::from(block[at + 1]) << 8;
        at += 2;
        let length = count(token & 15, &mut at) + 4;
        found.push((made, made + length, distance));
        made += length;
    }
}

#[test]
fn pictures_come_back() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        for (format, mask, number) in [(PixelFormat::Xrgb, 0x00ff_ffff, 8), (PixelFormat::Argb, u32::MAX, 9)]
        {
            let data = encoded(&mut encoder, &picture, format);
            assert_eq!(data[..2], [1, number], "{name}");
            let pixels = picture.pixels(mask);
            let bytes = bytemuck::cast_slice(&pixels);
            assert_eq!(decoded(&data, &picture), (format, pixels.clone()), "{name}");
            assert_eq!(lz4_flex::block::decompress(block(&data), bytes.len()).unwrap(), bytes, "{name}");
        }
    }
}

#[test]
fn blocks_end_as_lz4_demands() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        let data = encoded(&mut encoder, &picture, PixelFormat::Argb);
        let size = 4 * picture.width * picture.height;
        for (start, end, distance) in repetitions(block(&data)) {
            assert!(start + 12 <= size && end + 5 <= size, "{name}: {start}..{end} of {size}");
            assert!(distance <= start && (1..1 << 16).contains(&distance), "{name}: {distance} at {start}");
        }
    }
}

#[test]
fn repetitions_are_found_as_far_as_a_distance_can_say() {
    let mut random = Random(3);
    for distance in [1 << 10, (1 << 14) - 2, (1 << 14) - 1, 1 << 14] {
        let mut pixels: Vec<u32> = (0..400).map(|_| random.below(1 << 24) as u32).collect();
        pixels.resize(distance, 0);
        pixels.extend_from_within(..400);
        let picture = Picture::of(pixels.len(), 1, pixels);
        let data = encoded(&mut Encoder::new(), &picture, PixelFormat::Xrgb);
        assert_eq!(decoded(&data, &picture).1, picture.pixels(u32::MAX));
        let found = repetitions(block(&data)).iter().any(|found| found.2 == 4 * distance);
        assert_eq!(found, distance < 1 << 14, "{distance}");
    }
}

#[test]
fn what_repeats_becomes_small() {
    let mut random = Random(4);
    let flat = Picture::new(&mut random, "flat", 1920, 1080);
    let noise = Picture::new(&mut random, "noise", 400, 900);
    let size = |picture: &Picture| encoded(&mut Encoder::new(), picture, PixelFormat::Argb).len();
    assert!(size(&flat) < 1920 * 1080 * 4 / 255 + 40, "{}", size(&flat));
    assert!(size(&noise) < 400 * 900 * 4 * 256 / 255 + 40, "{}", size(&noise));
}
