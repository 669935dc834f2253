//! GLZ against the reference's encoder and decoder (`data/glz`), a plain model of the format, and hostile servers.

mod files;
mod tokens;

use files::Random;
use spice_codec::glz::{Picture, Window, decode, header};
use spice_codec::{ErrorKind, PixelFormat, Rows};
use spice_wire::Limits;
use tokens::Unit;

/// The limits of a session whose window has `pixels` pixels.
fn limits(pixels: usize) -> Limits {
    Limits { glz_window_pixels: pixels, ..Limits::DEFAULT }
}

/// The window of `data/make_lz.py`.
const SESSION: usize = 12_000;

const RGB32: u8 = 8;
const RGBA: u8 = 9;

/// A header, top down, and what follows.
fn picture(kind: u8, width: u32, height: u32, id: u64, back: u32, stream: &[u8]) -> Vec<u8> {
    let mut data = [0x2020_5a4c_u32, 0x0001_0001].map(u32::to_be_bytes).concat();
    data.push(kind | 16);
    data.extend([width, height, width.wrapping_mul(4)].map(u32::to_be_bytes).concat());
    data.extend(id.to_be_bytes());
    data.extend(back.to_be_bytes());
    data.extend(stream);
    data
}

/// A row of `width` equal pixels.
fn plain(width: u32, id: u64, back: u32) -> Vec<u8> {
    let (start, length) = tokens::split(width as usize - 1);
    let mut stream = vec![0, id as u8, 0, 0];
    tokens::reference(&mut stream, start, &length, 0, 0);
    picture(RGB32, width, 1, id, back, &stream)
}

/// A row of `width` pixels that are those from `place` on of the picture `back` ids before. Frees nothing.
fn referring(width: u32, id: u64, back: usize, place: usize) -> Vec<u8> {
    let (start, length) = tokens::split(width as usize);
    let mut stream = Vec::new();
    tokens::reference(&mut stream, start, &length, back, place);
    picture(RGB32, width, 1, id, id as u32, &stream)
}

fn pixels(picture: &Picture) -> Vec<u32> {
    (0..picture.height()).flat_map(|y| picture.row(y)).copied().collect()
}

fn kind(data: &[u8], window: &mut Window) -> ErrorKind {
    decode(data, window, &Limits::DEFAULT).unwrap_err().kind
}

fn expected() -> Vec<Vec<u32>> {
    let words =
        |part: &Vec<u8>| part.as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    files::list("glz/session.pixels").iter().map(words).collect()
}

