//! LZ4 against liblz4 (`data/lz4`) and the crate lz4_flex, and data that no encoder makes.

mod files;

use files::Random;
use spice_codec::lz4::{block, decode};
use spice_codec::{ErrorKind, PixelFormat, Rows};
use spice_wire::Limits;

const NAMES: [(&str, PixelFormat); 4] = [
    ("rgb16", PixelFormat::Rgb555),
    ("rgb24", PixelFormat::Xrgb),
    ("rgb32", PixelFormat::Xrgb),
    ("rgba", PixelFormat::Argb),
];
const WIDTH: usize = 41;
const HEIGHT: usize = 17;

fn decoded(data: &[u8], gap: usize) -> Result<(PixelFormat, Vec<u32>), ErrorKind> {
    let mut pixels = vec![7; (WIDTH + gap) * HEIGHT];
    let mut rows = Rows::new(&mut pixels, WIDTH, HEIGHT, WIDTH + gap).unwrap();
    let format = decode(data, &mut rows, &Limits::DEFAULT).map_err(|error| error.kind)?;
    assert!(pixels.chunks(WIDTH + gap).all(|line| line[WIDTH..].iter().all(|&pixel| pixel == 7)));
    Ok((format, pixels.chunks(WIDTH + gap).flat_map(|line| &line[..WIDTH]).copied().collect()))
}

/// A picture of one block.
fn picture(format: u8, block: &[u8]) -> Vec<u8> {
    [&[1, format], &(block.len() as u32).to_be_bytes()[..], block].concat()
}

/// Bytes with runs of all short distances and repetitions from far.
fn bytes(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = 1 + random.below(20_000);
    while bytes.len() < length {
        let most = [24, 24, 24, 400][random.below(4)];
        let count = 1 + random.below(most);
        let distance = [1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 4096][random.below(13)];
        match random.below(3) {
            0 => bytes.extend((0..count).map(|_| random.below(256) as u8)),
            _ => (0..count)
                .for_each(|_| bytes.push(bytes.len().checked_sub(distance).map_or(1, |at| bytes[at]))),
        }
    }
    bytes
}

#[test]
fn every_format_gives_the_reference_picture() {
    for (name, format) in NAMES {
        let expected = (format, files::words(&format!("lz4/{name}.pixels")));
        for lines in [HEIGHT, 3] {
            let data = files::bytes(&format!("lz4/{name}_{lines}.lz4"));
            assert_eq!(decoded(&data, 0).unwrap(), expected, "{name} in blocks of {lines} lines");
            assert_eq!(decoded(&data, 2).unwrap(), expected, "{name} with a gap behind each row");
        }
    }
}

#[test]
fn blocks_of_another_encoder_decode() {
    let mut random = Random(3);
    for round in 0..400 {
        let bytes = bytes(&mut random);
        let coded = lz4_flex::block::compress(&bytes);
        assert_eq!(block(&coded, bytes.len(), &Limits::DEFAULT).unwrap(), bytes, "round {round}");
        let small = block(&coded, bytes.len() - 1, &Limits::DEFAULT).unwrap_err();
        assert_eq!(small.kind, ErrorKind::Mismatch, "round {round}");
        let large = block(&coded, bytes.len() + 1, &Limits::DEFAULT).unwrap_err();
        assert_eq!(large.kind, ErrorKind::Mismatch, "round {round}");
    }
}

#[test]
fn damaged_blocks_mean_the_same_to_another_decoder() {
    let mut random = Random(5);
    let mut refused = 0;
    for _ in 0..200 {
        let bytes = bytes(&mut random);
        let coded = lz4_flex::block::compress(&bytes);
        for _ in 0..20 {
            let damaged = random.damage(&coded);
            let ours = block(&damaged, bytes.len(), &Limits::DEFAULT);
            let mut theirs = vec![0; bytes.len()];
            let result = lz4_flex::block::decompress_into(&damaged, &mut theirs);
            if ours.is_ok() && result.is_ok() {
                assert_eq!(ours.as_ref(), Ok(&theirs));
            }
            refused += usize::from(ours.is_err());
        }
    }
    assert!(refused > 500, "only {refused} refused");
}

#[test]
fn data_cut_anywhere_are_refused() {
    for (name, _) in NAMES {
        for lines in [HEIGHT, 3] {
            let mut data = files::bytes(&format!("lz4/{name}_{lines}.lz4"));
            for length in 0..data.len() {
                assert_eq!(decoded(&data[..length], 0), Err(ErrorKind::Truncated), "{name} cut at {length}");
            }
            data.extend([0, 0, 0, 2, 0x10, 9]);
            assert_eq!(decoded(&data, 0), Err(ErrorKind::Mismatch), "{name} with a block more");
        }
    }
}

#[test]
fn damaged_pictures_never_panic() {
    let mut random = Random(9);
    let mut refused = 0;
    for (name, _) in NAMES {
        let data = files::bytes(&format!("lz4/{name}_3.lz4"));
        refused += (0..3000).filter(|_| decoded(&random.damage(&data), 0).is_err()).count();
    }
    assert!(refused > 1000, "only {refused} refused");
}

#[test]
fn data_that_no_encoder_makes_are_refused() {
    for format in [0, 5, 10, 255] {
        assert_eq!(decoded(&picture(format, &[0]), 0), Err(ErrorKind::Corrupt), "format {format}");
    }
    assert_eq!(decoded(&picture(8, &[]), 0), Err(ErrorKind::Truncated), "empty block");
    assert_eq!(decoded(&picture(8, &[0]), 0), Err(ErrorKind::Corrupt), "block without content");
    assert_eq!(decoded(&picture(8, &[0x10, 1, 0, 0, 0]), 0), Err(ErrorKind::Corrupt), "distance 0");
    assert_eq!(
        decoded(&picture(8, &[0x10, 1, 2, 0, 0]), 0),
        Err(ErrorKind::Corrupt),
        "before the first byte"
    );
    let endless = [&[0x1f, 1, 1, 0][..], &[255; 50_000]].concat();
    assert_eq!(decoded(&picture(8, &endless), 0), Err(ErrorKind::Mismatch), "endless length");
    assert_eq!(decoded(&[1, 8, 0xff, 0xff, 0xff, 0xff, 0], 0), Err(ErrorKind::Truncated), "giant block");
}

#[test]
fn an_announced_size_is_not_believed() {
    let coded = lz4_flex::block::compress(&[0; 1000]);
    let kind = |size, limits: &Limits| block(&coded, size, limits).unwrap_err().kind;
    assert_eq!(kind(usize::MAX, &Limits::DEFAULT), ErrorKind::Limit);
    assert_eq!(kind(192 << 20, &Limits::DEFAULT), ErrorKind::Mismatch, "more than so few bytes can give");
    assert_eq!(kind(1000, &Limits { message: 999, ..Limits::DEFAULT }), ErrorKind::Limit);
    let mut pixels = vec![0; WIDTH * HEIGHT];
    let mut rows = Rows::new(&mut pixels, WIDTH, HEIGHT, WIDTH).unwrap();
    let limits = Limits { pixels: WIDTH * HEIGHT - 1, ..Limits::DEFAULT };
    let data = files::bytes("lz4/rgb32_17.lz4");
    assert_eq!(decode(&data, &mut rows, &limits).unwrap_err().kind, ErrorKind::Limit);
}
