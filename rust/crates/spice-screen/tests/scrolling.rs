//! Whole frames that only scroll are sent as moves and a strip.

mod common;

use common::{Client, noise, picture, screen};
use spice_screen::{Compression, Settings};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// A page of text: `rows` of something, from row `top` of an endless page.
fn page(top: usize) -> Vec<u32> {
    let mut pixels = vec![0xff_ffff; WIDTH * HEIGHT];
    for y in 0..HEIGHT {
        let line = (y + top) / 16;
        let within = (y + top) % 16;
        if (3..13).contains(&within) {
            let length = 40 + line * 37 % 500;
            let ink = noise(length, (line * 16 + within) as u32);
            for (x, pixel) in ink.into_iter().enumerate().filter(|(_, pixel)| pixel % 3 == 0) {
                pixels[y * WIDTH + 20 + x] = pixel;
            }
        }
    }
    pixels
}

fn moved_right(pixels: &[u32], by: usize) -> Vec<u32> {
    pixels.chunks(WIDTH).flat_map(|row| row.iter().cycle().skip(WIDTH - by).take(WIDTH).copied()).collect()
}

/// Without compression, so that sizes are known.
fn raw() -> Settings {
    Settings { compression: Compression::Off, ..Settings::default() }
}

/// Bytes and names of what one frame after another costs a client that shows the first.
fn cost(first: &[u32], second: &[u32]) -> (usize, Vec<&'static str>) {
    let mut screen = screen(WIDTH, HEIGHT);
    screen.draw(&picture(first, WIDTH), 0, 0);
    let mut client = Client::join(&mut screen, raw());
    client.catch_up(&mut screen);
    client.forget();
    assert!(screen.draw(&picture(second, WIDTH), 0, 0));
    assert_eq!(screen.pixels(), second, "the shadow is what was given");
    client.catch_up(&mut screen);
    client.agrees(&screen);
    (client.bytes, client.names())
}

#[test]
fn scrolling_down_is_a_move_and_a_strip() {
    for by in [1, 7, 16, 48, 200] {
        let (bytes, names) = cost(&page(0), &page(by));
        assert_eq!(names[0], "move", "by {by}");
        assert!(bytes < by * WIDTH * 4 + 16 * WIDTH * 4 + 1000, "by {by}: {bytes} bytes");
    }
}

#[test]
fn scrolling_up_is_a_move_and_a_strip() {
    let (bytes, names) = cost(&page(300), &page(252));
    assert_eq!(names[0], "move");
    assert!(bytes < 64 * WIDTH * 4 + 1000, "{bytes} bytes");
}

#[test]
fn scrolling_sideways_is_a_move_and_a_strip() {
    for by in [3, 30, WIDTH - 30] {
        let (bytes, names) = cost(&page(0), &moved_right(&page(0), by));
        assert_eq!(names[0], "move", "by {by}");
        assert!(bytes < 40 * HEIGHT * 4 + 1000, "by {by}: {bytes} bytes");
    }
}

#[test]
fn a_frame_around_what_scrolls_does_not_hide_it() {
    let framed = |top: usize, clock: u32| {
        let mut pixels = page(top);
        for y in 0..HEIGHT {
            for x in (0..WIDTH).filter(|x| y < 50 || *x < 30 || *x >= WIDTH - 10) {
                pixels[y * WIDTH + x] = 0x40_4040 + (x / 7 + y / 5) as u32;
            }
        }
        pixels[20 * WIDTH + 600] = clock;
        pixels
    };
    let (bytes, names) = cost(&framed(0, 1), &framed(32, 2));
    assert_eq!(names[0], "move");
    assert!(bytes < 60 * WIDTH * 4, "{bytes} bytes");
}

#[test]
fn what_does_not_scroll_is_no_move() {
    let (_, names) = cost(&page(0), &noise(WIDTH * HEIGHT, 9));
    assert!(!names.contains(&"move"));
    let (_, names) = cost(&noise(WIDTH * HEIGHT, 3), &noise(WIDTH * HEIGHT, 9));
    assert!(!names.contains(&"move"));
}

#[test]
fn who_scrolls_after_a_film_is_noticed_soon() {
    let mut screen = screen(WIDTH, HEIGHT);
    let mut client = Client::join(&mut screen, raw());
    for seed in 0..40 {
        screen.draw(&picture(&noise(WIDTH * HEIGHT, seed), WIDTH), 0, 0);
        client.catch_up(&mut screen);
    }
    let mut moves = 0;
    for step in 0..24 {
        client.forget();
        screen.draw(&picture(&page(step * 16), WIDTH), 0, 0);
        client.catch_up(&mut screen);
        client.agrees(&screen);
        moves += usize::from(client.names().contains(&"move"));
    }
    assert!(moves >= 15, "{moves} of 24 pictures moved");
}

#[test]
fn a_client_that_lags_gets_the_pixels_instead_of_the_moves() {
    let mut screen = screen(WIDTH, HEIGHT);
    let mut client = Client::with_window(&mut screen, Settings::default(), 2);
    client.catch_up(&mut screen);
    for step in 0..100 {
        screen.draw(&picture(&page(step * 16), WIDTH), 0, 0);
        if step % 7 == 0 {
            client.step(&mut screen, 20_000);
        }
    }
    client.catch_up(&mut screen);
    client.agrees(&screen);
}
