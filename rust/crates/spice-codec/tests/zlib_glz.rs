//! ZLIB_GLZ against zlib (`data/zlib_glz`), and data that lie about their size.

mod files;

use files::Random;
use spice_codec::ErrorKind;
use spice_codec::zlib_glz::{Deflater, inflate, inflate_into};
use spice_wire::Limits;

fn kind(data: &[u8], size: usize) -> ErrorKind {
    inflate(data, size, &Limits::DEFAULT).unwrap_err().kind
}

#[test]
fn data_of_zlib_inflate() {
    let mut glz = Vec::new();
    for (coded, plain) in files::list("zlib_glz/session.zlib").iter().zip(files::list("glz/session.glz")) {
        assert_eq!(inflate(coded, plain.len(), &Limits::DEFAULT).unwrap(), plain);
        inflate_into(coded, plain.len(), &mut glz, &Limits::DEFAULT).unwrap();
        assert_eq!(glz, plain, "into a buffer with other content");
    }
}

#[test]
fn a_buffer_keeps_nothing_of_the_picture_before_one_that_fails() {
    let coded = &files::list("zlib_glz/session.zlib")[0];
    let plain = &files::list("glz/session.glz")[0];
    let limits = Limits { message: plain.len(), ..Limits::DEFAULT };
    for (data, size) in [(&coded[..coded.len() / 2], plain.len()), (coded, 1), (coded, plain.len() + 1)] {
        let mut glz = vec![7; plain.len() + 100];
        assert!(inflate_into(data, size, &mut glz, &limits).is_err());
        assert!(glz.is_empty());
    }
}

#[test]
fn the_size_must_be_exact() {
    for (coded, plain) in files::list("zlib_glz/session.zlib").iter().zip(files::list("glz/session.glz")) {
        assert_eq!(kind(coded, plain.len() - 1), ErrorKind::Mismatch);
        assert_eq!(kind(coded, plain.len() + 1), ErrorKind::Mismatch);
        assert_eq!(kind(coded, 0), ErrorKind::Mismatch);
    }
}

#[test]
fn a_bomb_gets_no_more_memory_than_its_size_allows() {
    let coded = &files::list("zlib_glz/session.zlib")[0];
    assert_eq!(kind(coded, usize::MAX), ErrorKind::Limit);
    assert_eq!(kind(coded, 192 << 20), ErrorKind::Mismatch, "more than so few bytes can give");
    let limits = Limits { message: 100, ..Limits::DEFAULT };
    assert_eq!(inflate(coded, 101, &limits).unwrap_err().kind, ErrorKind::Limit);
}

#[test]
fn data_cut_anywhere_are_truncated() {
    let (coded, plain) = (&files::list("zlib_glz/session.zlib")[3], &files::list("glz/session.glz")[3]);
    for length in 0..coded.len() {
        let error = kind(&coded[..length], plain.len());
        assert!(matches!(error, ErrorKind::Truncated | ErrorKind::Mismatch), "{error:?} cut at {length}");
    }
}

#[test]
fn damaged_data_are_refused_by_structure_or_checksum() {
    let (coded, plain) = (&files::list("zlib_glz/session.zlib")[3], &files::list("glz/session.glz")[3]);
    let mut random = Random(13);
    for _ in 0..3000 {
        let damaged = random.damage(coded);
        if damaged != *coded {
            match inflate(&damaged, plain.len(), &Limits::DEFAULT) {
                Err(_) => {}
                // Some header bits mean nothing.
                Ok(bytes) => assert_eq!(bytes, *plain),
            }
        }
    }
}

/// Bytes with repetitions from near and far, and with noise of all kinds between.
fn bytes(random: &mut Random, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < length {
        let most = [8, 40, 300, 40_000][random.below(4)];
        let count = 1 + random.below(most);
        match random.below(5) {
            0 => bytes.extend((0..count).map(|_| random.below(256) as u8)),
            1 => bytes.extend((0..count).map(|_| random.below(1 << 16).trailing_zeros() as u8)),
            2 => bytes.resize(bytes.len() + count, random.below(256) as u8),
            _ => {
                let distance = 1 + random.below(40_000).min(bytes.len());
                (0..count)
                    .for_each(|_| bytes.push(bytes.len().checked_sub(distance).map_or(1, |at| bytes[at])));
            }
        }
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn what_was_deflated_inflates() {
    let (mut random, mut deflater, mut shrunk) = (Random(21), Deflater::new(), 0);
    for round in 0..300 {
        let most = [200, 2000, 60_000, 300_000][round % 4];
        let length = 100 + random.below(most);
        let plain = bytes(&mut random, length);
        let mut out = b"before".to_vec();
        if deflater.deflate(&plain, &mut out) {
            shrunk += 1;
            assert!(out.len() - 6 < plain.len());
            assert!(inflate(&out[6..], plain.len(), &Limits::DEFAULT).unwrap() == plain, "round {round}");
        }
        assert!(out.starts_with(b"before"));
    }
    assert!(shrunk > 200, "{shrunk} of 300 became smaller");
}

#[test]
fn glz_data_become_smaller() {
    let mut deflater = Deflater::new();
    let (mut plain_size, mut size, mut reference) = (0, 0, 0);
    for (plain, coded) in files::list("glz/session.glz").iter().zip(files::list("zlib_glz/session.zlib")) {
        let mut out = Vec::new();
        if plain.len() >= 200 && deflater.deflate(plain, &mut out) {
            assert_eq!(inflate(&out, plain.len(), &Limits::DEFAULT).unwrap(), *plain);
            (plain_size, size, reference) =
                (plain_size + plain.len(), size + out.len(), reference + coded.len());
        }
    }
    assert!(
        size < plain_size && size <= reference + reference / 20,
        "{size} of {plain_size}, zlib {reference}"
    );
}

#[test]
fn what_is_short_or_does_not_shrink_is_left_alone() {
    let mut random = Random(22);
    let noise: Vec<u8> = (0..200_000).map(|_| random.below(256) as u8).collect();
    let mut out = b"before".to_vec();
    for plain in [&[7; 99][..], &noise, &noise[..101]] {
        assert!(!Deflater::new().deflate(plain, &mut out));
        assert_eq!(out, b"before");
    }
    assert!(Deflater::new().deflate(&[7; 100], &mut out));
}

#[test]
fn noise_within_a_stream_is_stored() {
    let mut random = Random(23);
    let mut plain = vec![1; 300_000];
    plain.extend((0..200_000).map(|_| random.below(256) as u8));
    plain.resize(800_000, 2);
    let mut out = Vec::new();
    assert!(Deflater::new().deflate(&plain, &mut out));
    assert_eq!(inflate(&out, plain.len(), &Limits::DEFAULT).unwrap(), plain);
    assert!(out.len() < 205_000, "{}", out.len());
}
