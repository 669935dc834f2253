//! Pictures that try an encoder: every size, and contents from flat to noise.
#![allow(dead_code, reason = "each test program uses its own part")]

use spice_codec::Source;

use crate::files::Random;

/// Pixels whose rows have a gap behind them that no encoder may look at.
#[derive(Clone)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    stride: usize,
    pixels: Vec<u32>,
}

/// What a picture shows.
pub const CONTENTS: [&str; 7] = ["flat", "noise", "few colours", "lines", "runs", "slope", "mixed"];

/// Width and height: the smallest, thin ones, odd ones, and one with matches far away.
pub const SIZES: [(usize, usize); 14] = [
    (1, 1),
    (2, 1),
    (3, 1),
    (1, 4),
    (5, 1),
    (3, 2),
    (7, 1),
    (1, 9),
    (11, 3),
    (1, 700),
    (3000, 1),
    (64, 64),
    (333, 101),
    (410, 400),
];

impl Picture {
    /// A picture of one of [`CONTENTS`].
    pub fn new(random: &mut Random, content: &str, width: usize, height: usize) -> Self {
        let stride = width + random.below(3);
        let mut pixels: Vec<u32> = (0..stride * height).map(|_| noise(random)).collect();
        let line: Vec<u32> = (0..width).map(|_| noise(random) & 0x0107_0307).collect();
        let mut run = noise(random);
        for y in 0..height {
            for x in 0..width {
                let slope = (x as u32 & 255) | (y as u32 & 255) << 8 | (x + y) as u32 >> 3 << 24;
                if random.below(12) == 0 {
                    run = noise(random);
                }
                pixels[y * stride + x] = match content {
                    "flat" => 0x8012_3456,
                    "noise" => noise(random),
                    "few colours" => (noise(random) & 0x0101_0101) * 0x70,
                    "lines" => line[(x + y / 9) % width],
                    "runs" => run,
                    "slope" => slope,
                    _ => [run, line[x], noise(random), slope][(x / 40 + y / 30) % 4],
                };
            }
        }
        Self { width, height, stride, pixels }
    }

    /// A picture of these pixels, which follow each other without a gap.
    pub fn of(width: usize, height: usize, pixels: Vec<u32>) -> Self {
        Self { width, height, stride: width, pixels }
    }

    pub fn source(&self) -> Source<'_> {
        Source::new(&self.pixels, self.width, self.height, self.stride).unwrap()
    }

    /// The pixels without gaps, of each the bits in `mask`.
    pub fn pixels(&self, mask: u32) -> Vec<u32> {
        self.source().rows().flatten().map(|pixel| pixel & mask).collect()
    }
}

/// Every content in every size.
pub fn all() -> impl Iterator<Item = (String, Picture)> {
    let mut random = Random(0x5eed);
    SIZES.iter().flat_map(|size| CONTENTS.map(|content| (size, content))).map(
        move |(&(width, height), content)| {
            let picture = Picture::new(&mut random, content, width, height);
            (format!("{content} {width}x{height}"), picture)
        },
    )
}

fn noise(random: &mut Random) -> u32 {
    random.below(1 << 32) as u32
}
