//! The LZ encoder: what it makes is read by our decoder and stays within the habits of the reference's encoder.

mod files;
mod pictures;

use files::Random;
use pictures::{Picture, all};
use spice_codec::lz::{Encoder, Kind, decode, decode_alpha, header};
use spice_codec::{PixelFormat, Rows};
use spice_wire::Limits;

const COLOUR: u32 = 0x00ff_ffff;

fn encoded(encoder: &mut Encoder, picture: &Picture, format: PixelFormat) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.encode(&picture.source(), format, &mut out);
    out
}

fn decoded(data: &[u8], picture: &Picture) -> (PixelFormat, Vec<u32>) {
    let mut pixels = vec![0; picture.width * picture.height];
    let mut rows = Rows::new(&mut pixels, picture.width, picture.height, picture.width).unwrap();
    let format = decode(data, None, &mut rows, &Limits::DEFAULT).unwrap();
    (format, pixels)
}

/// A match: the unit at which it starts, its length and its distance.
type Match = (usize, usize, usize);

/// All matches of a stream of `count` units whose literals have `size` bytes; all of `data` must be used.
fn matches(mut data: &[u8], size: usize, count: usize) -> Vec<Match> {
    let mut next = |skip: usize| {
        let byte = usize::from(data[skip]);
        data = &data[skip + 1..];
        byte
    };
    let (mut found, mut at) = (Vec::new(), 0);
    let mut literals = 0;
    while at < count {
        let control = next(literals * size);
        literals = if control < 32 { control + 1 } else { 0 };
        at += literals;
        if control < 32 {
            continue;
        }
        let mut length = control >> 5;
        while length >= 7 {
            let more = next(0);
            length += more;
            if more < 255 {
                break;
            }
        }
        length += if size == 1 { 2 } else { 0 };
        let mut distance = (control & 31) << 8 | next(0);
        if distance == 8191 {
            distance += next(0) << 8 | next(0);
        }
        found.push((at, length, distance + 1));
        at += length;
    }
    assert_eq!((at, data.len()), (count, literals * size), "the stream ends with its last unit");
    found
}

fn assert_habits(matches: &[Match], count: usize, least: usize) {
    for &(start, length, distance) in matches {
        assert!(
            start >= 2 && start + 6 < count && start + length + 2 <= count,
            "{start}+{length} of {count}"
        );
        assert!(distance < 65535 + 8191, "{distance}");
        assert!(length >= least + usize::from(distance > 8191), "{length} at distance {distance}");
    }
}

#[test]
fn colours_come_back() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        let data = encoded(&mut encoder, &picture, PixelFormat::Xrgb);
        assert_eq!(header(&data).unwrap().kind, Kind::Rgb32);
        assert!(header(&data).unwrap().top_down);
        assert_eq!(decoded(&data, &picture), (PixelFormat::Xrgb, picture.pixels(COLOUR)), "{name}");
        let count = picture.width * picture.height;
        assert_habits(&matches(&data[28..], 3, count), count, 1);
    }
}

#[test]
fn colours_and_alpha_come_back() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        let data = encoded(&mut encoder, &picture, PixelFormat::Argb);
        assert_eq!(decoded(&data, &picture), (PixelFormat::Argb, picture.pixels(u32::MAX)), "{name}");
        let colours = encoded(&mut encoder, &picture, PixelFormat::Xrgb);
        assert_eq!(data[28..colours.len()], colours[28..], "{name}: alpha stands behind the colours");
    }
}

#[test]
fn alpha_alone_comes_back_and_leaves_the_colours() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        let mut data = b"before".to_vec();
        encoder.encode_alpha(&picture.source(), &mut data);
        assert_eq!(header(&data[6..]).unwrap().kind, Kind::Xxxa, "{name}");
        let mut pixels = vec![0x0012_3456; picture.width * picture.height];
        let mut rows = Rows::new(&mut pixels, picture.width, picture.height, picture.width).unwrap();
        decode_alpha(&data[6..], &mut rows, &Limits::DEFAULT).unwrap();
        let expected: Vec<u32> = picture.pixels(!COLOUR).iter().map(|alpha| alpha | 0x0012_3456).collect();
        assert_eq!(pixels, expected, "{name}");
        let count = picture.width * picture.height;
        assert_habits(&matches(&data[34..], 1, count), count, 3);
    }
}

#[test]
fn repetitions_are_found_as_far_as_a_distance_can_say() {
    let mut random = Random(3);
    for distance in [8190, 8191, 8192, 8193, 65535, 65535 + 8190, 65535 + 8191] {
        let mut pixels: Vec<u32> = (0..400).map(|_| random.below(1 << 24) as u32).collect();
        pixels.resize(distance, 0);
        pixels.extend_from_within(..400);
        let picture = Picture::of(pixels.len(), 1, pixels);
        let data = encoded(&mut Encoder::new(), &picture, PixelFormat::Xrgb);
        assert_eq!(decoded(&data, &picture).1, picture.pixels(COLOUR));
        let found = matches(&data[28..], 3, picture.width);
        let expected = distance < 65535 + 8191;
        assert_eq!(found.iter().any(|found| found.2 == distance), expected, "{distance}: {found:?}");
    }
}

#[test]
fn what_repeats_becomes_small() {
    let mut random = Random(4);
    let flat = Picture::new(&mut random, "flat", 1920, 1080);
    let lines = Picture::new(&mut random, "lines", 400, 900);
    let noise = Picture::new(&mut random, "noise", 400, 900);
    let size = |picture: &Picture| encoded(&mut Encoder::new(), picture, PixelFormat::Xrgb).len();
    assert!(size(&flat) < 28 + 1920 * 1080 / 255 + 20, "{}", size(&flat));
    assert!(size(&lines) < 400 * 900 * 3 / 100, "{}", size(&lines));
    assert_eq!(size(&noise), 28 + 400 * 900 * 3 + 400 * 900 / 32);
}

#[test]
fn an_encoder_remembers_nothing_of_earlier_pictures() {
    let mut used = Encoder::new();
    for (name, picture) in all() {
        let fresh = encoded(&mut Encoder::new(), &picture, PixelFormat::Argb);
        assert_eq!(encoded(&mut used, &picture, PixelFormat::Argb), fresh, "{name}");
    }
}
