//! GLZ: pictures that refer to those that a client was sent before.

mod common;

use std::sync::Arc;

use common::{Client, noise, picture, screen};
use spice_canvas::{Area, Shared};
use spice_codec::glz;
use spice_screen::{Compression, Dictionary, Room, Screen, Settings, Use};
use spice_wire::Limits;
use spice_wire::messages::display::FromServer;
use spice_wire::messages::image::{ImageData, ImageType};

const SIDE: usize = 128;
const ROOM: Room = Room { messages: u64::MAX, bytes: usize::MAX };

fn settings(compression: Compression, zlib: Use) -> Settings {
    Settings { compression, zlib, jpeg: Use::Never, ..Settings::default() }
}

fn glz_settings() -> Settings {
    settings(Compression::Glz, Use::Never)
}

/// Something with many colours that hardly repeats: neighbours have nothing to do with each other.
fn first_picture() -> Vec<u32> {
    noise(SIDE * SIDE, 5).iter().map(|pixel| pixel & 0x3f_3f3f).collect()
}

/// The same, in the other order of its rows, so that nothing has simply moved.
fn second_picture() -> Vec<u32> {
    first_picture().chunks(SIDE).rev().flatten().copied().collect()
}

fn kinds(client: &Client) -> Vec<ImageType> {
    let images = client.messages.iter().filter_map(|message| match message {
        FromServer::DrawCopy(copy) => copy.source.0.as_ref().map(|image| image.kind),
        _ => None,
    });
    images.collect()
}

/// What the headers of GLZ pictures say.
fn headers(client: &Client) -> Vec<glz::Header> {
    let images = client.messages.iter().filter_map(|message| match message {
        FromServer::DrawCopy(copy) => copy.source.0.as_ref(),
        _ => None,
    });
    let coded = images.filter_map(|image| match &image.data {
        ImageData::Coded(data) if image.kind == ImageType::GLZ_RGB => Some(glz::header(&data.bytes).unwrap()),
        _ => None,
    });
    coded.collect()
}

fn show(screen: &mut Screen, client: &mut Client, pixels: &[u32]) -> usize {
    client.forget();
    screen.draw(&picture(pixels, SIDE), 0, 0);
    client.catch_up(screen);
    client.agrees(screen);
    client.bytes
}

#[test]
fn what_was_sent_before_costs_little() {
    let (mut screen, window) = (screen(SIDE, SIDE), 1 << 20);
    let mut client = Client::join(&mut screen, glz_settings()).with_dictionary(window);
    let first = show(&mut screen, &mut client, &first_picture());
    assert_eq!(kinds(&client), [ImageType::GLZ_RGB]);
    let second = show(&mut screen, &mut client, &second_picture());
    assert_eq!(kinds(&client), [ImageType::GLZ_RGB]);
    assert!(second * 10 < first, "{second} after {first}");
}

#[test]
fn deflating_is_done_where_it_is_wanted_and_helps() {
    let sent = |zlib, bandwidth| {
        let mut screen = screen(SIDE, SIDE);
        let settings = Settings { bandwidth, ..settings(Compression::Glz, zlib) };
        let mut client = Client::join(&mut screen, settings).with_dictionary(1 << 20);
        let bytes = show(&mut screen, &mut client, &first_picture());
        (kinds(&client), bytes)
    };
    let (plain, large) = sent(Use::Never, 1e5);
    assert_eq!(plain, [ImageType::GLZ_RGB]);
    for zlib in [Use::Always, Use::Auto] {
        let (packed, small) = sent(zlib, 1e5);
        assert_eq!(packed, [ImageType::ZLIB_GLZ_RGB], "{zlib:?}");
        assert!(small < large, "{small} is not below {large}");
    }
    assert_eq!(sent(Use::Auto, 1e9), (plain, large));
}

