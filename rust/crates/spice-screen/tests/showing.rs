//! What a view sends is the screen, whatever the client's pace.

mod common;

use common::{Client, noise, picture, screen};
use spice_canvas::Area;
use spice_screen::{Compression, Room, Settings};

/// Without compression, so that sizes are known.
fn raw() -> Settings {
    Settings { monitors: true, compression: Compression::Off, ..Settings::default() }
}

fn area(left: i32, top: i32, right: i32, bottom: i32) -> Area {
    Area { left, top, right, bottom }
}

#[test]
fn a_client_gets_a_surface_then_the_picture_then_the_mark() {
    let mut screen = screen(300, 200);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert_eq!(client.names(), ["create", "image", "mark", "monitors"]);
    assert_eq!(client.canvas.monitors().len(), 1);
}

#[test]
fn the_first_picture_is_one_image() {
    let mut screen = screen(1000, 1000);
    screen.draw(&picture(&noise(1_000_000, 1), 1000), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    let shown = client.step(&mut screen, 1);
    assert_eq!(shown.sent, 2, "the surface and all of its picture, whatever the budget");
    client.catch_up(&mut screen);
    client.agrees(&screen);
}

#[test]
fn monitors_are_only_told_to_whom_understands() {
    let mut screen = screen(30, 20);
    let mut client = Client::join(&mut screen, Settings::default());
    client.catch_up(&mut screen);
    assert_eq!(client.names(), ["create", "fill", "mark"]);
}

#[test]
fn what_has_one_colour_is_filled() {
    let mut screen = screen(300, 200);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    assert!(screen.fill(area(10, 10, 100, 50), 0x12_3456));
    assert!(screen.draw(&picture(&[0xff_ff00; 400], 20), 200, 150));
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert_eq!(client.names(), ["fill", "fill"]);
}

#[test]
fn an_unchanged_picture_costs_no_byte() {
    let mut screen = screen(300, 200);
    let pixels = noise(300 * 200, 1);
    assert!(screen.draw(&picture(&pixels, 300), 0, 0));
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    let same: Vec<u32> = pixels.iter().map(|pixel| pixel | 0x7f00_0000).collect();
    assert!(!screen.draw(&picture(&same, 300), 0, 0), "the top byte means nothing");
    assert!(!screen.fill(area(-5, -5, 0, 1000), 1));
    client.catch_up(&mut screen);
    assert_eq!((client.bytes, client.names()), (0, vec![]));
}

#[test]
fn a_small_change_stays_small() {
    let mut screen = screen(1000, 800);
    let mut pixels = noise(1000 * 800, 1);
    screen.draw(&picture(&pixels, 1000), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    pixels[500 * 1000 + 300] ^= 1;
    pixels[507 * 1000 + 302] ^= 1;
    screen.draw(&picture(&pixels, 1000), 0, 0);
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert!(client.bytes < 3 * 8 * 4 + 150, "{} bytes", client.bytes);
}

#[test]
fn moves_are_sent_as_moves() {
    let mut screen = screen(300, 200);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    screen.copy(area(0, 10, 300, 200), 0, 0);
    screen.copy(area(10, 10, 100, 100), 15, 13);
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert_eq!(client.names(), ["move", "move"]);
}

#[test]
fn a_move_takes_along_what_was_not_shown() {
    let mut screen = screen(300, 200);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    screen.draw(&picture(&noise(400, 2), 20), 50, 50);
    screen.copy(area(40, 40, 240, 140), 60, 20);
    screen.draw(&picture(&noise(400, 3), 20), 70, 30);
    screen.copy(area(0, 0, 300, 150), 0, 50);
    client.catch_up(&mut screen);
    client.agrees(&screen);
}

#[test]
fn a_new_size_is_a_new_surface() {
    let mut screen = screen(300, 200);
    screen.draw(&picture(&noise(300 * 200, 1), 300), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    screen.copy(area(0, 0, 100, 100), 10, 10);
    screen.resize(350, 100).unwrap();
    screen.draw(&picture(&noise(100, 1), 10), 340, 90);
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert_eq!(client.names()[..2], ["destroy", "create"]);
    assert_eq!(client.names()[client.names().len() - 2..], ["mark", "monitors"]);
    assert_eq!(screen.pixels()[350 * 50 + 320], 0, "black where nothing was");
}

#[test]
fn a_window_and_a_budget_bound_what_is_sent() {
    let mut screen = screen(1000, 2000);
    let mut client = Client::with_window(&mut screen, raw(), 1);
    client.catch_up(&mut screen);
    screen.draw(&picture(&noise(2_000_000, 1), 1000), 0, 0);
    let shown = client.step(&mut screen, usize::MAX);
    assert_eq!((shown.sent, shown.more), (3, true), "twice the window and one are under way");
    assert!(!client.server.window_is_open());
    client.receive();
    assert!(client.server.window_is_open());
    let shown = client.step(&mut screen, 1);
    assert_eq!((shown.sent, shown.more), (1, true), "one piece goes beyond the budget, then it is used up");
    client.catch_up(&mut screen);
    client.agrees(&screen);
}

#[test]
fn a_client_that_does_not_read_costs_a_region() {
    let mut screen = screen(400, 400);
    let mut client = Client::with_window(&mut screen, raw(), 1);
    client.catch_up(&mut screen);
    client.forget();
    for frame in 0..200 {
        screen.draw(&picture(&noise(400 * 400, frame), 400), 0, 0);
        client.step(&mut screen, usize::MAX);
    }
    client.catch_up(&mut screen);
    client.agrees(&screen);
    assert!(client.bytes < 5 * 400 * 400 * 4, "{} bytes", client.bytes);
}

#[test]
fn a_screen_has_a_size() {
    use spice_screen::Screen;
    let limits = spice_wire::Limits::default();
    for (width, height) in [(0, 10), (10, 0), (40_000, 1), (30_000, 30_000)] {
        let error = Screen::new(width, height, &limits, &spice_screen::Key::default()).unwrap_err();
        assert!(error.to_string().contains(&format!("{width}x{height}")));
        assert!(screen(10, 10).resize(width, height).is_err());
    }
}

#[test]
fn what_was_planned_is_sent_as_it_was_then() {
    for compression in [Compression::Off, Compression::Lz, Compression::Quic] {
        let mut screen = screen(320, 240);
        let first = noise(320 * 240, 1);
        screen.draw(&picture(&first, 320), 0, 0);
        let settings = Settings { compression, ..Settings::default() };
        let mut client = Client::join(&mut screen, settings);
        let room = Room { messages: 100, bytes: usize::MAX };
        let plan = client.view.plan(&mut screen, 0.0, room);
        screen.draw(&picture(&noise(320 * 200, 2), 320), 0, 40);
        plan.jobs().iter().for_each(|job| job.encode(|| 0.0));
        screen.fill(Area { left: 0, top: 0, right: 300, bottom: 100 }, 7);
        client.view.send(&plan, &mut client.server);
        screen.copy(Area { left: 0, top: 0, right: 320, bottom: 100 }, 0, 90);
        client.receive();
        assert!(client.shows() == first, "{compression:?}");
        client.catch_up(&mut screen);
        client.agrees(&screen);
    }
}
