//! The GLZ encoder: a client whose window is just as large as announced reads all that it makes.

mod files;
mod pictures;

use files::Random;
use pictures::{CONTENTS, Picture, all};
use spice_codec::glz::{Dictionary, Header, Window, decode, header};
use spice_codec::{ErrorKind, PixelFormat, lz};
use spice_wire::Limits;

const COLOUR: u32 = 0x00ff_ffff;

/// A dictionary and a client's window of the same size.
struct Session {
    dictionary: Dictionary,
    window: Window,
    limits: Limits,
}

impl Session {
    fn new(pixels: usize) -> Self {
        let limits = Limits { glz_window_pixels: pixels, ..Limits::DEFAULT };
        Self { dictionary: Dictionary::new(pixels), window: Window::new(&limits), limits }
    }

    fn encode(&mut self, picture: &Picture, format: PixelFormat) -> Vec<u8> {
        let mut out = b"before".to_vec();
        assert!(self.dictionary.encode(&picture.source(), format, &mut out));
        assert!(out.starts_with(b"before"));
        out.split_off(6)
    }

    fn assert_decodes(&mut self, data: &[u8], picture: &Picture, format: PixelFormat, name: &str) {
        let decoded =
            decode(data, &mut self.window, &self.limits).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decoded.format(), format, "{name}");
        let mask = if format == PixelFormat::Argb { u32::MAX } else { COLOUR };
        let rows = (0..decoded.height()).flat_map(|y| decoded.row(y).iter().copied());
        assert!(rows.eq(picture.pixels(mask)), "{name}: other pixels");
    }

    /// Sends one picture and gives its bytes.
    fn send(&mut self, picture: &Picture, format: PixelFormat, name: &str) -> Vec<u8> {
        let data = self.encode(picture, format);
        self.assert_decodes(&data, picture, format, name);
        data
    }
}

/// Part of a larger picture, so that much of it was there before, at other places.
fn part(random: &mut Random, whole: &Picture) -> Picture {
    let pixels = whole.pixels(u32::MAX);
    let (width, height) = (1 + random.below(whole.width), 1 + random.below(whole.height));
    let (left, top) = (random.below(whole.width - width + 1), random.below(whole.height - height + 1));
    let rows = (top..top + height).flat_map(|y| pixels[y * whole.width + left..][..width].to_vec());
    Picture::of(width, height, rows.collect())
}

fn format_of(random: &mut Random) -> PixelFormat {
    if random.below(4) == 0 { PixelFormat::Argb } else { PixelFormat::Xrgb }
}

#[test]
fn pictures_of_all_kinds_come_back_from_one_session() {
    let mut session = Session::new(1_000_000);
    for (name, picture) in all() {
        session.send(&picture, PixelFormat::Xrgb, &name);
        session.send(&picture, PixelFormat::Argb, &name);
    }
}

#[test]
fn every_window_holds_what_is_referred_to() {
    let mut random = Random(9);
    let wholes = CONTENTS.map(|content| Picture::new(&mut random, content, 160, 120));
    for window in [19_200, 25_000, 60_000, 400_000] {
        let mut session = Session::new(window);
        let mut sizes: Vec<usize> = Vec::new();
        for number in 0..250 {
            let whole = &wholes[random.below(wholes.len())];
            let picture = part(&mut random, whole);
            let format = format_of(&mut random);
            let data = session.send(&picture, format, &format!("picture {number} in a window of {window}"));
            let Header { id, head, .. } = header(&data).unwrap();
            sizes.push(picture.width * picture.height);
            assert_eq!(id, number);
            assert!(sizes[head as usize..].iter().sum::<usize>() <= window);
        }
        let held = session.dictionary.pixels();
        assert!(held <= window && held > window / 2, "{held} of {window} are used");
    }
}

#[test]
fn what_was_shown_before_costs_next_to_nothing() {
    let mut random = Random(5);
    for content in ["noise", "runs", "mixed"] {
        let whole = Picture::new(&mut random, content, 400, 300);
        let pixels = whole.pixels(u32::MAX);
        let scrolled = pixels[400 * 24..].iter().chain(&pixels[..400 * 24]).copied().collect();
        let mut changed = pixels.clone();
        changed[400 * 150 + 7] ^= 1;
        for format in [PixelFormat::Xrgb, PixelFormat::Argb] {
            let mut session = Session::new(800_000);
            let first = session.send(&whole, format, content).len();
            // Saying how long a repetition is takes a byte for 255 pixels.
            for (what, pixels) in
                [("same", pixels.clone()), ("scrolled", Vec::clone(&scrolled)), ("changed", changed.clone())]
            {
                let size = session.send(&Picture::of(400, 300, pixels), format, what).len();
                assert!(size < 2 * 400 * 300 / 255 + first / 20, "{content}, {what}: {size} after {first}");
            }
        }
    }
}