#[test]
fn it_is_for_clients_that_keep_enough() {
    for window in [None, Some(0), Some(SIDE * SIDE - 1)] {
        let mut screen = screen(SIDE, SIDE);
        let mut client = Client::join(&mut screen, glz_settings());
        if let Some(pixels) = window {
            client = client.with_dictionary(pixels);
        }
        show(&mut screen, &mut client, &first_picture());
        assert_eq!(kinds(&client), [ImageType::LZ_RGB], "{window:?}");
    }
}

#[test]
fn a_small_window_is_kept() {
    let (mut screen, window) = (screen(SIDE, SIDE), 2 * SIDE * SIDE);
    let dictionary = Arc::new(Dictionary::new(window));
    let limits = Limits { glz_window_pixels: window, ..Limits::default() };
    let mut client =
        Client::join(&mut screen, glz_settings()).sharing(&dictionary, &Arc::new(Shared::new(&limits)));
    for seed in 0..12 {
        show(&mut screen, &mut client, &noise(SIDE * SIDE, seed));
        assert!(dictionary.pixels() <= window);
    }
    dictionary.shrink(SIDE * SIDE);
    assert!(dictionary.pixels() <= SIDE * SIDE);
    show(&mut screen, &mut client, &first_picture());
}

#[test]
fn a_new_size_goes_on_with_the_same_dictionary() {
    let mut screen = screen(SIDE, SIDE);
    let mut client = Client::join(&mut screen, glz_settings()).with_dictionary(1 << 20);
    let first = show(&mut screen, &mut client, &first_picture());
    client.forget();
    screen.resize(SIDE, SIDE + 16).unwrap();
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert!(client.bytes * 10 < first, "{} after {first}", client.bytes);
}

/// Two displays of one client, on which something was shown in turns.
fn two_displays() -> ([Screen; 2], [Client; 2]) {
    let mut screens = [screen(SIDE, SIDE), screen(SIDE, SIDE)];
    let dictionary = Arc::new(Dictionary::new(1 << 20));
    let shared = Arc::new(Shared::new(&Limits::default()));
    let mut clients =
        screens.each_mut().map(|screen| Client::join(screen, glz_settings()).sharing(&dictionary, &shared));
    for seed in 0..5 {
        for (screen, client) in screens.iter_mut().zip(&mut clients) {
            screen.draw(&picture(&noise(SIDE * SIDE, seed), SIDE), 0, 0);
            client.step(screen, usize::MAX);
        }
    }
    (screens, clients)
}

#[test]
fn displays_share_the_ids_and_wait_for_nobody() {
    let (screens, mut clients) = two_displays();
    // All that one of them was sent arrives before anything of the other does.
    for (screen, client) in screens.iter().zip(&mut clients) {
        client.receive();
        client.agrees(screen);
    }
    let mut ids: Vec<u64> = clients.iter().flat_map(headers).map(|header| header.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..ids.len() as u64).collect::<Vec<_>>());
    assert!(ids.len() >= 10);
}

#[test]
fn when_a_display_is_gone_the_others_go_on_without() {
    let ([mut gone, mut screen], [mut lost, mut client]) = two_displays();
    lost.view.leave(&mut gone);
    client.receive();
    show(&mut screen, &mut client, &first_picture());
    assert_eq!(kinds(&client), [ImageType::LZ_RGB]);
}

#[test]
fn a_display_that_was_sent_nothing_can_go() {
    let (mut screens, dictionary) =
        ([screen(SIDE, SIDE), screen(SIDE, SIDE)], Arc::new(Dictionary::new(1 << 20)));
    let shared = Arc::new(Shared::new(&Limits::default()));
    let [mut gone, mut client] =
        screens.each_mut().map(|screen| Client::join(screen, glz_settings()).sharing(&dictionary, &shared));
    gone.view.leave(&mut screens[0]);
    show(&mut screens[1], &mut client, &first_picture());
    assert_eq!(kinds(&client), [ImageType::GLZ_RGB]);
}

