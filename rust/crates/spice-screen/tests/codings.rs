//! Which coding pictures get.

mod common;

use std::collections::BTreeSet;

use common::{Client, noise, picture, screen};
use spice_screen::{Compression, Plan, Room, Screen, Settings, Use, View};
use spice_wire::messages::display::{FromServer, ImageCompression};
use spice_wire::messages::image::ImageType;

const SIDE: usize = 256;

/// Dark letters on plain ground.
fn text() -> Vec<u32> {
    let ink = noise(SIDE * SIDE, 3);
    let letter = |at: usize| (at / SIDE) % 16 > 4 && ink[at].is_multiple_of(5);
    (0..SIDE * SIDE).map(|at| if letter(at) { 0x20_2020 } else { 0xff_ffff }).collect()
}

/// Something like a photograph: neighbours differ a little.
fn photo() -> Vec<u32> {
    let grain = noise(SIDE * SIDE, 4);
    let wave = |x: f64, y: f64| 128.0 + 80.0 * (x / 31.0).sin() * (y / 23.0).cos();
    let pixel = |at: usize| {
        let value = wave((at % SIDE) as f64, (at / SIDE) as f64) as u32 + grain[at] % 6;
        value << 16 | (value / 2) << 8 | (255 - value)
    };
    (0..SIDE * SIDE).map(pixel).collect()
}

/// Kinds of the images that a client is sent for a picture.
fn kinds(pixels: &[u32], settings: Settings) -> Vec<ImageType> {
    let mut screen = screen(SIDE, SIDE);
    let mut client = Client::join(&mut screen, settings);
    client.catch_up(&mut screen);
    client.forget();
    screen.draw(&picture(pixels, SIDE), 0, 0);
    client.catch_up(&mut screen);
    client.agrees(&screen);
    let kinds: BTreeSet<u8> = client.messages.iter().filter_map(kind).map(|kind| kind.0).collect();
    kinds.into_iter().map(ImageType).collect()
}

fn kind(message: &FromServer) -> Option<ImageType> {
    match message {
        FromServer::DrawCopy(copy) => copy.source.0.as_ref().map(|image| image.kind),
        _ => None,
    }
}

fn mode(compression: Compression) -> Settings {
    Settings { compression, lz4: true, jpeg: Use::Never, ..Settings::default() }
}

#[test]
fn a_mode_is_what_it_says() {
    use Compression as C;
    for (compression, for_text, for_photo) in [
        (C::Off, ImageType::BITMAP, ImageType::BITMAP),
        (C::Quic, ImageType::QUIC, ImageType::QUIC),
        (C::Lz, ImageType::LZ_RGB, ImageType::LZ_RGB),
        (C::Lz4, ImageType::LZ4, ImageType::LZ4),
        (C::AutoLz, ImageType::LZ_RGB, ImageType::QUIC),
    ] {
        assert_eq!(kinds(&text(), mode(compression)), [for_text], "{compression:?}");
        assert_eq!(kinds(&photo(), mode(compression)), [for_photo], "{compression:?}");
    }
}

#[test]
fn what_does_not_shrink_is_sent_as_it_is() {
    assert_eq!(kinds(&noise(SIDE * SIDE, 1), mode(Compression::Lz4)), [ImageType::BITMAP]);
}

#[test]
fn lz4_is_for_clients_that_know_it() {
    let settings = Settings { lz4: false, ..mode(Compression::Lz4) };
    assert_eq!(kinds(&text(), settings.clone()), [ImageType::LZ_RGB]);
    let auto = Settings { compression: Compression::Auto, ..settings };
    assert!(!kinds(&text(), auto).contains(&ImageType::LZ4));
}

#[test]
fn few_colours_are_indexed_for_clients_that_know_it() {
    let palettes = |compression| Settings { palettes: true, lz4: false, ..mode(compression) };
    let coloured =
        |colours: u32| text().iter().map(|pixel| pixel ^ ((pixel >> 3) % colours)).collect::<Vec<_>>();
    for picture in [text(), coloured(10), coloured(200)] {
        assert_eq!(kinds(&picture, palettes(Compression::Lz)), [ImageType::LZ_PLT]);
        assert_eq!(kinds(&picture, palettes(Compression::Auto)), [ImageType::LZ_PLT]);
    }
    let many: Vec<u32> = (0..SIDE * SIDE).map(|at| (at / 200) as u32).collect();
    assert_eq!(kinds(&many, palettes(Compression::Lz)), [ImageType::LZ_RGB]);
}

#[test]
fn on_a_slow_link_bytes_count_and_on_a_fast_one_time() {
    let auto = |bandwidth| Settings { bandwidth, ..mode(Compression::Auto) };
    assert_eq!(kinds(&photo(), auto(1e5)), [ImageType::QUIC]);
    assert_eq!(kinds(&photo(), auto(1e11)), [ImageType::BITMAP]);
    assert_eq!(kinds(&text(), auto(1e9)), [ImageType::LZ4]);
}

#[test]
fn what_the_client_prefers_goes_before_what_the_server_does() {
    let mut screen = screen(SIDE, SIDE);
    let mut client = Client::join(&mut screen, mode(Compression::Off));
    let mut sent = |wish, seed: u32| {
        client.view.prefer(Compression::preferred(wish));
        screen.draw(&picture(&text(), SIDE), 0, 0);
        screen.fill(spice_canvas::Area { left: 3, top: 3, right: 9, bottom: 9 }, seed);
        client.forget();
        client.catch_up(&mut screen);
        screen.fill(spice_canvas::Area { left: 0, top: 0, right: 256, bottom: 256 }, seed);
        client.messages.iter().find_map(kind)
    };
    assert_eq!(sent(ImageCompression::QUIC, 1), Some(ImageType::QUIC));
    assert_eq!(sent(ImageCompression::LZ, 2), Some(ImageType::LZ_RGB));
    assert_eq!(sent(ImageCompression::INVALID, 3), Some(ImageType::BITMAP));
    assert_eq!(sent(ImageCompression(99), 4), Some(ImageType::BITMAP));
}

#[test]
fn views_with_the_same_settings_share_what_is_coded() {
    let mut screen = screen(SIDE, SIDE);
    screen.draw(&picture(&text(), SIDE), 0, 0);
    let room = Room { messages: u64::MAX, bytes: usize::MAX };
    let plan = |screen: &mut Screen, compression| {
        let mut view = View::new(screen, mode(compression));
        view.plan(screen, 0.0, room)
    };
    let one = plan(&mut screen, Compression::Lz);
    let two = plan(&mut screen, Compression::Lz);
    let other = plan(&mut screen, Compression::Quic);
    let first = |plan: &Plan| std::ptr::from_ref(plan.pieces().next().expect("there is a piece"));
    let three = plan(&mut screen, Compression::Lz);
    assert!(first(&one) != first(&two), "with one view there is nobody to share with");
    assert_eq!(first(&two), first(&three));
    assert_ne!(first(&two), first(&other));
    screen.fill(spice_canvas::Area { left: 3, top: 3, right: 9, bottom: 9 }, 5);
    let later = plan(&mut screen, Compression::Lz);
    assert_ne!(first(&two), first(&later), "the picture has changed");
}
