//! Random LZ streams together with the pixels that they mean, by a model that copies one unit at a time.
#![allow(dead_code, reason = "each test program uses its own part")]

use crate::files::Random;

/// The types of unit that differ in their coding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Three bytes.
    Bgr,
    /// Two bytes, five bits a component.
    Word,
    /// One byte, which becomes the top one.
    Byte,
}

impl Unit {
    /// A random unit: its coding and its pixel.
    fn literal(self, random: &mut Random, stream: &mut Vec<u8>) -> u32 {
        let [a, b, c] = [0; 3].map(|_: u8| random.below(256) as u8);
        match self {
            Self::Bgr => {
                stream.extend([a, b, c]);
                u32::from_le_bytes([a, b, c, 0])
            }
            Self::Word => {
                stream.extend([a, b]);
                let value = u32::from(a) << 8 | u32::from(b);
                let wide = |part: u32| (part & 31) << 3 | (part & 31) >> 2;
                wide(value >> 10) << 16 | wide(value >> 5) << 8 | wide(value)
            }
            Self::Byte => {
                stream.push(a);
                u32::from(a) << 24
            }
        }
    }

    /// The shortest match.
    fn least(self) -> usize {
        match self {
            Self::Bgr => 1,
            Self::Word => 2,
            Self::Byte => 3,
        }
    }
}

/// A stream of `count` units for LZ.
pub fn lz(random: &mut Random, unit: Unit, count: usize) -> (Vec<u8>, Vec<u32>) {
    stream(random, unit, count, |stream, start, length, distance| {
        let high = if distance < 8191 { distance >> 8 } else { 31 };
        stream.push((start << 5 | high) as u8);
        stream.extend(length);
        if distance < 8191 {
            stream.push(distance as u8);
        } else {
            stream.extend([255, ((distance - 8191) >> 8) as u8, (distance - 8191) as u8]);
        }
    })
}

/// A stream of `count` units for GLZ whose matches stay in the picture.
pub fn glz(random: &mut Random, unit: Unit, count: usize) -> (Vec<u8>, Vec<u32>) {
    stream(random, unit, count, |stream, start, length, distance| {
        reference(stream, start, length, 0, distance);
    })
}

/// A GLZ match: `start` and `length` as coded, `back` pictures before, at `place`.
pub fn reference(stream: &mut Vec<u8>, start: usize, length: &[u8], back: usize, place: usize) {
    let long = place >= 1 << 12;
    stream.push((start << 5 | usize::from(long) << 4 | place & 15) as u8);
    stream.extend(length);
    stream.push((place >> 4) as u8);
    let bytes = |mut rest: usize| {
        let mut bytes = Vec::new();
        while rest > 0 {
            bytes.push(rest as u8);
            rest >>= 8;
        }
        bytes
    };
    if long {
        let (back, longer) = (bytes(back), place >= 1 << 17);
        stream.push((back.len() << 6 | usize::from(longer) << 5 | place >> 12 & 31) as u8);
        stream.extend(back);
        stream.extend(longer.then_some((place >> 17) as u8));
    } else {
        let more = bytes(back >> 6);
        stream.push((more.len() << 6 | back & 63) as u8);
        stream.extend(more);
    }
}

/// A coded length, from 1 on: three bits and the bytes behind.
pub fn split(length: usize) -> (usize, Vec<u8>) {
    let Some(mut rest) = length.checked_sub(7) else { return (length, Vec::new()) };
    let mut bytes = Vec::new();
    while rest >= 255 {
        bytes.push(255);
        rest -= 255;
    }
    bytes.push(rest as u8);
    (7, bytes)
}

/// Random literals and matches; `code` writes a match from its three bits, the bytes behind them and distance − 1.
fn stream(
    random: &mut Random,
    unit: Unit,
    count: usize,
    code: impl Fn(&mut Vec<u8>, usize, &[u8], usize),
) -> (Vec<u8>, Vec<u32>) {
    let least = unit.least();
    let (mut stream, mut pixels) = (Vec::new(), Vec::<u32>::new());
    while pixels.len() < count {
        let room = count - pixels.len();
        if pixels.is_empty() || random.below(3) == 0 || room < least {
            let literals = 1 + random.below(32.min(room));
            stream.push(literals as u8 - 1);
            pixels.extend((0..literals).map(|_| unit.literal(random, &mut stream)).collect::<Vec<_>>());
            continue;
        }
        let most = match random.below(8) {
            0 => room,
            1 => room.min(least + 300),
            _ => room.min(least + 20),
        };
        let length = least + random.below(most - least + 1);
        let near = [1, 2, 3, 4, 8, 15, 17, 40, 8192, 9000][random.below(10)];
        let distance = if random.below(2) == 0 { near } else { 1 + random.below(pixels.len()) };
        let distance = distance.min(pixels.len());
        let (start, more) = split(length - least + 1);
        code(&mut stream, start, &more, distance - 1);
        for _ in 0..length {
            pixels.push(pixels[pixels.len() - distance]);
        }
    }
    (stream, pixels)
}