#[test]
fn what_was_coded_and_never_sent_ends_it() {
    let mut screen = screen(SIDE, SIDE);
    let mut client = Client::join(&mut screen, glz_settings()).with_dictionary(1 << 20);
    show(&mut screen, &mut client, &first_picture());
    screen.draw(&picture(&second_picture(), SIDE), 0, 0);
    let planned = client.view.plan(&mut screen, 0.0, ROOM);
    drop(planned);
    show(&mut screen, &mut client, &noise(SIDE * SIDE, 1));
    assert_eq!(kinds(&client), [ImageType::GLZ_RGB], "it was only planned");
    screen.draw(&picture(&second_picture(), SIDE), 0, 0);
    let planned = client.view.plan(&mut screen, 0.0, ROOM);
    planned.jobs().iter().for_each(|job| job.encode(|| 0.0));
    drop(planned);
    show(&mut screen, &mut client, &noise(SIDE * SIDE, 2));
    assert_eq!(kinds(&client), [ImageType::LZ_RGB]);
}

#[test]
fn pieces_of_one_plan_are_coded_in_their_order() {
    let mut screen = screen(400, 400);
    let mut client = Client::join(&mut screen, glz_settings()).with_dictionary(1 << 20);
    client.catch_up(&mut screen);
    for (place, seed) in [(0, 1), (130, 2), (260, 1), (390, 2)] {
        screen.draw(&picture(&noise(100 * 50, seed), 100), place % 260, place);
    }
    let plan = client.view.plan(&mut screen, 0.0, ROOM);
    assert!(plan.pieces().count() >= 3);
    assert_eq!(plan.jobs().len(), 1);
    plan.jobs().iter().for_each(|job| job.encode(|| 0.0));
    client.view.send(&plan, &mut client.server);
    client.receive();
    client.agrees(&screen);
}

#[test]
fn clients_of_one_screen_have_dictionaries_of_their_own() {
    let mut screen = screen(SIDE, SIDE);
    let mut clients: Vec<Client> =
        (0..3).map(|_| Client::join(&mut screen, glz_settings()).with_dictionary(1 << 20)).collect();
    for (turn, pixels) in [first_picture(), second_picture(), noise(SIDE * SIDE, 9)].iter().enumerate() {
        screen.draw(&picture(pixels, SIDE), 0, 0);
        screen.fill(Area { left: 3, top: 3, right: 40, bottom: 9 + turn as i32 }, 7);
        // The last one sees every second picture.
        for client in clients.iter_mut().take(if turn % 2 == 0 { 3 } else { 2 }) {
            client.catch_up(&mut screen);
            client.agrees(&screen);
        }
    }
    assert_eq!(kinds(&clients[2]), [ImageType::GLZ_RGB; 2]);
}

#[test]
fn whoever_is_alone_on_a_slow_link_gets_it_by_himself() {
    let auto = Settings { bandwidth: 2e5, ..settings(Compression::Auto, Use::Never) };
    let mut screen = screen(SIDE, SIDE);
    let mut client = Client::join(&mut screen, auto.clone()).with_dictionary(1 << 20);
    show(&mut screen, &mut client, &mixed());
    assert_eq!(kinds(&client), [ImageType::GLZ_RGB]);
    let mut other = Client::join(&mut screen, auto).with_dictionary(1 << 20);
    other.catch_up(&mut screen);
    assert!(!kinds(&other).contains(&ImageType::GLZ_RGB), "what is coded for both is coded once");
}

/// Some of everything: pairs of equal pixels side by side, others a little or far apart.
fn mixed() -> Vec<u32> {
    let noise = noise(SIDE * SIDE, 11);
    let dim = |pixel: u32| pixel.to_le_bytes().map(|part| (u32::from(part) * 100 / 255) as u8);
    (0..SIDE * SIDE).map(|at| u32::from_le_bytes(dim(noise[at / 2]))).collect()
}
