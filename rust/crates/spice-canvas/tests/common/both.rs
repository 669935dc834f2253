//! Our canvas and the model side by side, and drawings of any kind for both.

use spice_canvas::Canvas;
use spice_wire::messages::display::SurfaceFormat;
use spice_wire::messages::draw::{
    Brush, BrushData, ClipType, DisplayBase, MaskFlags, Point, QMask, Rect, Ropd,
};
use spice_wire::messages::image::{BitmapFormat, Image};

use super::model::{Plane, convert, inside, ones};
use super::{
    FORMATS, Random, base, bitmap, canvas, clipped, done, fill, from_surface, no_brush, no_mask, packed,
    pixels, pointer, rect, solid, surface, tiled,
};

/// Columns of both surfaces.
pub const WIDTH: i32 = 23;
/// Rows of both surfaces.
pub const HEIGHT: i32 = 17;

/// Our canvas and the model, with a screen 0 and a second surface 1 of any format.
pub struct Both {
    pub canvas: Canvas,
    pub planes: [Plane; 2],
    pub random: Random,
}

/// A mask and the model's idea of it.
pub type Mask = Option<(Vec<bool>, i32, i32, bool, Point)>;

impl Both {
    pub fn new(formats: [SurfaceFormat; 2], seed: u64) -> Self {
        let mut both = Self {
            canvas: canvas(),
            planes: formats.map(|format| Plane::new(WIDTH, HEIGHT, format)),
            random: Random(seed),
        };
        for (id, format) in (0..).zip(formats) {
            done(&mut both.canvas, &surface(id, WIDTH as u32, HEIGHT as u32, format, id == 0));
            both.noise(id);
        }
        both
    }

    /// Makes every pixel of a surface different.
    pub fn noise(&mut self, id: u32) {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let colour = self.random.next() << 1 ^ self.random.next();
                done(&mut self.canvas, &fill(base(id, rect(x, y, x + 1, y + 1)), colour));
                self.planes[id as usize].set(x, y, colour);
            }
        }
    }

    pub fn compare(&mut self, what: &dyn std::fmt::Debug) {
        for id in 0..2 {
            let plane = &self.planes[id as usize];
            let alpha = plane.format != SurfaceFormat::XRGB32
                && ones(plane.format) != 0x7fff
                && ones(plane.format) != 0xffff;
            for (index, (ours, theirs)) in
                pixels(&mut self.canvas, id).iter().zip(plane.components()).enumerate()
            {
                let [r, g, b, a] = theirs;
                let (ours, theirs) = match alpha {
                    true => (*ours, a << 24 | r << 16 | g << 8 | b),
                    false => (*ours & 0xff_ffff, r << 16 | g << 8 | b),
                };
                let (x, y) = (index as i32 % WIDTH, index as i32 / WIDTH);
                assert_eq!(
                    format!("{ours:08x}"),
                    format!("{theirs:08x}"),
                    "surface {id} ({:?}) at {x}, {y} after {what:?}",
                    plane.format
                );
            }
        }
    }

    pub fn any_rect(&mut self) -> Rect {
        let (left, top) = (self.random.between(-6, WIDTH), self.random.between(-6, HEIGHT));
        rect(left, top, left + self.random.between(0, WIDTH), top + self.random.between(0, HEIGHT))
    }

    pub fn any_base(&mut self) -> DisplayBase {
        let bounds = self.any_rect();
        match self.random.between(0, 4) {
            0 => clipped(0, bounds, vec![]),
            1 => clipped(0, bounds, vec![self.any_rect()]),
            2 => clipped(0, bounds, (0..5).map(|_| self.any_rect()).collect()),
            _ => base(0, bounds),
        }
    }

    pub fn any_mask(&mut self) -> (QMask, Mask) {
        if self.random.chance(2) {
            return (no_mask(), None);
        }
        let (width, height) = (self.random.between(1, 40), self.random.between(1, 20));
        let stride = (width + 7) / 8 + 1;
        let data: Vec<u8> = (0..stride * height).map(|_| self.random.next() as u8).collect();
        let bit = |x: i32, y: i32| data[(y * stride + x / 8) as usize] >> (7 - x % 8) & 1 == 1;
        let bits =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| bit(x, y)).collect();
        let inverted = self.random.chance(2);
        let position = || Point { x: self.random.0 as i32 % 5, y: (self.random.0 >> 8) as i32 % 5 };
        let position = position();
        let image = packed(width as u32, height as u32, stride as u32, data.clone(), BitmapFormat::BIT1_BE);
        let flags = if inverted { MaskFlags::INVERS } else { MaskFlags(0) };
        let mask = QMask { flags, position: position.clone(), bitmap: pointer(image) };
        (mask, Some((bits, width, height, inverted, position)))
    }

    /// An image of some kind, and its words in the model.
    pub fn any_image(&mut self) -> (Image, Plane) {
        let (width, height) = (self.random.between(1, 30), self.random.between(1, 20));
        let words = self.random.pixels((width * height) as usize);
        let plane = |format: SurfaceFormat, words: Vec<u32>| Plane { width, height, format, words };
        let masked = |mask: u32| words.iter().map(|word| word & mask).collect::<Vec<u32>>();
        match self.random.between(0, 5) {
            0 => (bitmap(width as u32, &words, BitmapFormat::BIT32), plane(SurfaceFormat::XRGB32, words)),
            1 => (bitmap(width as u32, &words, BitmapFormat::RGBA), plane(SurfaceFormat::ARGB32, words)),
            2 => {
                let data = words.iter().flat_map(|word| (*word as u16).to_le_bytes()).collect();
                let image = packed(width as u32, height as u32, width as u32 * 2, data, BitmapFormat::BIT16);
                (image, plane(SurfaceFormat::RGB555, masked(0x7fff)))
            }
            3 => {
                let data = words.iter().map(|word| *word as u8).collect();
                let image = packed(width as u32, height as u32, width as u32, data, BitmapFormat::BIT8_A);
                (image, plane(SurfaceFormat::A8, masked(0xff)))
            }
            _ => (from_surface(1, WIDTH as u32, HEIGHT as u32), self.planes[1].clone()),
        }
    }

    pub fn any_brush(&mut self) -> (Brush, Option<Plane>) {
        match self.random.between(0, 4) {
            0 => (no_brush(), None),
            1 => {
                let (image, plane) = self.any_image();
                (tiled(image, self.random.between(-40, 40), self.random.between(-40, 40)), Some(plane))
            }
            _ => (solid(self.random.next() << 1 ^ self.random.next()), None),
        }
    }

    pub fn any_rop(&mut self) -> Ropd {
        let operation = [8, 16, 32, 64, 128, 256, 512, 0][self.random.between(0, 8) as usize];
        Ropd(operation | (self.random.next() as u16 & 0x407))
    }

    /// Calls `pixel` for each pixel that a command may change.
    pub fn each(&mut self, base: &DisplayBase, mask: &Mask, mut pixel: impl FnMut(&mut Plane, i32, i32)) {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                if inside(&base.bounds, x, y) && in_clip(base, x, y) && in_mask(base, mask, x, y) {
                    pixel(&mut self.planes[0], x, y);
                }
            }
        }
    }
}

