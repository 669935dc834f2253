//! What may lose something for a while is exact as soon as it rests.

mod common;

use common::{Client, noise, picture, screen};
use spice_canvas::Area;
use spice_screen::{Compression, Screen, Settings, Use};
use spice_wire::messages::display::FromServer;
use spice_wire::messages::image::ImageType;

fn settings(jpeg: Use) -> Settings {
    Settings { jpeg, compression: Compression::Quic, bandwidth: 1e5, ..Settings::default() }
}

fn jpegs(client: &Client) -> usize {
    let is_jpeg = |message: &&FromServer| match message {
        FromServer::DrawCopy(copy) => copy.source.0.as_ref().is_some_and(|i| i.kind == ImageType::JPEG),
        _ => false,
    };
    client.messages.iter().filter(is_jpeg).count()
}

/// A screen of noise and a client that shows it, with a loss.
fn lossy(jpeg: Use) -> (Screen, Client) {
    let mut screen = screen(300, 200);
    let mut client = Client::join(&mut screen, settings(jpeg));
    client.now = 10.0;
    client.catch_up_with_loss(&mut screen);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    client.forget();
    client.catch_up_with_loss(&mut screen);
    (screen, client)
}

#[test]
fn on_a_slow_link_images_lose_something_until_they_rest() {
    let (mut screen, mut client) = lossy(Use::Auto);
    assert_eq!(jpegs(&client), 1);
    assert_ne!(client.shows(), screen.pixels());
    let shown = client.step(&mut screen, usize::MAX);
    assert_eq!(shown.again, Some(10.4));
    client.now = 10.39;
    client.catch_up_with_loss(&mut screen);
    assert_ne!(client.shows(), screen.pixels());
    client.now = 10.41;
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert_eq!(jpegs(&client), 1);
}

#[test]
fn never_is_never() {
    let (screen, mut client) = lossy(Use::Never);
    client.agrees(&screen);
}

#[test]
fn what_changes_meanwhile_starts_waiting_anew() {
    let (mut screen, mut client) = lossy(Use::Always);
    client.now = 10.3;
    screen.draw(&picture(&noise(100 * 100, 2), 100), 0, 0);
    client.catch_up_with_loss(&mut screen);
    client.now = 10.5;
    client.catch_up_with_loss(&mut screen);
    let pixels = screen.pixels();
    let right = |client: &mut Client, x: usize| client.shows()[50 * 300 + x] == pixels[50 * 300 + x];
    assert!((200..300).all(|x| right(&mut client, x)), "the rest rests");
    assert!(!(0..100).all(|x| right(&mut client, x)));
    client.rest(&mut screen);
    client.agrees(&screen);
}

#[test]
fn a_move_takes_the_loss_along() {
    let (mut screen, mut client) = lossy(Use::Always);
    screen.draw(&picture(&noise(50 * 50, 2), 50), 250, 150);
    client.now = 10.35;
    screen.copy(Area { left: 0, top: 0, right: 100, bottom: 100 }, 150, 20);
    client.catch_up_with_loss(&mut screen);
    screen.fill(Area { left: 0, top: 0, right: 100, bottom: 100 }, 0x33_3333);
    client.catch_up_with_loss(&mut screen);
    assert_ne!(client.shows(), screen.pixels());
    client.rest(&mut screen);
    client.agrees(&screen);
}

#[test]
fn a_client_that_draws_late_is_sent_again_what_came_after_a_jpeg() {
    let late = Settings { draws_late: true, ..settings(Use::Always) };
    let mut screen = screen(300, 200);
    let mut client = Client::join(&mut screen, late);
    client.now = 10.0;
    client.catch_up_with_loss(&mut screen);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    client.catch_up_with_loss(&mut screen);
    screen.fill(Area { left: 0, top: 0, right: 100, bottom: 200 }, 0x33_3333);
    client.catch_up_with_loss(&mut screen);
    client.forget();
    client.now = 10.9;
    client.catch_up_with_loss(&mut screen);
    assert_eq!(client.names(), [""; 0]);
    client.now = 11.1;
    client.catch_up(&mut screen);
    client.agrees(&screen);
    let drawn = |x: i32| {
        client.messages.iter().any(|message| match message {
            FromServer::DrawFill(fill) => fill.base.bounds.left <= x && x < fill.base.bounds.right,
            FromServer::DrawCopy(copy) => copy.base.bounds.left <= x && x < copy.base.bounds.right,
            _ => false,
        })
    };
    assert!(drawn(50) && drawn(250));
}
