//! Images that the client keeps are not sent again.

mod common;

use common::{Client, noise, picture, screen};
use spice_screen::{Compression, Settings};
use spice_wire::messages::display::FromServer;
use spice_wire::messages::image::ImageType;

fn keeping(pixels: usize) -> Settings {
    Settings {
        compression: Compression::Off,
        cache_pixels: pixels,
        first_image: 7 << 32,
        ..Settings::default()
    }
}

#[test]
fn what_comes_again_is_named_instead_of_sent() {
    let mut screen = screen(400, 400);
    let mut client = Client::join(&mut screen, keeping(1 << 20));
    client.catch_up(&mut screen);
    let menu = noise(100 * 100, 5);
    for turn in 0..4 {
        client.forget();
        screen.draw(&picture(&menu, 100), 50 + turn, 60);
        client.catch_up(&mut screen);
        client.agrees(&screen);
        let [FromServer::DrawCopy(copy)] = &client.messages[..] else { panic!("{:?}", client.names()) };
        let image = copy.source.0.as_ref().expect("an image");
        assert_eq!(image.id >> 32, 7, "ids are the view's own");
        assert_eq!(image.kind == ImageType::FROM_CACHE, turn > 0);
        assert!(turn == 0 || client.bytes < 100, "{} bytes", client.bytes);
        screen.fill(spice_canvas::Area { left: 0, top: 0, right: 400, bottom: 400 }, 0);
        client.catch_up(&mut screen);
    }
    assert!(client.view.counters().contains(&("reused_pieces".to_owned(), 3)));
}

#[test]
fn the_client_never_keeps_more_than_it_allows() {
    const ALLOWED: usize = 100_000;
    let mut screen = screen(400, 400);
    let mut client = Client::join(&mut screen, keeping(ALLOWED));
    let mut kept = std::collections::HashMap::new();
    for turn in 0..200 {
        let side = 40 + turn as usize % 50;
        screen.draw(&picture(&noise(side * side, turn % 70), side), 10, 10);
        client.catch_up(&mut screen);
        client.agrees(&screen);
        for message in std::mem::take(&mut client.messages) {
            match message {
                FromServer::DrawCopy(copy) => {
                    let image = copy.source.0.expect("an image");
                    if image.kind == ImageType::FROM_CACHE {
                        assert!(kept.contains_key(&image.id), "turn {turn}: an image that was forgotten");
                    } else if image.flags.0 & 1 == 1 {
                        kept.insert(image.id, image.width * image.height);
                    }
                }
                FromServer::InvalList(list) => {
                    list.resources.items.iter().for_each(|gone| assert!(kept.remove(&gone.id).is_some()));
                }
                _ => {}
            }
            assert!(kept.values().sum::<u32>() as usize <= ALLOWED);
        }
    }
    assert!(kept.len() > 10);
}

#[test]
fn a_client_that_keeps_nothing_is_asked_for_nothing() {
    let mut screen = screen(400, 400);
    let mut client = Client::join(&mut screen, keeping(0));
    for turn in 0..3 {
        screen.draw(&picture(&noise(10_000, 5), 100), 50 + turn, 60);
        client.catch_up(&mut screen);
    }
    let flags = client.messages.iter().filter_map(|message| match message {
        FromServer::DrawCopy(copy) => copy.source.0.as_ref().map(|image| image.flags.0),
        _ => None,
    });
    assert_eq!(flags.max(), Some(0));
}