#[test]
fn a_session_gives_the_reference_pictures() {
    let mut window = Window::new(&limits(SESSION));
    for (data, expected) in files::list("glz/session.glz").iter().zip(expected()) {
        let picture = decode(data, &mut window, &Limits::DEFAULT).unwrap();
        assert_eq!(pixels(&picture), expected);
        let (width, height) = (picture.width(), picture.height());
        let mut copied = vec![0; (width + 1) * height];
        picture.copy_to(&mut Rows::new(&mut copied, width, height, width + 1).unwrap()).unwrap();
        assert!(
            copied.chunks(width + 1).zip(expected.chunks(width)).all(|(row, line)| row[..width] == *line)
        );
        let error = picture.copy_to(&mut Rows::new(&mut copied, width, height - 1, width).unwrap());
        assert_eq!(error.unwrap_err().kind, ErrorKind::Mismatch);
    }
    let picture = decode(&plain(1, 24, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(picture.format(), PixelFormat::Xrgb);
}

#[test]
fn displays_that_run_ahead_wait_and_lose_nothing() {
    let (frames, expected) = (files::list("glz/session.glz"), expected());
    let mut random = Random(17);
    for _ in 0..50 {
        let mut window = Window::new(&limits(SESSION));
        // Three displays, each with its own pictures in order, of which any may be the next to try.
        let mut displays = [const { Vec::new() }; 3];
        (0..frames.len()).rev().for_each(|index| displays[random.below(3)].push(index));
        let mut left = frames.len();
        while left > 0 {
            let display = &mut displays[random.below(3)];
            let Some(&index) = display.last() else { continue };
            let (gap, held) = (window.gap(), window.pixels());
            match decode(&frames[index], &mut window, &Limits::DEFAULT) {
                Ok(picture) => {
                    assert_eq!(pixels(&picture), expected[index]);
                    display.pop();
                    left -= 1;
                }
                Err(error) => {
                    let ErrorKind::Missing(id) = error.kind else { panic!("{error}") };
                    assert!(id >= gap && id < index as u64, "waits for {id}");
                    assert_eq!((window.gap(), window.pixels()), (gap, held), "the window has changed");
                }
            }
            assert!(window.pixels() <= 2 * SESSION);
        }
        assert_eq!(window.gap(), frames.len() as u64);
    }
}

#[test]
fn any_sequence_of_tokens_means_what_the_model_says() {
    let mut random = Random(19);
    let mut window = Window::new(&limits(1 << 20));
    for id in 0..200 {
        let (unit, kind) = [(Unit::Bgr, RGB32), (Unit::Word, 6), (Unit::Bgr, RGBA)][random.below(3)];
        let most = [40, 500][random.below(2)];
        let (width, height) = (1 + random.below(most), 1 + random.below(40));
        let (mut stream, mut expected) = tokens::glz(&mut random, unit, width * height);
        if kind == RGBA {
            let (alpha, tops) = tokens::glz(&mut random, Unit::Byte, width * height);
            stream.extend(alpha);
            expected.iter_mut().zip(tops).for_each(|(pixel, top)| *pixel |= top);
        }
        let data = picture(kind, width as u32, height as u32, id, 0, &stream);
        let picture = decode(&data, &mut window, &Limits::DEFAULT).unwrap();
        assert_eq!(pixels(&picture), expected, "picture {id}");
    }
}

#[test]
fn references_into_other_pictures_reach_every_place_and_distance() {
    let mut window = Window::new(&limits(1 << 22));
    let width = 1 << 18;
    let (stream, first) = tokens::glz(&mut Random(23), Unit::Bgr, width);
    decode(&picture(RGB32, width as u32, 1, 0, 0, &stream), &mut window, &Limits::DEFAULT).unwrap();
    for back in [1, 58, 128, 250, 16_380, 65_533] {
        while window.gap() < back {
            let id = window.gap();
            decode(&plain(2, id, id as u32), &mut window, &Limits::DEFAULT).unwrap();
        }
        for place in [0, 1, 4095, 4096, (1 << 17) - 1, 1 << 17, width - 40] {
            let id = window.gap();
            let data = referring(40, id, id as usize, place);
            let picture = decode(&data, &mut window, &Limits::DEFAULT).unwrap();
            assert_eq!(picture.row(0), &first[place..place + 40], "{id} back at {place}");
        }
    }
}

#[test]
fn references_stay_within_pictures_of_the_same_type() {
    let mut window = Window::new(&limits(1000));
    decode(&plain(20, 0, 0), &mut window, &Limits::DEFAULT).unwrap();
    let other = picture(RGBA, 1, 1, 1, 1, &[0, 1, 2, 3, 0, 4]);
    decode(&other, &mut window, &Limits::DEFAULT).unwrap();
    let mut refused = |back: usize, place| {
        let id = window.gap();
        assert_eq!(kind(&referring(8, id, back, place), &mut window), ErrorKind::Corrupt);
    };
    refused(2, 13);
    refused(3, 20);
    refused(4, (1 << 25) - 1);
    refused(4, 0);
    refused(7, 0);
    let id = window.gap();
    let picture = decode(&referring(8, id, id as usize, 12), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(picture.row(0), [0; 8]);
    assert_eq!(
        kind(&referring(8, id + 1, 0, 0), &mut window),
        ErrorKind::Corrupt,
        "before its own first pixel"
    );
}

#[test]
fn alpha_streams_refer_to_alpha_and_colour_streams_to_colour() {
    let mut window = Window::new(&limits(1000));
    let literal = [1, 1, 2, 3, 4, 5, 6, 1, 7, 8];
    decode(&picture(RGBA, 2, 1, 0, 0, &literal), &mut window, &Limits::DEFAULT).unwrap();
    let mut stream = vec![1, 9, 9, 9, 9, 9, 9];
    // Alpha matches are never shorter than three, so take one within the picture and one from the other.
    stream.extend([0, 5, 0, 6]);
    let own = decode(&picture(RGBA, 2, 1, 1, 1, &stream), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(own.row(0), [0x0509_0909, 0x0609_0909]);
    let literal = [2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 2, 10, 11, 12];
    decode(&picture(RGBA, 3, 1, 2, 2, &literal), &mut window, &Limits::DEFAULT).unwrap();
    let mut stream = vec![2, 4, 4, 4, 5, 5, 5, 6, 6, 6];
    tokens::reference(&mut stream, 1, &[], 1, 0);
    let other = decode(&picture(RGBA, 3, 1, 3, 3, &stream), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(other.row(0), [0x0a04_0404, 0x0b05_0505, 0x0c06_0606]);
    assert_eq!(other.format(), PixelFormat::Argb);
}

#[test]
fn freed_pictures_are_gone_and_missing_ones_are_waited_for() {
    let mut window = Window::new(&limits(1000));
    for id in 0..5 {
        decode(&plain(20, id, 2.min(id as u32)), &mut window, &Limits::DEFAULT).unwrap();
    }
    assert_eq!(window.pixels(), 60);
    assert_eq!(kind(&referring(20, 5, 4, 0), &mut window), ErrorKind::Corrupt, "freed");
    assert_eq!(kind(&referring(20, 9, 2, 0), &mut window), ErrorKind::Missing(7));
    assert_eq!(kind(&plain(20, 5, 0), &mut window), ErrorKind::Corrupt, "the failed picture has come");
    assert_eq!(kind(&plain(20, 3, 0), &mut window), ErrorKind::Corrupt, "came twice");
    decode(&plain(20, 7, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(kind(&plain(20, 7, 0), &mut window), ErrorKind::Corrupt, "came twice, early");
    decode(&referring(20, 9, 2, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(window.gap(), 6);
    decode(&plain(20, 6, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!((window.gap(), window.pixels()), (8, 40), "picture 7 frees all before it, 9 is early");
    window.clear();
    assert_eq!((window.gap(), window.pixels()), (0, 0));
    decode(&plain(20, 0, 0), &mut window, &Limits::DEFAULT).unwrap();
}

#[test]
fn what_never_comes_is_given_up() {
    let mut window = Window::new(&limits(1000));
    assert_eq!(kind(&referring(20, 1, 1, 0), &mut window), ErrorKind::Missing(0));
    window.give_up(0);
    assert_eq!(kind(&referring(20, 1, 1, 0), &mut window), ErrorKind::Corrupt);
    assert_eq!(window.gap(), 2);
    window.give_up(0);
    window.give_up(3);
    assert_eq!(window.gap(), 2);
    decode(&plain(20, 2, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(window.gap(), 4);
}

#[test]
fn a_server_that_ignores_the_window_cannot_make_it_grow() {
    const WINDOW: usize = 1000;
    let mut window = Window::new(&limits(WINDOW));
    for id in 0..200 {
        decode(&plain(90, id, id as u32), &mut window, &Limits::DEFAULT).unwrap();
        assert!(window.pixels() <= WINDOW, "{} pixels", window.pixels());
    }
    assert_eq!(kind(&referring(90, 200, 150, 0), &mut window), ErrorKind::Limit, "forgotten");
    assert_eq!(kind(&plain(1001, 201, 0), &mut window), ErrorKind::Limit, "larger than the window");
    // Pictures ahead of a missing one wait when there is no room for more of them.
    let mut waiting = 0;
    for id in 203..400 {
        match decode(&plain(90, id, 0), &mut window, &Limits::DEFAULT) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Missing(202));
                waiting += 1;
            }
        }
        assert!(window.pixels() <= 2 * WINDOW, "{} pixels", window.pixels());
    }
    assert_eq!(waiting, 197 - 11);
    let ids = [u64::MAX - 1, 1 << 40, 1 << 63];
    for id in ids {
        assert_eq!(kind(&plain(90, id, 0), &mut window), ErrorKind::Missing(202));
    }
    assert_eq!(kind(&plain(2, u64::MAX, 0), &mut window), ErrorKind::Corrupt);
    decode(&plain(90, 202, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(window.gap(), 214);
    // Pictures without content cost memory too.
    for id in 214..1000 {
        assert_eq!(kind(&picture(RGB32, 1, 1, id, id as u32, &[]), &mut window), ErrorKind::Truncated);
    }
    for id in 1001..3000 {
        let _ = decode(&picture(RGB32, 1, 1, id, id as u32, &[]), &mut window, &Limits::DEFAULT);
    }
    assert!(window.entries() <= 2 * (WINDOW / 8), "{} entries", window.entries());
}

#[test]
fn buffers_of_freed_pictures_are_used_again() {
    let mut window = Window::new(&limits(100_000));
    let first = decode(&plain(40_000, 0, 0), &mut window, &Limits::DEFAULT).unwrap();
    let place = first.row(0).as_ptr();
    drop(first);
    let second = decode(&plain(39_000, 1, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(second.row(0).as_ptr(), place);
    let place = second.row(0).as_ptr();
    drop(second);
    window.clear();
    let second = decode(&plain(39_500, 0, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert_eq!(second.row(0).as_ptr(), place, "after a reset too");
    let second = {
        drop(second);
        decode(&plain(39_000, 1, 0), &mut window, &Limits::DEFAULT).unwrap()
    };
    // A picture that the caller still holds is not overwritten.
    let third = decode(&plain(39_000, 2, 0), &mut window, &Limits::DEFAULT).unwrap();
    assert!(third.row(0).as_ptr() != place);
    assert!(second.row(0).iter().all(|&pixel| pixel == 1));
    // Nor does a decode that fails or waits keep one.
    let held = window.pixels();
    let late = referring(39_000, 4, 1, 0);
    assert_eq!(kind(&late, &mut window), ErrorKind::Missing(3));
    assert_eq!(window.pixels(), held + 39_000, "the fresh buffer waits in the pool");
    assert_eq!(kind(&late, &mut window), ErrorKind::Missing(3));
    assert_eq!(window.pixels(), held + 39_000);
}

#[test]
fn a_full_window_uses_the_buffer_of_the_picture_that_it_frees() {
    let mut window = Window::new(&limits(100_000));
    let places: Vec<_> = (0..12)
        .map(|id| {
            let picture =
                decode(&plain(33_000, id, id.min(2) as u32), &mut window, &Limits::DEFAULT).unwrap();
            assert!(window.pixels() <= 100_000);
            picture.row(0).as_ptr()
        })
        .collect();
    assert_eq!(places[3..], places[..9]);
}

#[test]
fn data_cut_anywhere_are_truncated() {
    let mut window = Window::new(&limits(1000));
    let literal = [3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    decode(&picture(RGB32, 4, 1, 0, 0, &literal), &mut window, &Limits::DEFAULT).unwrap();
    let mut stream = literal.to_vec();
    tokens::reference(&mut stream, 7, &[255, 3], 0, 1);
    let data = |id: u64, length: usize| picture(RGB32, 269, 1, id, id as u32, &stream)[..length].to_vec();
    let length = picture(RGB32, 269, 1, 0, 0, &stream).len();
    for cut in 0..length {
        let id = window.gap();
        assert_eq!(kind(&data(id, cut), &mut window), ErrorKind::Truncated, "cut at {cut}");
        // Without a header nothing is known of the picture; with one it has come.
        assert_eq!(window.gap(), id + u64::from(cut >= 33));
    }
    let whole = data(window.gap(), length);
    decode(&whole, &mut window, &Limits::DEFAULT).unwrap();
}

#[test]
fn damaged_sessions_never_panic_and_stay_within_bounds() {
    let frames = files::list("glz/session.glz");
    let mut random = Random(29);
    let mut refused = 0;
    for _ in 0..300 {
        let mut window = Window::new(&limits(SESSION));
        for frame in &frames {
            let data = if random.below(3) == 0 { random.damage(frame) } else { frame.clone() };
            refused += usize::from(decode(&data, &mut window, &limits(SESSION)).is_err());
            assert!(window.pixels() <= 2 * SESSION, "{} pixels", window.pixels());
        }
    }
    assert!(refused > 1000, "only {refused} refused");
}

#[test]
fn headers_that_no_encoder_writes_are_corrupt() {
    for kind in [0, 1, 5, 10, 11, 12, 15] {
        assert_eq!(header(&picture(kind, 1, 1, 0, 0, &[])).unwrap_err().kind, ErrorKind::Corrupt, "{kind}");
    }
    for (width, height, back) in [(0, 1, 0), (1, 0, 0), (1, 1, 1)] {
        let data = picture(RGB32, width, height, 0, back, &[]);
        assert_eq!(header(&data).unwrap_err().kind, ErrorKind::Corrupt);
    }
    let mut window = Window::new(&Limits::DEFAULT);
    let giant = picture(RGB32, u32::MAX, u32::MAX, 0, 0, &[]);
    assert_eq!(kind(&giant, &mut window), ErrorKind::Limit);
    assert_eq!(window.gap(), 1);
}
