//! The server's own copy of the picture, and when each part of it changed.

use std::ops::Range;

use spice_canvas::Area;

use crate::pixels::{COLOUR, Pixels};
use crate::print::Key;
use crate::prints::{PART, Printer, UNKNOWN};
use crate::sheet::{Excerpt, Sheet};
use crate::workshop::Workshop;

/// Side of the squares whose last change is remembered.
const TILE: usize = 64;

/// What part of the screen is lent at least; less is copied faster than all of it, if somebody draws on it meanwhile.
const LEAST_LENT: usize = 32;

/// Pixels of a screen.
///
/// INVARIANT: `pixels` holds `width * height` pixels 0x00RRGGBB; `rows` says for each row of the screen which one of them it
/// is, each once; `prints` holds for each part of each of them its fingerprint, or that it is not known. Areas given to
/// methods lie inside.
#[derive(Debug)]
pub(crate) struct Shadow {
    width: usize,
    height: usize,
    pixels: Sheet,
    /// Whole rows that move are not copied: they change their places here.
    rows: Vec<u32>,
    prints: Vec<u64>,
    printer: Printer,
    /// For each tile the version that it changed with last.
    changes: Vec<u64>,
    version: u64,
}

impl Shadow {
    /// A black picture.
    pub(crate) fn new(width: usize, height: usize, key: &Key) -> Self {
        Self::with(width, height, Printer::new(key), 1)
    }

    fn with(width: usize, height: usize, printer: Printer, version: u64) -> Self {
        let tiles = width.div_ceil(TILE) * height.div_ceil(TILE);
        Self {
            width,
            height,
            pixels: Sheet::new(vec![0; width * height]),
            rows: (0..height as u32).collect(),
            prints: vec![UNKNOWN; width.div_ceil(PART) * height],
            printer,
            changes: vec![version; tiles],
            version,
        }
    }

