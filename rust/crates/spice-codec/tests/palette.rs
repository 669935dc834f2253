//! Pictures of few colours: found, indexed, and encoded by LZ with palette.

mod files;
mod pictures;

use files::Random;
use pictures::{CONTENTS, Picture, SIZES};
use spice_codec::lz::{Encoder, Kind, decode, header};
use spice_codec::palette::Indexed;
use spice_codec::{PixelFormat, Rows};
use spice_wire::Limits;

const COLOUR: u32 = 0x00ff_ffff;

/// Pictures of at most `most` colours, which take all their pixels from a palette.
fn few(most: usize) -> impl Iterator<Item = (String, Picture)> {
    let mut random = Random(most as u64);
    SIZES.iter().flat_map(|size| CONTENTS.map(|content| (size, content))).map(
        move |(&(width, height), content)| {
            let palette: Vec<u32> = (0..most).map(|_| random.below(1 << 32) as u32).collect();
            let picture = Picture::new(&mut random, content, width, height);
            let pixels = picture.pixels(COLOUR).iter().map(|&pixel| palette[pixel as usize % most]).collect();
            (format!("{most} colours of {content} {width}x{height}"), Picture::of(width, height, pixels))
        },
    )
}

fn decoded(data: &[u8], indexed: &Indexed) -> Vec<u32> {
    let (width, height) = (indexed.width(), indexed.height());
    let mut pixels = vec![0; width * height];
    let mut rows = Rows::new(&mut pixels, width, height, width).unwrap();
    let format = decode(data, Some(indexed.colours()), &mut rows, &Limits::DEFAULT).unwrap();
    assert_eq!(format, PixelFormat::Xrgb);
    pixels
}

#[test]
fn indices_mean_the_picture() {
    for (name, picture) in few(256).chain(few(3)) {
        let indexed = Indexed::detect(&picture.source()).expect("few colours");
        let colour = |&index| indexed.colours()[usize::from(index)];
        assert_eq!((indexed.width(), indexed.height()), (picture.width, picture.height));
        let pixels: Vec<u32> = indexed.indices().iter().map(colour).collect();
        assert_eq!(pixels, picture.pixels(COLOUR), "{name}");
    }
}

#[test]
fn a_palette_has_each_colour_once_and_never_only_one() {
    let mut random = Random(1);
    let flat = Picture::new(&mut random, "flat", 30, 20);
    assert_eq!(Indexed::detect(&flat.source()).unwrap().colours(), [0x12_3456, 0]);
    for (name, picture) in few(256) {
        let mut colours = picture.pixels(COLOUR);
        colours.sort_unstable();
        colours.dedup();
        let mut palette = Indexed::detect(&picture.source()).unwrap().colours().to_vec();
        assert!(palette.len() == colours.len().max(2), "{name}");
        palette.sort_unstable();
        assert!(colours.iter().all(|colour| palette.binary_search(colour).is_ok()), "{name}");
    }
}

#[test]
fn one_colour_too_many_is_refused_wherever_it_is() {
    let mut random = Random(2);
    for odd in [0, 1, 999, 31_337, 39_999] {
        let mut pixels: Vec<u32> = (0..40_000).map(|at| (at as u32 % 255) << 4 | 1 << 24).collect();
        pixels[odd] = 0x00ff_0000;
        let at_most = Picture::of(200, 200, pixels.clone());
        assert_eq!(Indexed::detect(&at_most.source()).unwrap().colours().len(), 256);
        pixels[(odd + 1) % 40_000] = 0x00ff_0001;
        assert_eq!(Indexed::detect(&Picture::of(200, 200, pixels).source()), None, "at {odd}");
    }
    let noise = Picture::new(&mut random, "noise", 300, 200);
    assert_eq!(Indexed::detect(&noise.source()), None);
}

#[test]
fn palette_data_come_back() {
    let mut encoder = Encoder::new();
    for (most, kind) in [(2, Kind::Plt1Be), (16, Kind::Plt4Be), (17, Kind::Plt8), (256, Kind::Plt8)] {
        let mut met = false;
        for (name, picture) in few(most) {
            let indexed = Indexed::detect(&picture.source()).unwrap();
            let mut data = Vec::new();
            encoder.encode_palette(&indexed, &mut data);
            assert_eq!(decoded(&data, &indexed), picture.pixels(COLOUR), "{name}");
            met |= header(&data).unwrap().kind == kind;
        }
        assert!(met, "{kind:?} is used for {most} colours");
    }
}

#[test]
fn fewer_colours_take_fewer_bytes() {
    let mut random = Random(5);
    let noise = Picture::new(&mut random, "noise", 320, 200).pixels(COLOUR);
    let size = |colours: u32| {
        let pixels = noise.iter().map(|pixel| pixel % colours).collect();
        let indexed = Indexed::detect(&Picture::of(320, 200, pixels).source()).unwrap();
        let mut data = Vec::new();
        Encoder::new().encode_palette(&indexed, &mut data);
        data.len()
    };
    let [two, sixteen, many] = [2, 16, 256].map(size);
    assert!(two < 8_500 && sixteen < 33_500 && many < 66_500, "{two}, {sixteen}, {many}");
}
