//! Whatever is drawn and however slowly clients read, in the end each shows the screen.

mod common;

use common::{Client, noise, picture, screen};
use proptest::prelude::*;
use spice_canvas::Area;
use spice_screen::{Compression, Screen, Settings, Streaming, Use};
use spice_wire::messages::display::StreamReport;

const MODES: [Compression; 8] = {
    use Compression as C;
    [C::Auto, C::AutoGlz, C::AutoLz, C::Quic, C::Glz, C::Lz, C::Lz4, C::Off]
};

#[derive(Debug, Clone)]
enum Act {
    Draw {
        left: i32,
        top: i32,
        width: usize,
        height: usize,
        seed: u32,
        coarse: bool,
    },
    /// The screen's own picture, moved and a little changed, as a whole frame.
    Scroll {
        dx: i32,
        dy: i32,
        seed: u32,
    },
    Fill(Area, u32),
    Copy(Area, i32, i32),
    Resize(usize, usize),
    Join {
        window: u32,
        compression: usize,
        bandwidth: f64,
    },
    Leave(usize),
    Prefer {
        client: usize,
        compression: usize,
    },
    Step {
        client: usize,
        budget: usize,
    },
    Receive(usize),
    /// A place that changes again and again.
    Play {
        area: Area,
        frames: u32,
        every: f64,
    },
    Report {
        client: usize,
        words: [u32; 7],
    },
    Wait(f64),
}

fn places() -> impl Strategy<Value = Area> {
    (-20..150i32, -20..150i32, 0..170i32, 0..170i32).prop_map(|(left, top, width, height)| Area {
        left,
        top,
        right: left + width,
        bottom: top + height,
    })
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (-20..140i32, -20..140i32, 1..90usize, 1..90usize, any::<u32>(), any::<bool>()).prop_map(
            |(left, top, width, height, seed, coarse)| Act::Draw { left, top, width, height, seed, coarse }
        ),
        2 => (-60..60i32, -60..60i32, any::<u32>()).prop_map(|(dx, dy, seed)| Act::Scroll {
            dx: if seed % 2 == 0 { 0 } else { dx },
            dy: if seed % 2 == 0 { dy } else { 0 },
            seed,
        }),
        2 => (places(), any::<u32>()).prop_map(|(area, colour)| Act::Fill(area, colour)),
        3 => (places(), -30..150i32, -30..150i32).prop_map(|(area, left, top)| Act::Copy(area, left, top)),
        1 => (1..160usize, 1..160usize).prop_map(|(width, height)| Act::Resize(width, height)),
        1 => (0..4u32, 0..MODES.len(), 1e4..1e9).prop_map(|(window, compression, bandwidth)| Act::Join {
            window,
            compression,
            bandwidth,
        }),
        1 => (0..6usize, 0..MODES.len()).prop_map(|(client, compression)| Act::Prefer { client, compression }),
        1 => (0..6usize).prop_map(Act::Leave),
        5 => (0..6usize, prop_oneof![1..3000usize, Just(usize::MAX)])
            .prop_map(|(client, budget)| Act::Step { client, budget }),
        4 => (0..6usize).prop_map(Act::Receive),
        1 => (0.0..3.0f64).prop_map(Act::Wait),
        1 => (places(), 1..40u32, 0.01..0.3f64)
            .prop_map(|(area, frames, every)| Act::Play { area, frames, every }),
        1 => (0..6usize, any::<[u32; 7]>()).prop_map(|(client, words)| Act::Report { client, words }),
    ]
}

fn drawn(width: usize, height: usize, seed: u32, coarse: bool) -> Vec<u32> {
    let pixels = noise(width * height, seed);
    match coarse {
        false => pixels,
        true => pixels.iter().enumerate().map(|(at, _)| pixels[at / 64 * 64] & 0x0f_0f0f).collect(),
    }
}

fn scrolled(screen: &Screen, dx: i32, dy: i32, seed: u32) -> Vec<u32> {
    let (width, height) = screen.size();
    let (mut pixels, old) = (noise(width * height, seed), screen.pixels());
    for y in 0..height as i32 {
        for x in 0..width as i32 {
            let from = (x - dx, y - dy);
            if (0..width as i32).contains(&from.0)
                && (0..height as i32).contains(&from.1)
                && (x + y) % 97 != 0
            {
                pixels[y as usize * width + x as usize] = old[from.1 as usize * width + from.0 as usize];
            }
        }
    }
    pixels
}

