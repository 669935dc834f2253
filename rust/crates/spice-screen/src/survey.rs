//! Where a given picture differs from the one that is shown.

use spice_canvas::Area;

use crate::pixels::Pixels;
use crate::shadow::Shadow;

/// Size of the cells in which differences are looked for: a line of text in a few characters' width.
const WIDE: usize = 64;
const HIGH: i32 = 16;

/// The parts of `target` where `pixels`, whose corner lies at `origin`, differ from `shadow`: for each run of cells with a
/// difference in it, the smallest area around the differences.
pub(crate) fn survey(shadow: &Shadow, pixels: &impl Pixels, target: Area, origin: (i32, i32)) -> Vec<Area> {
    let mut found = Vec::new();
    let mut cells = Cells::new(target);
    let mut top = target.top;
    while top < target.bottom {
        let bottom = (top - top.rem_euclid(HIGH) + HIGH).min(target.bottom);
        for y in top..bottom {
            cells.compare(shadow, pixels, y, origin);
        }
        cells.collect(&mut found);
        top = bottom;
    }
    found
}

/// One row of cells.
struct Cells {
    target: Area,
    /// What differs in each cell; empty areas where nothing does.
    differing: Vec<Area>,
    any: bool,
}

impl Cells {
    fn new(target: Area) -> Self {
        let first = target.left as usize / WIDE;
        let cells = (target.right as usize).div_ceil(WIDE) - first;
        Self { target, differing: vec![Area::default(); cells], any: false }
    }

    fn compare(&mut self, shadow: &Shadow, pixels: &impl Pixels, y: i32, origin: (i32, i32)) {
        let (left, right) = (self.target.left as usize, self.target.right as usize);
        let row = shadow.row(y as usize, left, right);
        let (x, from) = ((self.target.left - origin.0) as usize, (y - origin.1) as usize);
        if pixels.same(x, from, row) {
            return;
        }
        self.any = true;
        let mut buffer = [0; WIDE];
        let mut start = left;
        for cell in &mut self.differing {
            let end = (start / WIDE * WIDE + WIDE).min(right);
            let (old, new) = (&row[start - left..end - left], &mut buffer[..end - start]);
            pixels.read(x + start - left, from, new);
            if let Some((first, last)) = difference(old, new) {
                let (first, last) = ((start + first) as i32, (start + last) as i32);
                let here = Area { left: first, top: y, right: last + 1, bottom: y + 1 };
                *cell = cell.bounding(&here);
            }
            start = end;
        }
    }

    /// Hands out what was found in this row of cells, and begins the next.
    fn collect(&mut self, found: &mut Vec<Area>) {
        if !std::mem::take(&mut self.any) {
            return;
        }
        let mut run = Area::default();
        for cell in &mut self.differing {
            match std::mem::take(cell) {
                cell if cell.is_empty() => {
                    found.extend(Some(std::mem::take(&mut run)).filter(|run| !run.is_empty()))
                }
                cell => run = run.bounding(&cell),
            }
        }
        found.extend(Some(run).filter(|run| !run.is_empty()));
    }
}

/// First and last place where two rows of one length differ.
fn difference(old: &[u32], new: &[u32]) -> Option<(usize, usize)> {
    if old == new {
        return None;
    }
    let first = old.iter().zip(new).position(|(old, new)| old != new)?;
    let last = old.iter().zip(new).rposition(|(old, new)| old != new)?;
    Some((first, last))
}
