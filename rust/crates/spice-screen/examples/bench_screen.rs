//! What it costs to find out what changed, and to send it. Best milliseconds of several runs.
//!
//! `cargo run --release -p spice-screen --example bench_screen [words in the name of a case]`

use std::time::Instant;

use spice_codec::Source;
use spice_proto::{Channel, HeaderKind, Role};
use spice_screen::{Key, Screen, Settings, View};
use spice_wire::Limits;
use spice_wire::messages::ChannelType;

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
const ROUNDS: u32 = 12;

fn main() {
    let page = |top: usize| text(top);
    let noise = |seed: u32| (0..WIDTH * HEIGHT).map(|at| hash(at as u32 ^ seed << 21)).collect::<Vec<_>>();
    let still = page(0);
    bench("unchanged", &[still.clone(), still.clone()]);
    bench("one character", &[still.clone(), with_a_dot(still)]);
    bench("scrolled by 48", &(0..12).map(|index| page(index * 48)).collect::<Vec<_>>());
    bench("scrolled by 1", &(0..12).map(page).collect::<Vec<_>>());
    bench("another page", &(0..6).map(|index| page(index * 100_003)).collect::<Vec<_>>());
    bench("noise", &(0..6).map(noise).collect::<Vec<_>>());
}

fn bench(name: &str, frames: &[Vec<u32>]) {
    if std::env::args().nth(1).is_some_and(|wanted| !name.contains(&wanted)) {
        return;
    }
    let limits = Limits::default();
    let mut screen = Screen::new(WIDTH, HEIGHT, &limits, &Key([1, 2, 3, 4])).expect("a possible size");
    let mut channel = Channel::new(Role::Server, ChannelType::DISPLAY, HeaderKind::Mini, limits);
    let mut view = View::new(&mut screen, Settings::default());
    let (mut draw, mut step, mut bytes) = (f64::MAX, f64::MAX, usize::MAX);
    for round in 0..ROUNDS {
        let (mut drawing, mut stepping, mut sent) = (0.0, 0.0, 0);
        for (index, frame) in frames.iter().enumerate() {
            let picture = Source::new(frame, WIDTH, HEIGHT, WIDTH).expect("whole rows");
            let start = Instant::now();
            screen.draw(&picture, 0, 0);
            let drawn = Instant::now();
            view.step(&mut screen, &mut channel, f64::from(round), usize::MAX);
            let size = channel.pending_len();
            channel.pending_parts();
            if index > 0 {
                drawing += (drawn - start).as_secs_f64();
                stepping += drawn.elapsed().as_secs_f64();
                sent += size;
            }
        }
        let each = |sum: f64| sum * 1e3 / (frames.len() - 1) as f64;
        (draw, step, bytes) =
            (draw.min(each(drawing)), step.min(each(stepping)), bytes.min(sent / (frames.len() - 1)));
    }
    println!("{name:16} draw {draw:6.3}  step {step:6.3}  {bytes:9} bytes");
}

/// A page of something like text, from row `top` of an endless one.
fn text(top: usize) -> Vec<u32> {
    let mut pixels = vec![0xff_ffff; WIDTH * HEIGHT];
    for (y, row) in pixels.chunks_mut(WIDTH).enumerate() {
        let (line, within) = ((y + top) / 18, (y + top) % 18);
        if !(4..15).contains(&within) {
            continue;
        }
        let length = 200 + hash(line as u32) as usize % 1500;
        for (x, pixel) in row[40..40 + length].iter_mut().enumerate() {
            let glyph = hash((line * 300 + x / 9) as u32) % 60;
            if hash(glyph * 1000 + (within * 9 + x % 9) as u32).is_multiple_of(3) {
                *pixel = 0x20_2020;
            }
        }
    }
    pixels
}

fn with_a_dot(mut pixels: Vec<u32>) -> Vec<u32> {
    pixels[500 * WIDTH + 500] ^= 0xff;
    pixels
}

fn hash(value: u32) -> u32 {
    let mixed = value.wrapping_mul(0x9e37_79b9);
    (mixed ^ mixed >> 15).wrapping_mul(0x85eb_ca6b) >> 8
}