struct World {
    screen: Screen,
    clients: Vec<Client>,
    now: f64,
}

impl World {
    fn act(&mut self, act: &Act) {
        let Self { screen, clients, now } = self;
        match *act {
            Act::Draw { left, top, width, height, seed, coarse } => {
                screen.draw(&picture(&drawn(width, height, seed, coarse), width), left, top);
            }
            Act::Scroll { dx, dy, seed } => {
                let pixels = scrolled(screen, dx, dy, seed);
                let width = screen.size().0;
                screen.draw(&picture(&pixels, width), 0, 0);
                assert!(screen.pixels() == pixels, "the shadow is what was given");
            }
            Act::Fill(area, colour) => {
                screen.fill(area, colour);
            }
            Act::Copy(area, left, top) => screen.copy(area, left, top),
            Act::Resize(width, height) => screen.resize(width, height).unwrap(),
            Act::Join { window, compression, bandwidth } if clients.len() < 6 => {
                let settings = Settings {
                    monitors: true,
                    compression: MODES[compression],
                    bandwidth,
                    lz4: compression % 2 == 0,
                    jpeg: [Use::Never, Use::Always, Use::Auto][compression % 3],
                    streaming: [Streaming::All, Streaming::Filter][compression % 2],
                    reports: compression % 2 == 0,
                    palettes: compression % 3 == 0,
                    draws_late: compression % 4 == 1,
                    cache_pixels: [0, 12_000, 100_000][compression % 3],
                    zlib: [Use::Never, Use::Always, Use::Auto][window as usize % 3],
                    ..Settings::default()
                };
                let mut client = Client::with_window(screen, settings, window);
                if let Some(pixels) = [None, Some(1000), Some(20_000), Some(1 << 20)][window as usize] {
                    client = client.with_dictionary(pixels);
                }
                client.now = *now;
                clients.push(client);
            }
            Act::Leave(index) if index < clients.len() => clients.swap_remove(index).view.leave(screen),
            Act::Prefer { client, compression } => {
                let wish = Some(MODES[compression]).filter(|_| compression > 0);
                clients.get_mut(client).into_iter().for_each(|client| client.view.prefer(wish));
            }
            Act::Step { client, budget } => {
                if let Some(client) = clients.get_mut(client) {
                    client.step(screen, budget);
                }
            }
            Act::Receive(client) => clients.get_mut(client).into_iter().for_each(Client::receive),
            Act::Wait(seconds) => {
                *now += seconds;
                clients.iter_mut().for_each(|client| client.now = *now);
            }
            Act::Play { area, frames, every } => {
                for frame in 0..frames {
                    let (width, height) = (area.width().max(1), area.height().max(1));
                    screen.draw(&picture(&noise(width * height, frame), width), area.left, area.top);
                    *now += every;
                    for client in &mut *clients {
                        client.now = *now;
                        client.step(screen, 1_000_000);
                        client.receive();
                    }
                }
            }
            Act::Report { client, words } => {
                if let Some(client) = clients.get_mut(client) {
                    let [stream_id, unique_id, start, end, frames, drops, delay] = words;
                    client.view.report(&StreamReport {
                        stream_id: stream_id % 3,
                        unique_id: unique_id % 5,
                        start_frame_time: start,
                        end_frame_time: end,
                        num_frames: frames % 3,
                        num_drops: if drops % 5 == 0 { u32::MAX } else { drops },
                        last_frame_delay: delay as i32,
                        audio_delay: u32::MAX,
                    });
                }
            }
            Act::Join { .. } | Act::Leave(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn every_client_shows_the_screen_in_the_end(list in prop::collection::vec(acts(), 1..60)) {
        let mut world = World { screen: screen(130, 120), clients: Vec::new(), now: 0.0 };
        world.act(&Act::Join { window: 1, compression: 0, bandwidth: 1e6 });
        world.act(&Act::Join { window: 0, compression: 6, bandwidth: 1e9 });
        list.iter().for_each(|act| world.act(act));
        for client in &mut world.clients {
            client.rest(&mut world.screen);
            client.agrees(&world.screen);
        }
    }
}
