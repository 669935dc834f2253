//! A picture of whole rows as fingerprints of their parts: it is read once, and shows what has moved up or down without
//! another look at its pixels or at the screen's.

use std::ops::Range;

use spice_canvas::Area;

use crate::change::Given;
use crate::lines::{self, Agreement, Fate, Line, Votes};
use crate::pixels::Pixels;
use crate::prints::{PART, UNKNOWN};
use crate::scroll::{LEAST, Scroll, around, landing, moves, source};
use crate::shadow::Shadow;

/// Columns of parts that vote on how far rows have moved.
const VOTERS: usize = 6;

/// Areas found last that may go on in the next row.
const OPEN: usize = 64;

/// The fingerprints of the rows of a picture.
#[derive(Debug)]
pub(crate) struct Sketch {
    /// Where on the screen the rows are, all of its width.
    target: Area,
    /// Fingerprints in a row.
    parts: usize,
    prints: Vec<u64>,
    /// Whether each row differs.
    differs: Vec<bool>,
}

impl Sketch {
    /// Reads the rows of a picture that are to be shown in `target`, into the memory of the sketch before.
    pub(crate) fn read<P: Pixels>(
        shadow: &mut Shadow,
        Given { pixels, origin }: Given<'_, P>,
        target: Area,
        mut memory: Vec<u64>,
    ) -> Self {
        let (parts, left) = (shadow.parts(), (target.left - origin.0) as usize);
        memory.resize(parts * target.height(), UNKNOWN);
        let mut sketch = Self { target, parts, prints: memory, differs: vec![false; target.height()] };
        let mut row = vec![0; target.width()];
        // Rows come in runs: after one that differs it is not worth looking at the screen's pixels first.
        let mut same = true;
        let rows = sketch.prints.chunks_mut(parts).zip(&mut sketch.differs);
        for (index, (prints, differs)) in rows.enumerate() {
            let y = target.top as usize + index;
            let given = (target.top - origin.1) as usize + index;
            if same && pixels.same(left, given, shadow.row(y, 0, row.len())) {
                prints.copy_from_slice(shadow.prints(y));
                continue;
            }
            pixels.read(left, given, &mut row);
            shadow.printer().print_row(&row, prints);
            shadow.complete(y);
            same = prints == shadow.prints(y);
            *differs = !same;
        }
        sketch
    }

    /// Its memory, for the next one.
    pub(crate) fn end(self) -> Vec<u64> {
        self.prints
    }

    /// Completes the fingerprints of rows that are the same on the screen, where nobody has needed them so far.
    pub(crate) fn complete(&mut self, shadow: &mut Shadow) {
        for (index, prints) in self.prints.chunks_mut(self.parts).enumerate() {
            let y = self.target.top as usize + index;
            if prints.contains(&UNKNOWN) {
                shadow.complete(y);
                prints.copy_from_slice(shadow.prints(y));
            }
        }
    }

    /// What differs from the screen, rounded to parts of rows.
    pub(crate) fn changed(&self, shadow: &Shadow) -> Vec<Area> {
        let mut areas: Vec<Area> = Vec::new();
        for y in (0..self.target.height()).filter(|y| self.differs[*y]) {
            let (new, old) = (self.row(y), self.old(shadow, y));
            for parts in lines::ranges((0..self.parts).filter(|part| new[*part] != old[*part])) {
                let area = self.area(&parts, y..y + 1);
                let goes_on = |above: &&mut Area| {
                    (above.left, above.right, above.bottom) == (area.left, area.right, area.top)
                };
                match areas.iter_mut().rev().take(OPEN).find(goes_on) {
                    Some(above) => above.bottom = area.bottom,
                    None => areas.push(area),
                }
            }
        }
        areas
    }

    /// What has moved up or down.
    pub(crate) fn up_or_down(
        &self,
        shadow: &Shadow,
        pixels: &impl Pixels,
        origin: (i32, i32),
        changed: &[Area],
    ) -> Option<Scroll> {
        let height = self.target.height();
        if height < LEAST {
            return None;
        }
        let dy = self.vote(shadow)?;
        let parts = self.moved_parts(shadow, dy);
        let columns = self.area(&parts, 0..height);
        if columns.width() < LEAST {
            return None;
        }
        let fates: Vec<Fate> = (0..height).map(|y| self.fate(shadow, y, dy, &parts)).collect();
        let wider = Wider { shadow, pixels, origin, target: self.target, dy };
        let (whole, frayed) = wider.widen(columns, &fates);
        let band = |rows: Range<usize>| self.band(whole, rows);
        let (moves, mut rest) = moves(&fates, dy, band, (0, dy))?;
        rest.extend(frayed);
        rest.extend(changed.iter().flat_map(|area| around(*area, whole)));
        Some(Scroll { moves, rest })
    }

