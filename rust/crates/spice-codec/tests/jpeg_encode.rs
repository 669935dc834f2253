//! The JPEG encoder: what our decoder makes of its images is near what went in, whatever the size and however cut.

mod files;
mod pictures;

use files::Random;
use pictures::{CONTENTS, Picture, all};
use spice_codec::jpeg::{Encoder, Frame, Stripes, decode};
use spice_codec::{PixelFormat, Rows, jpeg_alpha, mjpeg};
use spice_wire::limits::Limits;

#[test]
fn every_content_in_every_size_comes_back_nearly() {
    let mut encoder = Encoder::new();
    for (name, picture) in all() {
        let error = luminance_error(&decoded(&encoded(&mut encoder, &picture, 85), &picture), &picture);
        // Noise suffers most: its colours have a resolution that 4:2:0 lacks, and mend nothing where they are clipped.
        let smooth = ["flat", "slope", "lines"].iter().any(|content| name.starts_with(content));
        assert!(error < if smooth { 1.5 } else { 9.0 }, "{name}: error {error}");
    }
}

#[test]
fn one_colour_comes_back_within_what_rounding_takes() {
    let mut encoder = Encoder::new();
    let levels = [0, 1, 85, 127, 128, 200, 254, 255];
    for red in levels {
        for (green, blue) in levels.iter().flat_map(|&green| levels.map(|blue| (green, blue))) {
            let colour = red << 16 | green << 8 | blue;
            let picture = Picture::of(20, 18, vec![colour | 0xab00_0000; 20 * 18]);
            let pixels = decoded(&encoded(&mut encoder, &picture, 95), &picture);
            let differs = |pixel: &u32, shift: u32| (pixel >> shift & 0xff).abs_diff(colour >> shift & 0xff);
            let most = pixels.iter().flat_map(|pixel| [0, 8, 16].map(|shift| differs(pixel, shift))).max();
            assert!(most <= Some(4), "{colour:06x} becomes {:06x}", pixels[0]);
        }
    }
}

#[test]
fn better_quality_is_nearer_and_longer() {
    let (mut random, mut encoder) = (Random(3), Encoder::new());
    for content in ["noise", "slope", "mixed"] {
        let picture = Picture::new(&mut random, content, 150, 90);
        let mut before = (0, f64::INFINITY);
        for quality in [5, 25, 50, 75, 90, 100] {
            let data = encoded(&mut encoder, &picture, quality);
            let error = luminance_error(&decoded(&data, &picture), &picture);
            assert!(data.len() > before.0 && error < before.1 + 0.1, "{content} at {quality}: {error}");
            before = (data.len(), error);
        }
    }
    let picture = Picture::new(&mut random, "mixed", 40, 40);
    assert_eq!(encoded(&mut encoder, &picture, 0), encoded(&mut encoder, &picture, 1));
    assert_eq!(encoded(&mut encoder, &picture, 255), encoded(&mut encoder, &picture, 100));
}

#[test]
fn patterns_with_the_largest_coefficients_survive_the_best_quality() {
    // Each frequency of a block as black and white: nothing else has coefficients as large as these.
    let mut encoder = Encoder::new();
    for frequency in 0..64 {
        let wave = |at: usize, frequency: usize| {
            (std::f64::consts::PI * (2 * at + 1) as f64 * frequency as f64 / 16.0).cos()
        };
        let white = |x: usize, y: usize| wave(x % 8, frequency % 8) * wave(y % 8, frequency / 8) > 0.0;
        let pixels = (0..32 * 32).map(|at| if white(at % 32, at / 32) { 0x00ff_ffff } else { 0 }).collect();
        let picture = Picture::of(32, 32, pixels);
        let error = luminance_error(&decoded(&encoded(&mut encoder, &picture, 100), &picture), &picture);
        assert!(error < 1.5, "frequency {frequency}: error {error}");
    }
}

#[test]
fn images_know_nothing_of_each_other() {
    let (mut random, mut used) = (Random(4), Encoder::new());
    for (width, quality) in [(70, 85), (16, 20), (200, 85), (5, 100)] {
        for content in CONTENTS {
            let picture = Picture::new(&mut random, content, width, 33);
            let mut out = b"before".to_vec();
            used.encode(&picture.source(), quality, &mut out);
            assert_eq!(&out[..6], b"before");
            assert_eq!(out[6..], encoded(&mut Encoder::new(), &picture, quality), "{content}, {width} wide");
        }
    }
}

