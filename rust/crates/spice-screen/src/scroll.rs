//! Finds out that what a picture shows is what was there before, moved up, down or sideways.

use std::ops::Range;

use spice_canvas::Area;

use crate::lines::{self, Agreement, Fate, Line, PLAIN, Votes};
use crate::pixels::Pixels;
use crate::shadow::Shadow;
use crate::stale::Move;

/// What of an area has only moved.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// In an order in which none destroys what a later one moves.
    pub(crate) moves: Vec<Move>,
    /// Where the picture may differ after the moves; elsewhere in the area it does not.
    pub(crate) rest: Vec<Area>,
}

/// Sides from which on an area is looked at.
pub(crate) const LEAST: usize = 48;
/// Strips of columns whose rows vote, and strips of rows whose columns vote; and how many pixels each line has there.
const COLUMN_STRIPS: usize = 6;
const ROW_STRIPS: usize = 4;
const STRIP: usize = 32;
/// Lines along the way that stand for all of them where the width of what moved is measured.
const SAMPLES: usize = 24;

/// Looks for moves inside of `area`, much of which differs from the screen. The picture's corner lies at `origin`.
pub(crate) fn find(shadow: &Shadow, pixels: &impl Pixels, area: Area, origin: (i32, i32)) -> Option<Scroll> {
    let mut look = Look::new(shadow, pixels, area, origin)?;
    look.up_or_down().or_else(|| look.sideways())
}

/// Looks for moves to the left or right only.
pub(crate) fn find_sideways(
    shadow: &Shadow,
    pixels: &impl Pixels,
    area: Area,
    origin: (i32, i32),
) -> Option<Scroll> {
    Look::new(shadow, pixels, area, origin)?.sideways()
}

/// An area of the screen beside the same one of a picture. Rows and columns are counted from its corner.
struct Look<'a, P> {
    shadow: &'a Shadow,
    pixels: &'a P,
    area: Area,
    /// Where the area begins in the picture.
    corner: (usize, usize),
    /// A row of the picture.
    row: Vec<u32>,
}

impl<'a, P: Pixels> Look<'a, P> {
    /// Nothing where the area is too small for moves to be worth it.
    fn new(shadow: &'a Shadow, pixels: &'a P, area: Area, origin: (i32, i32)) -> Option<Self> {
        if area.width() < LEAST || area.height() < LEAST {
            return None;
        }
        let corner = ((area.left - origin.0) as usize, (area.top - origin.1) as usize);
        Some(Self { shadow, pixels, area, corner, row: vec![0; area.width()] })
    }

    fn up_or_down(&mut self) -> Option<Scroll> {
        let dy = self.rows_vote()?;
        let columns = self.moved_columns(dy);
        if columns.len() < LEAST {
            return None;
        }
        let fates: Vec<Fate> = (0..self.area.height()).map(|y| self.fate_of_row(y, dy, &columns)).collect();
        let whole = self.part(columns, 0..self.area.height());
        let band = |rows: Range<usize>| {
            let edge = |row: usize| whole.top + row as i32;
            Area { top: edge(rows.start), bottom: edge(rows.end), ..whole }
        };
        self.scroll(whole, &fates, dy, band, (0, dy))
    }

    fn sideways(&mut self) -> Option<Scroll> {
        let dx = self.columns_vote()?;
        let rows = self.moved_rows(dx);
        if rows.len() < LEAST {
            return None;
        }
        let fates = self.fates_of_columns(dx, rows.clone());
        let whole = self.part(0..self.area.width(), rows);
        let strip = |columns: Range<usize>| {
            let edge = |column: usize| whole.left + column as i32;
            Area { left: edge(columns.start), right: edge(columns.end), ..whole }
        };
        self.scroll(whole, &fates, dx, strip, (dx, 0))
    }

    fn rows_vote(&mut self) -> Option<i32> {
        let height = self.area.height();
        let strips: Vec<Range<usize>> = strips(self.area.width(), COLUMN_STRIPS).collect();
        let mut lines = vec![(vec![PLAIN; height], vec![PLAIN; height]); strips.len()];
        for y in 0..height {
            for (strip, (old, new)) in strips.iter().zip(&mut lines) {
                old[y] = line(&self.old(y)[strip.clone()]);
                new[y] = line(self.read(y, strip.clone()));
            }
        }
        vote(&lines)
    }