    fn vote(&self, shadow: &Shadow) -> Option<i32> {
        let mut changes = vec![0; self.parts];
        for (y, new) in self.prints.chunks(self.parts).enumerate() {
            let parts = changes.iter_mut().zip(new.iter().zip(self.old(shadow, y)));
            parts.for_each(|(changes, (new, old))| *changes += usize::from(new != old));
        }
        let mut voters: Vec<(usize, usize)> = changes.into_iter().zip(0..).collect();
        voters.sort_unstable_by(|one, other| other.cmp(one));
        let mut votes = Votes::default();
        for (_, part) in voters.into_iter().take(VOTERS).filter(|(changes, _)| *changes > 0) {
            let old: Vec<Line> = (0..self.target.height()).map(|y| self.old(shadow, y)[part]).collect();
            let new: Vec<Line> = (0..self.target.height()).map(|y| self.row(y)[part]).collect();
            votes.add(&old, &new);
        }
        votes.distance()
    }

    /// The parts of rows that have moved by `dy`.
    fn moved_parts(&self, shadow: &Shadow, dy: i32) -> Range<usize> {
        let landing = landing(self.target.height(), dy);
        let mut agreements = vec![Agreement::default(); self.parts];
        for y in landing.clone() {
            let (new, before, same) = (self.row(y), self.old(shadow, source(y, dy)), self.old(shadow, y));
            for (agreement, (new, (before, same))) in
                agreements.iter_mut().zip(new.iter().zip(before.iter().zip(same)))
            {
                agreement.against += usize::from(new != before);
                agreement.gains += usize::from(new == before && new != same);
            }
        }
        lines::width(&agreements, landing.len())
    }

    fn fate(&self, shadow: &Shadow, y: usize, dy: i32, parts: &Range<usize>) -> Fate {
        let new = &self.row(y)[parts.clone()];
        let is = |row: usize| new == &self.old(shadow, row)[parts.clone()];
        match landing(self.target.height(), dy).contains(&y) && is(source(y, dy)) {
            false => Fate::Other,
            true if is(y) => Fate::Both,
            true => Fate::Moved,
        }
    }

    fn row(&self, y: usize) -> &[u64] {
        &self.prints[y * self.parts..][..self.parts]
    }

    fn old<'a>(&self, shadow: &'a Shadow, y: usize) -> &'a [u64] {
        shadow.prints(self.target.top as usize + y)
    }

    fn area(&self, parts: &Range<usize>, rows: Range<usize>) -> Area {
        let edge = |part: usize| ((part * PART) as i32).min(self.target.right);
        self.band(Area { left: edge(parts.start), right: edge(parts.end), ..self.target }, rows)
    }

    fn band(&self, columns: Area, rows: Range<usize>) -> Area {
        let edge = |row: usize| self.target.top + row as i32;
        Area { top: edge(rows.start), bottom: edge(rows.end), ..columns }
    }
}

/// Finds out how many pixels have moved to the left and right of the parts that have.
struct Wider<'a, P> {
    shadow: &'a Shadow,
    pixels: &'a P,
    origin: (i32, i32),
    target: Area,
    dy: i32,
}

impl<P: Pixels> Wider<'_, P> {
    /// Wider columns, and where they reach too far.
    fn widen(&self, columns: Area, fates: &[Fate]) -> (Area, Vec<Area>) {
        let span = PART as i32;
        let left = Area { left: (columns.left - span).max(self.target.left), right: columns.left, ..columns };
        let right =
            Area { left: columns.right, right: (columns.right + span).min(self.target.right), ..columns };
        let (more_left, mut frayed) = self.reach(left, fates, true);
        let (more_right, frayed_right) = self.reach(right, fates, false);
        frayed.extend(frayed_right);
        (Area { left: columns.left - more_left, right: columns.right + more_right, ..columns }, frayed)
    }

    /// How many columns of `strip`, counted from its right or left end, have moved too in most rows; and where not.
    fn reach(&self, strip: Area, fates: &[Fate], from_right: bool) -> (i32, Vec<Area>) {
        if strip.is_empty() {
            return (0, Vec::new());
        }
        let moved = |y: &usize| fates[*y] != Fate::Other;
        let reaches: Vec<(usize, usize)> =
            (0..fates.len()).filter(moved).map(|y| (y, self.reach_in(strip, y, from_right))).collect();
        let gain = |width: usize| width * reaches.iter().filter(|(_, reach)| *reach >= width).count();
        let width = (0..=strip.width()).max_by_key(|width| (gain(*width), *width)).unwrap_or(0) as i32;
        let part = match from_right {
            true => Area { left: strip.right - width, ..strip },
            false => Area { right: strip.left + width, ..strip },
        };
        let short = reaches.iter().filter(|(_, reach)| (*reach as i32) < width);
        let row = |y: usize| Area { top: part.top + y as i32, bottom: part.top + y as i32 + 1, ..part };
        (width, short.map(|(y, _)| row(*y)).collect())
    }

    fn reach_in(&self, strip: Area, y: usize, from_right: bool) -> usize {
        let mut new = [0; PART];
        let new = &mut new[..strip.width()];
        let row = (strip.top - self.origin.1) as usize + y;
        self.pixels.read((strip.left - self.origin.0) as usize, row, new);
        let from = source(strip.top as usize + y, self.dy);
        let old = self.shadow.row(from, strip.left as usize, strip.right as usize);
        let pairs = new.iter().zip(old);
        match from_right {
            true => pairs.rev().take_while(|(new, old)| new == old).count(),
            false => pairs.take_while(|(new, old)| new == old).count(),
        }
    }
}