    /// The same picture in another size: what is in both stays, the rest is black.
    pub(crate) fn resized(&self, width: usize, height: usize) -> Self {
        let mut new = Self::with(width, height, self.printer.clone(), self.version + 1);
        let common = width.min(self.width);
        for (y, row) in new.pixels.write().chunks_mut(width).enumerate().take(self.height) {
            row[..common].copy_from_slice(self.row(y, 0, common));
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

    /// Makes fingerprints that can be compared with those here.
    pub(crate) fn printer(&self) -> &Printer {
        &self.printer
    }

    /// A copy of all pixels, rows without a gap.
    pub(crate) fn all(&self) -> Vec<u32> {
        self.copy_of(self.bounds(), Vec::with_capacity(self.width * self.height))
    }

    /// Brings all rows into their order, so that they can be lent: worth it where they do not move any more.
    pub(crate) fn straighten(&mut self) {
        if !self.are_in_order(0..self.height) {
            let (pixels, prints) =
                (self.all(), (0..self.height).flat_map(|y| self.prints(y).to_vec()).collect());
            (self.pixels, self.prints) = (Sheet::new(pixels), prints);
            self.rows.sort_unstable();
        }
    }

    /// Pixels from `left` up to `right` of a row.
    pub(crate) fn row(&self, y: usize, left: usize, right: usize) -> &[u32] {
        &self.pixels.read()[self.start(y)..][left..right]
    }

    /// The rows of an area.
    pub(crate) fn rows(&self, area: Area) -> impl Iterator<Item = &[u32]> {
        let (left, right) = (area.left as usize, area.right as usize);
        (area.top as usize..area.bottom as usize).map(move |y| self.row(y, left, right))
    }

    /// The fingerprints of a row's parts.
    pub(crate) fn prints(&self, y: usize) -> &[u64] {
        &self.prints[self.first_print(y)..][..self.parts()]
    }

    /// Fingerprints in a row.
    pub(crate) fn parts(&self) -> usize {
        self.width.div_ceil(PART)
    }

    /// Makes the fingerprints of a row that are not known. They are only made for whoever asks: a film needs none.
    pub(crate) fn complete(&mut self, y: usize) {
        let (row, first) = (self.start(y), self.first_print(y));
        let parts = self.pixels.read()[row..row + self.width].chunks(PART);
        let prints = self.prints[first..first + self.width.div_ceil(PART)].iter_mut();
        for (print, part) in prints.zip(parts).filter(|(print, _)| **print == UNKNOWN) {
            *print = self.printer.print(part);
        }
    }

    /// Copies an area out of a picture whose corner lies at `origin`.
    pub(crate) fn take(&mut self, pixels: &impl Pixels, area: Area, origin: (i32, i32)) {
        let left = (area.left - origin.0) as usize;
        for y in area.top..area.bottom {
            let start = self.start(y as usize) + area.left as usize;
            let row = &mut self.pixels.write()[start..start + area.width()];
            pixels.read(left, (y - origin.1) as usize, row);
        }
        self.forget(area);
        self.changed(area);
    }

    /// Makes an area one colour; whether that changed something.
    pub(crate) fn fill(&mut self, area: Area, colour: u32) -> bool {
        let colour = colour & COLOUR;
        if self.rows(area).all(|row| row.iter().all(|pixel| *pixel == colour)) {
            return false;
        }
        for y in area.top as usize..area.bottom as usize {
            let start = self.start(y) + area.left as usize;
            self.pixels.write()[start..start + area.width()].fill(colour);
        }
        self.forget(area);
        self.changed(area);
        true
    }

    /// Moves the pixels that lie `(dx, dy)` before `target` there; the areas may overlap.
    pub(crate) fn scroll(&mut self, target: Area, dx: i32, dy: i32) {
        if dx == 0 && target.width() == self.width {
            self.scroll_rows(target.top as usize, target.bottom as usize, dy);
        } else {
            self.scroll_part(target, dx, dy);
        }
        self.changed(target);
    }

    /// Lets whole rows change places. Those that give their pixels away and get none keep a copy.
    fn scroll_rows(&mut self, top: usize, bottom: usize, dy: i32) {
        let (way, count) = (dy.unsigned_abs() as usize, bottom - top);
        let copies = way.min(count);
        if dy < 0 {
            (top..bottom).for_each(|y| self.rows.swap(y, y + way));
            (bottom + way - copies..bottom + way).for_each(|y| self.copy_row(y - way, y));
        } else {
            (top..bottom).rev().for_each(|y| self.rows.swap(y, y - way));
            (top - way..top - way + copies).for_each(|y| self.copy_row(y + way, y));
        }
    }

    fn copy_row(&mut self, from: usize, to: usize) {
        let (source, target, parts) = (self.start(from), self.start(to), self.parts());
        self.pixels.write().copy_within(source..source + self.width, target);
        let (source, target) = (self.first_print(from), self.first_print(to));
        self.prints.copy_within(source..source + parts, target);
    }

    fn scroll_part(&mut self, target: Area, dx: i32, dy: i32) {
        let width = target.width();
        // Parts keep their fingerprints where all of them moves to the place of another.
        let known = if dx == 0 { self.parts_inside(target) } else { 0..0 };
        let mut copy = |y: i32| {
            let from = self.start((y - dy) as usize) + (target.left - dx) as usize;
            let to = self.start(y as usize) + target.left as usize;
            self.pixels.write().copy_within(from..from + width, to);
            let (from, to) = (self.first_print((y - dy) as usize), self.first_print(y as usize));
            parts_of(target).for_each(|part| {
                self.prints[to + part] =
                    if known.contains(&part) { self.prints[from + part] } else { UNKNOWN };
            });
        };
        match dy > 0 {
            true => (target.top..target.bottom).rev().for_each(&mut copy),
            false => (target.top..target.bottom).for_each(&mut copy),
        }
    }

    /// The pixels of an area as they are now: lent if they are many, which somebody may pay for by copying the screen.
    pub(crate) fn excerpt(&self, area: Area, workshop: &Workshop) -> Excerpt {
        let pixels = area.pixels();
        match pixels * LEAST_LENT >= self.width * self.height
            && self.are_in_order(area.top as usize..area.bottom as usize)
        {
            true => {
                let start = self.start(area.top as usize) + area.left as usize;
                self.pixels.lend(start, area.width(), self.width)
            }
            false => Excerpt::own(self.copy_of(area, workshop.buffer(pixels)), area.width()),
        }
    }

    fn are_in_order(&self, rows: Range<usize>) -> bool {
        self.rows[rows].is_sorted_by(|one, next| one + 1 == *next)
    }

    fn copy_of(&self, area: Area, mut buffer: Vec<u32>) -> Vec<u32> {
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

    /// The parts of a row that lie in an area completely.
    fn parts_inside(&self, area: Area) -> Range<usize> {
        let (left, right) = (area.left as usize, area.right as usize);
        left.div_ceil(PART)..if right == self.width { self.parts() } else { right / PART }
    }

    fn start(&self, y: usize) -> usize {
        self.rows[y] as usize * self.width
    }

    fn first_print(&self, y: usize) -> usize {
        self.rows[y] as usize * self.parts()
    }

    /// Forgets the fingerprints of all parts that an area touches.
    fn forget(&mut self, area: Area) {
        for y in area.top as usize..area.bottom as usize {
            let (first, parts) = (self.first_print(y), parts_of(area));
            self.prints[first + parts.start..first + parts.end].fill(UNKNOWN);
        }
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

/// The parts of a row that an area touches.
fn parts_of(area: Area) -> Range<usize> {
    area.left as usize / PART..(area.right as usize).div_ceil(PART)
}
