//! Where a given picture differs from the one that is shown.

use std::ops::Range;

use spice_canvas::Area;

use crate::change::Given;
use crate::pixels::Pixels;
use crate::shadow::Shadow;

/// Size of the cells in which differences are looked for: a line of text in a few characters' width.
const WIDE: usize = 64;
const HIGH: i32 = 16;

/// A picture beside the screen.
#[derive(Debug)]
pub(crate) struct Survey<'a, P> {
    pub(crate) shadow: &'a Shadow,
    pub(crate) given: Given<'a, P>,
}

/// An area in bands of one row of cells each.
pub(crate) fn bands(area: Area) -> impl Iterator<Item = Area> {
    let first = area.top - area.top.rem_euclid(HIGH);
    let band = move |top: i32| Area { top: top.max(area.top), bottom: (top + HIGH).min(area.bottom), ..area };
    (first..area.bottom).step_by(HIGH as usize).map(band)
}

impl<P: Pixels> Survey<'_, P> {
    /// The rows of `target` with a difference in them, as areas of its width.
    pub(crate) fn rows(&self, target: Area) -> Vec<Area> {
        let mut found: Vec<Area> = Vec::new();
        for y in (target.top..target.bottom).filter(|y| !self.is_same(target, *y)) {
            match found.last_mut() {
                Some(last) if last.bottom == y => last.bottom = y + 1,
                _ => found.push(Area { top: y, bottom: y + 1, ..target }),
            }
        }
        found
    }

    /// About the smallest area around all differences in rows that were found: only some of them are looked at closely.
    pub(crate) fn extent(&self, rows: &[Area]) -> Area {
        let mut extent = Area::default();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return extent };
        let mut buffer = vec![0; first.width()];
        for band in rows {
            for y in (band.top..band.bottom).step_by(EVERY) {
                self.read(*band, y, &mut buffer);
                if let Some((left, right)) = difference(self.old(*band, y), &buffer) {
                    let edge = |at: usize| band.left + at as i32;
                    let here = Area {
                        left: edge(left),
                        right: edge(right) + 1,
                        top: first.top,
                        bottom: last.bottom,
                    };
                    extent = extent.bounding(&here);
                }
            }
        }
        extent
    }

    /// The differences in a band: for each run of cells with a difference in it, the smallest area around them.
    pub(crate) fn differences(&self, band: Area) -> Vec<Area> {
        let mut rows = (band.top..band.bottom).filter(|y| !self.is_same(band, *y)).peekable();
        if rows.peek().is_none() {
            return Vec::new();
        }
        let mut cells = Cells::new(band);
        for y in rows.by_ref() {
            self.read(band, y, &mut cells.row);
            cells.compare(self.old(band, y), y);
            if cells.are_full() {
                break;
            }
        }
        // Once everything across differs, all there is to be found out is how far down.
        if let Some(y) = rows.next_back() {
            cells.reach(y + 1);
        }
        cells.runs()
    }

    fn is_same(&self, area: Area, y: i32) -> bool {
        let (left, row) = self.place(area, y);
        self.given.pixels.same(left, row, self.old(area, y))
    }

    fn read(&self, area: Area, y: i32, out: &mut [u32]) {
        let (left, row) = self.place(area, y);
        self.given.pixels.read(left, row, out);
    }

    /// Where in the picture a row of an area begins.
    fn place(&self, area: Area, y: i32) -> (usize, usize) {
        ((area.left - self.given.origin.0) as usize, (y - self.given.origin.1) as usize)
    }

    fn old(&self, area: Area, y: i32) -> &[u32] {
        self.shadow.row(y as usize, area.left as usize, area.right as usize)
    }
}

/// One row of cells.
struct Cells {
    area: Area,
    /// The columns of each cell, counted from the area's left.
    columns: Vec<Range<usize>>,
    /// What differs in each cell; empty areas where nothing does.
    differing: Vec<Area>,
    /// A row of the picture.
    row: Vec<u32>,
}

impl Cells {
    fn new(area: Area) -> Self {
        let (left, right) = (area.left as usize, area.right as usize);
        let edge = |cell: usize| (cell * WIDE).clamp(left, right) - left;
        let cells = left / WIDE..right.div_ceil(WIDE);
        let columns: Vec<Range<usize>> = cells.map(|cell| edge(cell)..edge(cell + 1)).collect();
        Self { area, differing: vec![Area::default(); columns.len()], columns, row: vec![0; right - left] }
    }

    fn compare(&mut self, old: &[u32], y: i32) {
        for (columns, cell) in self.columns.iter().zip(&mut self.differing) {
            let (old, new) = (&old[columns.clone()], &self.row[columns.clone()]);
            if old == new {
                continue;
            }
            let known = !cell.is_empty() && cell.width() == columns.len();
            let (first, last) = match known {
                true => (0, columns.len() - 1),
                false => difference(old, new).unwrap_or((0, columns.len() - 1)),
            };
            let edge = |at: usize| self.area.left + (columns.start + at) as i32;
            let here = Area { left: edge(first), top: y, right: edge(last) + 1, bottom: y + 1 };
            *cell = cell.bounding(&here);
        }
    }

    /// Whether all columns differ.
    fn are_full(&self) -> bool {
        self.columns.iter().zip(&self.differing).all(|(columns, cell)| cell.width() == columns.len())
    }

    /// Lets all that differs end at a row.
    fn reach(&mut self, bottom: i32) {
        self.differing.iter_mut().for_each(|cell| cell.bottom = bottom);
    }

    /// What was found.
    fn runs(self) -> Vec<Area> {
        let (mut runs, mut run) = (Vec::new(), Area::default());
        for cell in self.differing {
            if cell.is_empty() {
                runs.push(std::mem::take(&mut run));
            } else {
                run = run.bounding(&cell);
            }
        }
        runs.push(run);
        runs.retain(|run| !run.is_empty());
        runs
    }
}

/// First and last place where two rows of one length differ.
fn difference(old: &[u32], new: &[u32]) -> Option<(usize, usize)> {
    let first = old.iter().zip(new).position(|(old, new)| old != new)?;
    let last = old.iter().zip(new).rposition(|(old, new)| old != new)?;
    Some((first, last))
}

/// Of how many rows that differ one is looked at closely.
const EVERY: usize = 8;
