//! QUIC against images that the reference's encoder made (tests/data/quic/README.md), whole, cut and forged.

use std::fs;
use std::path::{Path, PathBuf};

use spice_codec::quic::{self, Header, ImageKind};
use spice_codec::{ErrorKind, PixelFormat, Rows};

#[test]
fn every_recorded_image_gives_its_pixels() {
    let mut kinds = Vec::new();
    for (path, data) in recorded() {
        let header = quic::header(&data).unwrap();
        kinds.push(header.kind);
        if header.kind == ImageKind::Gray {
            continue;
        }
        let pixels = decoded(&data).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let sum = fs::read_to_string(path.with_extension("fnv")).unwrap();
        assert_eq!(format!("{:016x}", checksum(&pixels)), sum.trim(), "{}", path.display());
    }
    for kind in [ImageKind::Gray, ImageKind::Rgb16, ImageKind::Rgb24, ImageKind::Rgb32, ImageKind::Rgba] {
        assert!(kinds.contains(&kind), "no {kind:?} among the recordings");
    }
}

#[test]
fn rows_may_lie_apart() {
    let data = image("rgba_17x13_mixed");
    let tight = decoded(&data).unwrap();
    let mut loose = vec![0x1234_5678; 20 * 13];
    quic::decode(&data, &mut Rows::new(&mut loose, 17, 13, 20).unwrap()).unwrap();
    for (loose, tight) in loose.chunks(20).zip(tight.chunks(17)) {
        assert_eq!(&loose[..17], tight);
        assert_eq!(loose[17..], [0x1234_5678; 3]);
    }
}

#[test]
fn header_tells_what_will_be_written() {
    let header = quic::header(&image("rgb16_17x13_mixed")).unwrap();
    assert_eq!(header, Header { kind: ImageKind::Rgb16, width: 17, height: 13 });
    assert_eq!(header.format(), PixelFormat::Rgb555);
    assert_eq!(quic::header(&image("rgba_17x13_mixed")).unwrap().format(), PixelFormat::Argb);
    assert_eq!(quic::header(&image("rgb32_17x13_mixed")).unwrap().format(), PixelFormat::Xrgb);
}

#[test]
fn gray_is_recognised_and_refused() {
    let data = image("gray_17x13_mixed");
    assert_eq!(decoded(&data).unwrap_err().kind, ErrorKind::Unsupported);
}

#[test]
fn rows_of_another_size_are_refused() {
    let data = image("rgb32_17x13_mixed");
    for (width, height) in [(16, 13), (17, 12), (18, 13), (13, 17)] {
        let mut pixels = vec![0; width * height];
        let error =
            quic::decode(&data, &mut Rows::new(&mut pixels, width, height, width).unwrap()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Mismatch);
    }
}

#[test]
fn headers_that_no_encoder_writes_are_refused() {
    let sound = image("rgb32_17x13_mixed");
    let changed = |at: usize, value: u32| {
        let mut data = sound.clone();
        data[at..at + 4].copy_from_slice(&value.to_le_bytes());
        quic::header(&data).unwrap_err().kind
    };
    assert_eq!(changed(0, 0x2020_5a4c), ErrorKind::Corrupt);
    assert_eq!(changed(4, 1), ErrorKind::Unsupported);
    assert_eq!(changed(8, 0), ErrorKind::Corrupt);
    assert_eq!(changed(8, 6), ErrorKind::Corrupt);
    assert_eq!(changed(12, 0), ErrorKind::Corrupt);
    assert_eq!(changed(16, 0), ErrorKind::Corrupt);
    // 17 columns of this many rows are the first beyond 2^29 pixels.
    assert_eq!(changed(16, (1 << 29) / 17 + 1), ErrorKind::Corrupt);
    assert_eq!(changed(16, u32::MAX), ErrorKind::Corrupt);
}

#[test]
fn data_cut_anywhere_is_truncated_or_whole() {
    for (path, data) in recorded().into_iter().filter(|(_, data)| data.len() < 2500) {
        let Ok(whole) = decoded(&data) else { continue };
        for size in 0..data.len() {
            match decoded(&data[..size]) {
                Err(error) => {
                    // Garbage read past the end may look like a run that is too long before the end is noticed.
                    let kinds = [ErrorKind::Truncated, ErrorKind::Corrupt];
                    assert!(kinds.contains(&error.kind), "{}: {error}", path.display());
                    assert!(size < 20 || error.offset <= data.len() + 64);
                }
                // Encoders append a word that no pixel needs.
                Ok(pixels) => {
                    assert!(data.len() - size <= 8, "{} at {size}", path.display());
                    assert_eq!(pixels, whole);
                }
            }
        }
    }
}

#[test]
fn forged_bits_never_panic_and_outcomes_repeat() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut failures = 0;
    for (_, data) in recorded().into_iter().filter(|(_, data)| data.len() < 20_000) {
        for _ in 0..100 {
            let mut forged = data.clone();
            for _ in 0..=random % 4 {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                let at = 20 + (random >> 33) as usize % (forged.len() - 20);
                forged[at] ^= 1 << (random >> 29 & 7);
            }
            let first = decoded(&forged);
            failures += usize::from(first.is_err());
            assert_eq!(first, decoded(&forged));
        }
    }
    assert!(failures > 0, "not one forged stream was noticed");
}

#[test]
fn streams_of_one_bit_end_in_time() {
    // All zeros, all ones and alternating bits reach the longest codes and the longest runs.
    for fill in [0x00, 0xff, 0x55, 0xaa] {
        for kind in 2..=5_u32 {
            let mut data = b"QUIC\0\0\0\0".to_vec();
            [kind, 300, 200].iter().for_each(|word| data.extend(word.to_le_bytes()));
            data.resize(4000, fill);
            let error = decoded(&data).unwrap_err();
            assert!(matches!(error.kind, ErrorKind::Truncated | ErrorKind::Corrupt), "{error}");
        }
    }
}

fn decoded(data: &[u8]) -> spice_codec::Result<Vec<u32>> {
    let header = quic::header(data)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let mut pixels = vec![0; width * height];
    quic::decode(data, &mut Rows::new(&mut pixels, width, height, width).unwrap())?;
    Ok(pixels)
}

fn recorded() -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "bin")).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn image(name: &str) -> Vec<u8> {
    fs::read(folder().join(name).with_extension("bin")).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/quic")
}

/// FNV-1a of 64 bits, a pixel at a time.
fn checksum(pixels: &[u32]) -> u64 {
    pixels.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &pixel| {
        (sum ^ u64::from(pixel)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