#[test]
fn stripes_together_are_the_same_picture() {
    let mut random = Random(5);
    for (width, height) in [(100, 100), (64, 16), (333, 161), (1, 40), (2000, 48)] {
        let picture = Picture::new(&mut random, "mixed", width, height);
        let whole = decoded(&encoded(&mut Encoder::new(), &picture, 85), &picture);
        for wanted in [1, 2, 3, 7, 100] {
            let stripes = Stripes::new(width, height, 85, wanted);
            assert!(stripes.count() <= wanted.min(height.div_ceil(16)));
            let mut data = Vec::new();
            for number in 0..stripes.count() {
                // Each with an encoder of its own, as on several cores.
                stripes.encode(&picture.source(), number, &mut Encoder::new(), &mut data);
            }
            assert!(decoded(&data, &picture) == whole, "{width}x{height} in {wanted} stripes");
        }
    }
}

#[test]
fn stripes_of_the_widest_picture_have_a_length_that_the_format_can_say() {
    let picture = Picture::of(65535, 520, vec![0x0012_3456; 65535 * 520]);
    let stripes = Stripes::new(65535, 520, 50, 2);
    let (mut data, mut encoder) = (Vec::new(), Encoder::new());
    (0..stripes.count())
        .for_each(|number| stripes.encode(&picture.source(), number, &mut encoder, &mut data));
    assert_eq!(stripes.count(), 3, "15 lines of 4096 units fit 16 bits, 17 do not");
    let limits = Limits { pixels: 1 << 26, ..Limits::DEFAULT };
    let mut pixels = vec![0; 65535 * 520];
    decode(&data, &mut Rows::new(&mut pixels, 65535, 520, 65535).unwrap(), &limits).unwrap();
    assert!(pixels.iter().all(|pixel| pixel == &pixels[0]));
}

#[test]
fn frames_of_video_are_the_same_images() {
    let picture = Picture::new(&mut Random(6), "mixed", 90, 50);
    let data = encoded(&mut Encoder::new(), &picture, 70);
    let frame = Frame::read(&data).unwrap();
    assert_eq!((frame.width, frame.height), (90, 50));
    let mut pixels = vec![0; 90 * 50];
    let mut rows = Rows::new(&mut pixels, 90, 50, 90).unwrap();
    mjpeg::decode(&data, true, &mut rows, &Limits::DEFAULT).unwrap();
    assert_eq!(pixels, decoded(&data, &picture));
}

#[test]
fn alpha_comes_back_whole_beside_the_colours() {
    let (mut random, mut encoder) = (Random(7), jpeg_alpha::Encoder::new());
    for content in CONTENTS {
        let picture = Picture::new(&mut random, content, 61, 37);
        let mut out = b"before".to_vec();
        let size = encoder.encode(&picture.source(), 85, &mut out);
        let data = &out[6..];
        assert_eq!(data[..size], encoded(&mut Encoder::new(), &picture, 85));
        let mut pixels = vec![0; 61 * 37];
        let mut rows = Rows::new(&mut pixels, 61, 37, 61).unwrap();
        let format = jpeg_alpha::decode(data, size as u32, true, &mut rows, &Limits::DEFAULT).unwrap();
        assert_eq!(format, PixelFormat::Argb);
        let alphas = |pixels: &[u32]| pixels.iter().map(|pixel| pixel >> 24).collect::<Vec<_>>();
        assert_eq!(alphas(&pixels), alphas(&picture.pixels(u32::MAX)), "{content}");
    }
}

fn encoded(encoder: &mut Encoder, picture: &Picture, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.encode(&picture.source(), quality, &mut out);
    out
}

fn decoded(data: &[u8], picture: &Picture) -> Vec<u32> {
    let mut pixels = vec![0; picture.width * picture.height];
    let mut rows = Rows::new(&mut pixels, picture.width, picture.height, picture.width).unwrap();
    decode(data, &mut rows, &Limits::DEFAULT).unwrap();
    pixels
}

/// The root of the mean square of the luminance's error.
fn luminance_error(pixels: &[u32], picture: &Picture) -> f64 {
    let luminance = |pixel: &u32| {
        let part = |shift: u32| f64::from(pixel >> shift & 0xff);
        0.299 * part(16) + 0.587 * part(8) + 0.114 * part(0)
    };
    let truth = picture.pixels(u32::MAX);
    let squares = pixels.iter().zip(&truth).map(|(a, b)| (luminance(a) - luminance(b)).powi(2));
    (squares.sum::<f64>() / truth.len() as f64).sqrt()
}