    fn columns_vote(&mut self) -> Option<i32> {
        let width = self.area.width();
        let bands: Vec<Range<usize>> = strips(self.area.height(), ROW_STRIPS).collect();
        let mut lines = Vec::with_capacity(bands.len());
        for band in bands {
            let (mut old, mut new) = (Columns::new(width), Columns::new(width));
            for y in band {
                old.add(self.old(y));
                new.add(self.read(y, 0..width));
            }
            lines.push((old.lines(), new.lines()));
        }
        vote(&lines)
    }

    /// The columns in which rows have moved by `dy`.
    fn moved_columns(&mut self, dy: i32) -> Range<usize> {
        let (width, landing) = (self.area.width(), landing(self.area.height(), dy));
        let mut agreements = vec![Agreement::default(); width];
        for index in 0..SAMPLES {
            let y = landing.start + landing.len() * index / SAMPLES;
            self.read(y, 0..width);
            let (before, same) = (self.old(source(y, dy)), self.old(y));
            let pixels = self.row.iter().zip(before).zip(same);
            for (agreement, ((new, before), same)) in agreements.iter_mut().zip(pixels) {
                agreement.against += usize::from(new != before);
                agreement.gains += usize::from(new == before && new != same);
            }
        }
        lines::width(&agreements, SAMPLES)
    }

    /// The rows in which columns have moved by `dx`.
    fn moved_rows(&mut self, dx: i32) -> Range<usize> {
        let (width, landing) = (self.area.width(), landing(self.area.width(), dx));
        let start = source(landing.start, dx);
        let mut agreements = vec![Agreement::default(); self.area.height()];
        for (y, agreement) in agreements.iter_mut().enumerate() {
            self.read(y, 0..width);
            let (before, same) = (&self.old(y)[start..start + landing.len()], &self.old(y)[landing.clone()]);
            for ((new, before), same) in self.row[landing.clone()].iter().zip(before).zip(same) {
                agreement.against += usize::from(new != before);
                agreement.gains += usize::from(new == before && new != same);
            }
        }
        lines::width(&agreements, landing.len())
    }

    fn fate_of_row(&self, y: usize, dy: i32, columns: &Range<usize>) -> Fate {
        let is = |row: usize| {
            let (left, top) = self.corner;
            self.pixels.same(left + columns.start, top + y, &self.old(row)[columns.clone()])
        };
        match landing(self.area.height(), dy).contains(&y) && is(source(y, dy)) {
            false => Fate::Other,
            true if is(y) => Fate::Both,
            true => Fate::Moved,
        }
    }

    fn fates_of_columns(&mut self, dx: i32, rows: Range<usize>) -> Vec<Fate> {
        let (width, landing) = (self.area.width(), landing(self.area.width(), dx));
        let start = source(landing.start, dx);
        let (mut moved, mut stayed) = (vec![true; landing.len()], vec![true; landing.len()]);
        for y in rows {
            self.read(y, 0..width);
            let (before, same) = (&self.old(y)[start..], &self.old(y)[landing.clone()]);
            let new = &self.row[landing.clone()];
            moved.iter_mut().zip(new.iter().zip(before)).for_each(|(moved, (new, old))| *moved &= new == old);
            stayed
                .iter_mut()
                .zip(new.iter().zip(same))
                .for_each(|(stayed, (new, old))| *stayed &= new == old);
        }
        let mut fates = vec![Fate::Other; width];
        for (fate, (moved, stayed)) in fates[landing].iter_mut().zip(moved.into_iter().zip(stayed)) {
            *fate = match (moved, stayed) {
                (false, _) => Fate::Other,
                (true, true) => Fate::Both,
                (true, false) => Fate::Moved,
            };
        }
        fates
    }

    /// The moves of runs of lines inside of `whole`, and what is left of the area.
    fn scroll(
        &self,
        whole: Area,
        fates: &[Fate],
        distance: i32,
        area_of: impl Fn(Range<usize>) -> Area,
        way: (i32, i32),
    ) -> Option<Scroll> {
        let (moves, mut rest) = moves(fates, distance, area_of, way)?;
        rest.extend(around(self.area, whole));
        Some(Scroll { moves, rest })
    }

    fn old(&self, y: usize) -> &[u32] {
        self.shadow.row(self.area.top as usize + y, self.area.left as usize, self.area.right as usize)
    }

    /// Columns of a row of the picture.
    fn read(&mut self, y: usize, columns: Range<usize>) -> &[u32] {
        let (left, top) = self.corner;
        self.pixels.read(left + columns.start, top + y, &mut self.row[columns.clone()]);
        &self.row[columns]
    }

