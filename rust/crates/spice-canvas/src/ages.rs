//! How old each part of a surface is: what a copy of an older version lacks.

use crate::region::Area;

/// When each tile of a surface last changed.
///
/// A list of areas would be exact, but a page of text is a hundred areas: merged into few they are the whole screen.
#[derive(Debug)]
pub struct Ages {
    bounds: Area,
    columns: usize,
    /// The version that changed each tile, row by row.
    changed: Vec<u64>,
}

impl Ages {
    /// A surface that came to be with `version`.
    pub fn new(bounds: Area, version: u64) -> Self {
        let columns = bounds.width().div_ceil(WIDTH);
        Self { bounds, columns, changed: vec![version; columns * bounds.height().div_ceil(HEIGHT)] }
    }

    /// Notes that `area`, which lies inside, changed on the way to `version`.
    pub fn note(&mut self, area: &Area, version: u64) {
        let (left, right) = (area.left as usize / WIDTH, (area.right as usize).div_ceil(WIDTH));
        let (top, bottom) = (area.top as usize / HEIGHT, (area.bottom as usize).div_ceil(HEIGHT));
        for row in self.changed.chunks_exact_mut(self.columns).take(bottom).skip(top) {
            row[left..right].fill(version);
        }
    }

    /// Areas that have everything that changed after `version`, and some pixels around it.
    pub fn since(&self, version: u64) -> impl Iterator<Item = Area> {
        let rows = self.changed.chunks_exact(self.columns).enumerate();
        rows.flat_map(move |(row, tiles)| Stretches { tiles, at: 0, version }.map(move |tiles| (row, tiles)))
            .map(|(row, (left, right))| {
                let side = |tiles: usize, size: usize| i32::try_from(tiles * size).unwrap_or(i32::MAX);
                let area = Area {
                    left: side(left, WIDTH),
                    top: side(row, HEIGHT),
                    right: side(right, WIDTH),
                    bottom: side(row + 1, HEIGHT),
                };
                area.intersect(&self.bounds)
            })
    }
}

/// Stretches of tiles in one row that changed after `version`: the first, and the one behind the last.
struct Stretches<'a> {
    tiles: &'a [u64],
    at: usize,
    version: u64,
}

impl Iterator for Stretches<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let newer = |&changed: &u64| changed > self.version;
        let left = self.at + self.tiles.get(self.at..)?.iter().position(newer)?;
        let length = self.tiles[left..].iter().position(|changed| !newer(changed));
        self.at = length.map_or(self.tiles.len(), |length| left + length);
        Some((left, self.at))
    }
}

/// Pixels of a tile: two cache lines wide, so that little is copied around what changed.
const WIDTH: usize = 32;
const HEIGHT: usize = 8;
