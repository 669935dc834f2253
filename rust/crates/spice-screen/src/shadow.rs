//! The server's own copy of the picture, and when each part of it changed.

use spice_canvas::Area;

use crate::pixels::{COLOUR, Pixels};

/// Side of the squares whose last change is remembered.
const TILE: usize = 64;

/// Pixels of a screen.
///
/// INVARIANT: `pixels` holds `width * height` pixels 0x00RRGGBB, rows without a gap; areas given to methods lie inside.
#[derive(Debug)]
pub(crate) struct Shadow {
    width: usize,
    height: usize,
    pixels: Vec<u32>,
    /// For each tile the version that it changed with last.
    changes: Vec<u64>,
    version: u64,
}

impl Shadow {
    /// A black picture.
    pub(crate) fn new(width: usize, height: usize, version: u64) -> Self {
        let tiles = width.div_ceil(TILE) * height.div_ceil(TILE);
        Self { width, height, pixels: vec![0; width * height], changes: vec![version; tiles], version }
    }

    /// The same picture in another size: what is in both stays, the rest is black.
    pub(crate) fn resized(&self, width: usize, height: usize) -> Self {
        let mut new = Self::new(width, height, self.version + 1);
        let common = width.min(self.width);
        for (new, old) in new.pixels.chunks_mut(width).zip(self.pixels.chunks(self.width)) {
            new[..common].copy_from_slice(&old[..common]);
        }
        new
    }

    /// All of it.
    pub(crate) fn bounds(&self) -> Area {
        Area::sized(self.width, self.height)
    }

    /// Grows with each change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// All pixels.
    pub(crate) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// Pixels from `left` up to `right` of a row.
    pub(crate) fn row(&self, y: usize, left: usize, right: usize) -> &[u32] {
        &self.pixels[y * self.width..][left..right]
    }

    /// The rows of an area.
    pub(crate) fn rows(&self, area: Area) -> impl Iterator<Item = &[u32]> {
        let (left, right) = (area.left as usize, area.right as usize);
        (area.top as usize..area.bottom as usize).map(move |y| self.row(y, left, right))
    }

    /// Copies an area out of a picture whose corner lies at `origin`.
    pub(crate) fn take(&mut self, pixels: &impl Pixels, area: Area, origin: (i32, i32)) {
        let left = (area.left - origin.0) as usize;
        let width = area.width();
        for y in area.top..area.bottom {
            let start = y as usize * self.width + area.left as usize;
            pixels.read(left, (y - origin.1) as usize, &mut self.pixels[start..start + width]);
        }
        self.changed(area);
    }

    /// Makes an area one colour; whether that changed something.
    pub(crate) fn fill(&mut self, area: Area, colour: u32) -> bool {
        let colour = colour & COLOUR;
        if self.rows(area).all(|row| row.iter().all(|pixel| *pixel == colour)) {
            return false;
        }
        for y in area.top as usize..area.bottom as usize {
            let start = y * self.width + area.left as usize;
            self.pixels[start..start + area.width()].fill(colour);
        }
        self.changed(area);
        true
    }

    /// Moves the pixels that lie `(dx, dy)` before `target` there; the areas may overlap.
    pub(crate) fn scroll(&mut self, target: Area, dx: i32, dy: i32) {
        let (width, stride) = (target.width(), self.width);
        let mut copy = |y: i32| {
            let from = (y - dy) as usize * stride + (target.left - dx) as usize;
            let to = y as usize * stride + target.left as usize;
            self.pixels.copy_within(from..from + width, to);
        };
        match dy > 0 {
            true => (target.top..target.bottom).rev().for_each(&mut copy),
            false => (target.top..target.bottom).for_each(&mut copy),
        }
        self.changed(target);
    }

    /// A copy of an area's pixels in a buffer, rows without a gap.
    pub(crate) fn copy_of(&self, area: Area, mut buffer: Vec<u32>) -> Vec<u32> {
        buffer.clear();
        self.rows(area).for_each(|row| buffer.extend_from_slice(row));
        buffer
    }

    /// The colour of an area that has only one.
    pub(crate) fn only_colour(&self, area: Area) -> Option<u32> {
        let first = *self.rows(area).next()?.first()?;
        self.rows(area).all(|row| row.iter().all(|pixel| *pixel == first)).then_some(first)
    }

    /// The version that something in an area changed with last.
    pub(crate) fn newest(&self, area: Area) -> u64 {
        self.tiles(area).map(|tile| self.changes[tile]).max().unwrap_or(0)
    }

    fn changed(&mut self, area: Area) {
        self.version += 1;
        for tile in self.tiles(area) {
            self.changes[tile] = self.version;
        }
    }

    fn tiles(&self, area: Area) -> impl Iterator<Item = usize> + use<> {
        let across = self.width.div_ceil(TILE);
        let columns = area.left as usize / TILE..(area.right as usize).div_ceil(TILE);
        let rows = area.top as usize / TILE..(area.bottom as usize).div_ceil(TILE);
        rows.flat_map(move |row| columns.clone().map(move |column| row * across + column))
    }
}