#[test]
fn a_window_for_a_single_picture_is_as_good_as_lz() {
    let mut random = Random(6);
    for content in CONTENTS {
        let pictures: Vec<_> = (0..3).map(|_| Picture::new(&mut random, content, 300, 200)).collect();
        let mut session = Session::new(100_000);
        for picture in pictures.iter().chain(&pictures) {
            let size = session.send(picture, PixelFormat::Xrgb, content).len();
            let mut lz = Vec::new();
            lz::Encoder::new().encode(&picture.source(), PixelFormat::Xrgb, &mut lz);
            assert!(size <= lz.len() + lz.len() / 2 + 100, "{content}: {size}, by LZ {}", lz.len());
        }
    }
}

#[test]
fn a_picture_that_fills_the_window_leaves_small_ones_their_past() {
    let mut random = Random(8);
    let large = Picture::new(&mut random, "mixed", 300, 200);
    let small = Picture::new(&mut random, "noise", 60, 40);
    let mut session = Session::new(300 * 200 + 3 * 60 * 40);
    let first = session.send(&small, PixelFormat::Xrgb, "first").len();
    session.send(&large, PixelFormat::Xrgb, "large");
    let again = session.send(&small, PixelFormat::Xrgb, "again").len();
    assert!(again * 10 < first, "{again} after {first}");
    session.send(&large, PixelFormat::Argb, "large, with alpha");
}

#[test]
fn displays_refer_to_their_own_pictures_alone() {
    let mut random = Random(8);
    let picture = Picture::new(&mut random, "noise", 60, 40);
    let mut dictionary = Dictionary::new(100_000);
    let mut size = |display| {
        let mut out = Vec::new();
        assert!(dictionary.encode_for(display, &picture.source(), PixelFormat::Xrgb, &mut out));
        out.len()
    };
    let sizes = [size(1), size(2), size(1), size(2)];
    assert_eq!(sizes[0], sizes[1]);
    assert!(sizes[2] * 10 < sizes[0] && sizes[3] * 10 < sizes[0], "{sizes:?}");
}

#[test]
fn several_displays_share_a_dictionary() {
    let mut random = Random(7);
    let whole = Picture::new(&mut random, "mixed", 200, 150);
    let mut session = Session::new(100_000);
    let parts: Vec<_> = (0..60).map(|_| part(&mut random, &whole)).collect();
    let sent: Vec<_> = parts.iter().map(|part| session.encode(part, PixelFormat::Xrgb)).collect();
    // Two connections, of which one lags behind.
    let (mut slow, mut fast): (Vec<_>, Vec<_>) = (0..sent.len()).partition(|number| number % 3 == 0);
    (slow, fast) = (slow.into_iter().rev().collect(), fast.into_iter().rev().collect());
    while let Some(&number) = fast.last().or(slow.last()) {
        let queue = if fast.is_empty() { &mut slow } else { &mut fast };
        match decode(&sent[number], &mut session.window, &session.limits) {
            Err(error) if matches!(error.kind, ErrorKind::Missing(_)) => {
                let number = slow.pop().expect("what is missing comes on the slow connection");
                session.assert_decodes(&sent[number], &parts[number], PixelFormat::Xrgb, "slow");
            }
            decoded => {
                let decoded = decoded.unwrap_or_else(|error| panic!("picture {number}: {error}"));
                queue.pop();
                assert!(
                    (0..decoded.height())
                        .flat_map(|y| decoded.row(y).to_vec())
                        .eq(parts[number].pixels(COLOUR))
                );
            }
        }
    }
    assert_eq!(session.window.gap(), 60);
}

#[test]
fn a_picture_larger_than_the_window_is_refused_and_changes_nothing() {
    let mut random = Random(8);
    let [small, large] = [10, 11].map(|side| Picture::new(&mut random, "noise", side, side));
    let mut session = Session::new(100);
    let mut out = Vec::new();
    session.send(&small, PixelFormat::Xrgb, "small");
    assert!(!session.dictionary.encode(&large.source(), PixelFormat::Xrgb, &mut out));
    assert!(out.is_empty());
    session.send(&small, PixelFormat::Xrgb, "small again");
    assert!(!Dictionary::new(0).encode(&small.source(), PixelFormat::Xrgb, &mut out));
}

#[test]
fn countless_tiny_pictures_keep_the_list_short() {
    let mut session = Session::new(100_000);
    let dot = Picture::of(1, 1, vec![0x12_3456]);
    for _ in 0..7000 {
        session.send(&dot, PixelFormat::Xrgb, "dot");
    }
    assert!(session.window.entries() <= 100_000 / 16, "{}", session.window.entries());
}

#[test]
fn a_cleared_dictionary_is_as_new() {
    let mut random = Random(10);
    let whole = Picture::new(&mut random, "mixed", 90, 70);
    let mut session = Session::new(50_000);
    let first: Vec<_> = (0..12).map(|_| session.encode(&whole, PixelFormat::Argb)).collect();
    session.dictionary.clear();
    assert_eq!(session.dictionary.pixels(), 0);
    let mut second = Session { dictionary: session.dictionary, ..Session::new(50_000) };
    for data in &first {
        // Marks of the first session may lead elsewhere, but never astray.
        let again = second.send(&whole, PixelFormat::Argb, "again");
        assert_eq!(header(&again), header(data));
    }
}
