//! ZLIB_GLZ against zlib (`data/zlib_glz`), and data that lie about their size.

mod files;

use files::Random;
use spice_codec::ErrorKind;
use spice_codec::zlib_glz::{inflate, inflate_into};
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