    fn part(&self, columns: Range<usize>, rows: Range<usize>) -> Area {
        let Area { left, top, .. } = self.area;
        let (x, y) = (|column: usize| left + column as i32, |row: usize| top + row as i32);
        Area { left: x(columns.start), right: x(columns.end), top: y(rows.start), bottom: y(rows.end) }
    }
}

/// The moves of the runs of lines that moved, and the areas of those that did not.
pub(crate) fn moves(
    fates: &[Fate],
    distance: i32,
    area_of: impl Fn(Range<usize>) -> Area,
    (dx, dy): (i32, i32),
) -> Option<(Vec<Move>, Vec<Area>)> {
    let runs = lines::runs(fates);
    let rest = lines::rest(fates, &runs).into_iter().map(&area_of).collect();
    let mut moves: Vec<Move> = runs.into_iter().map(|run| Move { target: area_of(run), dx, dy }).collect();
    if distance > 0 {
        // What goes down or right must make room before what follows it takes its place.
        moves.reverse();
    }
    (!moves.is_empty()).then_some((moves, rest))
}

/// Which of so many lines something may have moved to.
pub(crate) fn landing(lines: usize, distance: i32) -> Range<usize> {
    let way = (distance.unsigned_abs() as usize).min(lines);
    if distance > 0 { way..lines } else { 0..lines - way }
}

/// Where a line comes from.
pub(crate) fn source(line: usize, distance: i32) -> usize {
    line.wrapping_add_signed(-(distance as isize))
}

/// What an area has outside of another.
pub(crate) fn around(area: Area, other: Area) -> impl Iterator<Item = Area> {
    let part = area.intersect(&other);
    // Without a part in common all of it is above.
    let part = if part.is_empty() { Area { top: area.bottom, ..area } } else { part };
    let above = Area { bottom: part.top, ..area };
    let below = Area { top: part.bottom, ..area };
    let left = Area { top: part.top, bottom: part.bottom, right: part.left, ..area };
    let right = Area { top: part.top, bottom: part.bottom, left: part.right, ..area };
    [above, left, right, below].into_iter().filter(|area| !area.is_empty())
}

fn vote(lines: &[(Vec<Line>, Vec<Line>)]) -> Option<i32> {
    let mut votes = Votes::default();
    lines.iter().for_each(|(old, new)| votes.add(old, new));
    votes.distance()
}

/// The strips that stand for a side of so many pixels.
fn strips(side: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = most.min(side / STRIP).max(2);
    (0..count).map(move |index| {
        let start = (side - STRIP) * index / (count - 1);
        start..start + STRIP
    })
}

/// A row's part as a line.
fn line(pixels: &[u32]) -> Line {
    let Some(first) = pixels.first().map(|pixel| pair([*pixel; 2])) else { return PLAIN };
    // Two sums that do not wait for each other.
    let (mut even, mut odd, mut varying) = (1, 2, 0);
    for [a, b, c, d] in pixels.as_chunks().0 {
        let (one, two) = (pair([*a, *b]), pair([*c, *d]));
        (even, odd) = (lines::mix(even, one), lines::mix(odd, two));
        varying |= (one ^ first) | (two ^ first);
    }
    if varying == 0 { PLAIN } else { lines::finish(even, odd) }
}

fn pair([one, two]: [u32; 2]) -> u64 {
    u64::from(one) | u64::from(two) << 32
}

/// Columns' parts as lines, made row by row.
struct Columns {
    first: Option<Vec<u32>>,
    /// Bits in which a column's pixels are not all the same.
    varying: Vec<u32>,
    sums: Vec<u32>,
}

impl Columns {
    fn new(width: usize) -> Self {
        Self { first: None, varying: vec![0; width], sums: vec![0; width] }
    }

    fn add(&mut self, row: &[u32]) {
        let first = self.first.get_or_insert_with(|| row.to_vec());
        let columns = self.varying.iter_mut().zip(&mut self.sums).zip(first.iter().zip(row));
        for ((varying, sum), (first, pixel)) in columns {
            *varying |= first ^ pixel;
            // Weak, but of nothing that processors cannot do for several columns at once; a match is looked at later.
            *sum = (*sum << 5).wrapping_sub(*sum).wrapping_add(*pixel);
        }
    }

    fn lines(&self) -> Vec<Line> {
        let line = |(varying, sum): (&u32, &u32)| match varying {
            0 => PLAIN,
            _ => lines::finish(u64::from(*sum), 0),
        };
        self.varying.iter().zip(&self.sums).map(line).collect()
    }
}
