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
        self.step * (at as i64 - self.start) + (self.step + 1) / 2 + self.origin
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
        let mut position = self.columns.centre(x) - 1;
        out.extend((0..length).map(|_| {
            let column = position >> 16;
            position += self.columns.step;
            pixel(row, column).map_or(0, &fetch)
        }));
    }

    fn bilinear(&self, x: usize, y: usize, length: usize, fetch: impl Fn(u32) -> u32, out: &mut Vec<u32>) {
        let centre = self.rows.centre(y) - ONE / 2;
        let (upper, lower) = (self.source_row(centre >> 16), self.source_row((centre >> 16) + 1));
        let down = weight(centre);
        let column = |at: i64| {
            let part = |row, weight: u64| pixel(row, at).map_or(0, |stored| spread(fetch(stored)) * weight);
            part(upper, 128 - down) + part(lower, down)
        };
        let mut position = self.columns.centre(x) - ONE / 2;
        let mut left_at = position >> 16;
        let (mut left, mut right) = (column(left_at), column(left_at + 1));
        out.extend((0..length).map(|_| {
            let at = position >> 16;
            if at != left_at {
                left = if at == left_at + 1 { right } else { column(at) };
                (left_at, right) = (at, column(at + 1));
            }
            let mixed = mix(left, right, weight(position));
            position += self.columns.step;
            mixed
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

/// The four components in 16 bits each: in the order of the pixel, but the middle two exchanged.
fn spread(pixel: u32) -> u64 {
    let pixel = u64::from(pixel);
    (pixel & 0x00ff_00ff) | (pixel & 0xff00_ff00) << 24
}

/// Two columns, whose components have seven bits of fraction, weighed: no rounding before the end, and there downwards.
fn mix(left: u64, right: u64, across: u64) -> u32 {
    let half = |shift: u32| {
        let pair = |column: u64| (column >> shift & 0xffff) | (column >> shift >> 16 & 0xffff) << 32;
        let sum = pair(left) * (128 - across) + pair(right) * across;
        ((sum >> 14 & 0xff) | (sum >> 46 & 0xff) << 16) as u32
    };
    half(0) | half(32) << 8
}

/// One in 16.16 fixed point.
const ONE: i64 = 1 << 16;
