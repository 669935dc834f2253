//! A slow and simple canvas: every pixel by itself, each surface in the bits that its format really has.

use spice_wire::messages::display::SurfaceFormat;
use spice_wire::messages::draw::{Rect, Ropd};

/// A surface or an image; pixels are words of its own format.
#[derive(Debug, Clone)]
pub struct Plane {
    pub width: i32,
    pub height: i32,
    pub format: SurfaceFormat,
    pub words: Vec<u32>,
}

impl Plane {
    pub fn new(width: i32, height: i32, format: SurfaceFormat) -> Self {
        Self { width, height, format, words: vec![0; (width * height) as usize] }
    }

    pub fn at(&self, x: i32, y: i32) -> Option<u32> {
        let inside = x >= 0 && y >= 0 && x < self.width && y < self.height;
        inside.then(|| self.words[(y * self.width + x) as usize])
    }

    pub fn set(&mut self, x: i32, y: i32, word: u32) {
        self.words[(y * self.width + x) as usize] = word & ones(self.format);
    }

    /// All pixels as red, green, blue and alpha; what the format does not have is 0 (colours) or 255 (alpha).
    pub fn components(&self) -> Vec<[u32; 4]> {
        self.words.iter().map(|&word| split(word, self.format)).collect()
    }
}

/// All bits that a format has.
pub fn ones(format: SurfaceFormat) -> u32 {
    match format {
        SurfaceFormat::A1 => 1,
        SurfaceFormat::A8 => 0xff,
        SurfaceFormat::RGB555 => 0x7fff,
        SurfaceFormat::RGB565 => 0xffff,
        SurfaceFormat::XRGB32 => 0xff_ffff,
        _ => u32::MAX,
    }
}

/// A word as red, green, blue and alpha of eight bits.
pub fn split(word: u32, format: SurfaceFormat) -> [u32; 4] {
    let wide = |value: u32, bits: u32| value << (8 - bits) | value >> (2 * bits - 8);
    match format {
        SurfaceFormat::A1 => [0, 0, 0, (word & 1) * 255],
        SurfaceFormat::A8 => [0, 0, 0, word & 255],
        SurfaceFormat::RGB555 => [wide(word >> 10 & 31, 5), wide(word >> 5 & 31, 5), wide(word & 31, 5), 255],
        SurfaceFormat::RGB565 => [wide(word >> 11 & 31, 5), wide(word >> 5 & 63, 6), wide(word & 31, 5), 255],
        SurfaceFormat::XRGB32 => [word >> 16 & 255, word >> 8 & 255, word & 255, 255],
        _ => [word >> 16 & 255, word >> 8 & 255, word & 255, word >> 24],
    }
}

/// Components as a word; what a format cannot hold is cut off.
pub fn join([r, g, b, a]: [u32; 4], format: SurfaceFormat) -> u32 {
    match format {
        SurfaceFormat::A1 => a >> 7,
        SurfaceFormat::A8 => a,
        SurfaceFormat::RGB555 => r >> 3 << 10 | g >> 3 << 5 | b >> 3,
        SurfaceFormat::RGB565 => r >> 3 << 11 | g >> 2 << 5 | b >> 3,
        SurfaceFormat::XRGB32 => r << 16 | g << 8 | b,
        _ => a << 24 | r << 16 | g << 8 | b,
    }
}

/// A word of one format as one of another. Between formats of 32 bits words stay as they are.
pub fn convert(word: u32, from: SurfaceFormat, to: SurfaceFormat) -> u32 {
    let is_32 = |format| matches!(format, SurfaceFormat::XRGB32 | SurfaceFormat::ARGB32);
    match (is_32(from), is_32(to)) {
        (true, true) => word,
        // What has no alpha does not get one on the way to 32 bits.
        (false, true) if matches!(from, SurfaceFormat::RGB555 | SurfaceFormat::RGB565) => {
            join(split(word, from), SurfaceFormat::XRGB32)
        }
        _ => join(split(word, from), to),
    }
}

/// The raster operation as the protocol words it: pick, invert, apply, invert.
pub fn rop(flags: u16, invert_a: u16, invert_b: u16, a: u32, b: u32, all: u32) -> u32 {
    let has = |flag: Ropd| flags & flag.0 != 0;
    let a_or_not = if flags & invert_a != 0 { !a } else { a };
    let b_or_not = if flags & invert_b != 0 { !b } else { b };
    let invert_result = if has(Ropd::INVERS_RES) { u32::MAX } else { 0 };
    let result = if has(Ropd::OP_PUT) {
        a_or_not ^ invert_result
    } else if has(Ropd::OP_OR) {
        (a_or_not | b_or_not) ^ invert_result
    } else if has(Ropd::OP_AND) {
        (a_or_not & b_or_not) ^ invert_result
    } else if has(Ropd::OP_XOR) {
        a_or_not ^ b_or_not ^ invert_result
    } else if has(Ropd::OP_BLACKNESS) {
        0
    } else if has(Ropd::OP_WHITENESS) {
        u32::MAX
    } else if has(Ropd::OP_INVERS) {
        !b
    } else {
        a
    };
    result & all
}

/// Whether a pixel lies in a rectangle.
pub fn inside(rect: &Rect, x: i32, y: i32) -> bool {
    x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom
}

/// One component drawn over another: `(255 - alpha) / 255` rounded to nearest, at most 255 in all.
pub fn over(source: u32, destination: u32, alpha: u32) -> u32 {
    (source + times(destination, 255 - alpha)).min(255)
}

/// A product of two bytes as a byte, rounded to nearest.
pub fn times(one: u32, other: u32) -> u32 {
    (f64::from(one * other) / 255.0).round() as u32
}
