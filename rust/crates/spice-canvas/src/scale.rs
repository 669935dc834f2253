//! Scaling, with the arithmetic of the library that the reference draws with.
//!
//! The centre of a destination pixel is mapped to 16.16 fixed point. NEAREST takes the pixel that it falls into;
//! INTERPOLATE weighs four pixels with seven bits in each direction. What lies outside of the picture is transparent.

use spice_wire::messages::draw::ImageScaleMode;

use crate::picture::Picture;
use crate::region::Area;

/// A part of a picture stretched over an area of a surface.
#[derive(Debug)]
pub struct Scaler {
    picture: Picture,
    columns: Axis,
    rows: Axis,
    interpolate: bool,
}

/// One direction: where destination pixels come from.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// First destination pixel.
    start: i64,
    /// Source pixels per destination pixel, 16.16.
    step: i64,
    /// Source of the left or top edge, 16.16.
    origin: i64,
}

impl Axis {
    fn new(start: i32, length: i64, source_start: i32, source_length: i64) -> Self {
        // A scale beyond the fixed point's range means nothing; it must only do no harm.
        let step = (source_length * ONE / length.max(1)).clamp(0, i64::from(i32::MAX));
        Self { start: start.into(), step, origin: i64::from(source_start) * ONE }
    }

    /// Where the centre of destination pixel `at` lies.
    fn centre(&self, at: usize) -> i64 {
        (self.step * ((at as i64 - self.start) * 2 + 1) + 1) / 2 + self.origin
    }
}

impl Scaler {
    /// `source` of the picture over all of `destination`; neither has to lie inside of what it refers to.
    pub fn new(picture: Picture, source: &Area, destination: &Area, mode: ImageScaleMode) -> Self {
        let ((width, height), (from_width, from_height)) = (destination.size(), source.size());
        Self {
            picture,
            columns: Axis::new(destination.left, width, source.left, from_width),
            rows: Axis::new(destination.top, height, source.top, from_height),
            interpolate: mode != ImageScaleMode::NEAREST,
        }
    }

    /// The picture that is stretched.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// The same with another picture of the same size.
    #[must_use]
    pub fn map_picture(self, change: impl FnOnce(Picture) -> Picture) -> Self {
        Self { picture: change(self.picture), ..self }
    }

    /// Takes the picture back.
    pub fn into_picture(self) -> Picture {
        self.picture
    }

    /// Appends `length` pixels from column `x` of row `y` of the destination, premultiplied; `fetch` makes a
    /// premultiplied pixel of a stored one.
    pub fn row(&self, x: usize, y: usize, length: usize, fetch: impl Fn(u32) -> u32, out: &mut Vec<u32>) {
        match self.interpolate {
            false => self.nearest(x, y, length, fetch, out),
            true => self.bilinear(x, y, length, fetch, out),
        }
    }

    fn nearest(&self, x: usize, y: usize, length: usize, fetch: impl Fn(u32) -> u32, out: &mut Vec<u32>) {
        let row = self.source_row((self.rows.centre(y) - 1) >> 16);
        let columns = (x..x + length).map(|x| (self.columns.centre(x) - 1) >> 16);
        out.extend(columns.map(|column| pixel(row, column).map_or(0, &fetch)));
    }

    fn bilinear(&self, x: usize, y: usize, length: usize, fetch: impl Fn(u32) -> u32, out: &mut Vec<u32>) {
        let centre = self.rows.centre(y) - ONE / 2;
        let (upper, lower) = (self.source_row(centre >> 16), self.source_row((centre >> 16) + 1));
        let down = weight(centre);
        out.extend((x..x + length).map(|x| {
            let centre = self.columns.centre(x) - ONE / 2;
            let column = centre >> 16;
            let at = |row, column| pixel(row, column).map_or(0, &fetch);
            let (left, right) =
                ([at(upper, column), at(lower, column)], [at(upper, column + 1), at(lower, column + 1)]);
            mix(left, right, weight(centre), down)
        }));
    }

    fn source_row(&self, y: i64) -> &[u32] {
        match usize::try_from(y) {
            Ok(y) if y < self.picture.bounds().height() => self.picture.row(y),
            _ => &[],
        }
    }
}

fn pixel(row: &[u32], column: i64) -> Option<u32> {
    usize::try_from(column).ok().and_then(|column| row.get(column)).copied()
}

/// The upper seven bits of the fraction.
fn weight(position: i64) -> u64 {
    (position >> 9 & 127) as u64
}

/// Four pixels, each component weighed: no rounding before the end, and there downwards.
fn mix(left: [u32; 2], right: [u32; 2], across: u64, down: u64) -> u32 {
    // Two components in 32 bits each hold a byte times 14 bits.
    let spread = |pixel: u32, shift: u32| {
        u64::from(pixel >> shift & 0xff) | u64::from(pixel >> shift >> 16 & 0xff) << 32
    };
    let pair = |shift| {
        let column =
            |pixels: [u32; 2]| spread(pixels[0], shift) * (128 - down) + spread(pixels[1], shift) * down;
        let sum = column(left) * (128 - across) + column(right) * across;
        ((sum >> 14 & 0xff) | (sum >> 46 & 0xff) << 16) as u32
    };
    pair(0) | pair(8) << 8
}

/// One in 16.16 fixed point.
const ONE: i64 = 1 << 16;