fn in_clip(base: &DisplayBase, x: i32, y: i32) -> bool {
    base.clip.kind == ClipType::NONE
        || base.clip.rects.0.iter().flat_map(|rects| &rects.items).any(|rect| inside(rect, x, y))
}

fn in_mask(base: &DisplayBase, mask: &Mask, x: i32, y: i32) -> bool {
    let Some((bits, width, height, inverted, position)) = mask else { return true };
    let (x, y) = (x - base.bounds.left + position.x, y - base.bounds.top + position.y);
    x >= 0 && y >= 0 && x < *width && y < *height && bits[(y * width + x) as usize] != *inverted
}

/// What a brush has at a pixel, in words of `format`.
pub fn brush_at(brush: &Brush, tile: &Option<Plane>, format: SurfaceFormat, x: i32, y: i32) -> u32 {
    match (&brush.data, tile) {
        (BrushData::Solid(colour), _) => *colour & ones(format),
        (BrushData::Pattern(pattern), Some(tile)) => {
            let at = |here: i32, origin: i32, length: i32| (here - origin).rem_euclid(length);
            let word = tile.at(at(x, pattern.position.x, tile.width), at(y, pattern.position.y, tile.height));
            convert(word.expect("inside of the tile"), tile.format, format)
        }
        _ => 0,
    }
}

/// Runs `step` often for a screen of each format and a second surface of another.
pub fn for_all_formats(mut step: impl FnMut(&mut Both)) {
    for (index, &format) in FORMATS.iter().enumerate() {
        for other in [format, FORMATS[(index + 3) % 6]] {
            let mut both = Both::new([format, other], 7 * index as u64 + 1);
            (0..60).for_each(|_| step(&mut both));
        }
    }
}
