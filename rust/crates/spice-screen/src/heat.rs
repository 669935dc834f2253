//! When and how often each part of the screen has changed: what moves like a video, and what has come to rest.

use spice_canvas::{Area, Region};

/// Side of the squares that are watched.
const TILE: i32 = 64;

/// Changes that follow each other within this time, in seconds, belong together.
const TOGETHER: f64 = 0.2;

/// Changes one after the other from which on a part is a video.
const MANY: u8 = 20;

/// Fewer changes count for the parts around it.
const SOME: u8 = 10;

/// The changes of one client's picture.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    bounds: Area,
    across: usize,
    tiles: Vec<Tile>,
}

#[derive(Debug, Clone, Copy)]
struct Tile {
    /// Changes that followed each other.
    changes: u8,
    /// How many of them brought something like a picture.
    pictures: u8,
    /// When it changed last, and when something was done to it last that is no change of the picture.
    last: f64,
    touched: f64,
    /// Everything that those changes changed.
    extent: Area,
}

/// A part of the screen that changes all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Video {
    pub(crate) area: Area,
    /// It shows pictures rather than text and drawings.
    pub(crate) is_picture: bool,
}

impl Heat {
    /// A screen on which nothing ever changed.
    pub(crate) fn new(bounds: Area) -> Self {
        let side = |length: usize| length.div_ceil(TILE as usize);
        let (across, down) = (side(bounds.width()), side(bounds.height()));
        let still =
            Tile { changes: 0, pictures: 0, last: f64::MIN, touched: f64::MIN, extent: Area::default() };
        Self { bounds, across, tiles: vec![still; across * down] }
    }

    /// Some areas have been drawn on; `is_picture` says what is there now.
    pub(crate) fn changed(&mut self, areas: &[Area], now: f64, mut is_picture: impl FnMut(Area) -> bool) {
        for area in areas.iter().map(|area| area.intersect(&self.bounds)).filter(|area| !area.is_empty()) {
            let picture = u8::from(is_picture(area));
            for index in self.indices(area) {
                let part = self.place(index).intersect(&area);
                self.tiles[index].change(part, picture, now);
            }
        }
    }

    /// An area has been moved somewhere, or was sent with a loss: it does not rest, but that makes no video.
    pub(crate) fn touched(&mut self, area: Area, now: f64) {
        let indices: Vec<usize> = self.indices(area.intersect(&self.bounds)).collect();
        indices.into_iter().for_each(|index| self.tiles[index].touched = now);
    }

    /// What of a region has rested for some seconds.
    pub(crate) fn resting(&self, region: &Region, seconds: f64, now: f64) -> Region {
        self.parts(region, |tile| tile.last.max(tile.touched) + seconds <= now)
    }

    /// What of an area has changed in the last seconds, in whole tiles.
    pub(crate) fn moving(&self, area: Area, seconds: f64, now: f64) -> Region {
        self.parts(&Region::from(area), |tile| tile.last + seconds > now)
    }

    /// Since when the part of a region has rested that has rested longest.
    pub(crate) fn oldest(&self, region: &Region) -> Option<f64> {
        let indices = region.areas().iter().flat_map(|area| self.indices(area.intersect(&self.bounds)));
        indices.map(|index| self.tiles[index].last.max(self.tiles[index].touched)).min_by(f64::total_cmp)
    }

    /// The parts that change all the time, except where `known` says that this is known.
    pub(crate) fn videos(&self, now: f64, known: impl Fn(Area) -> bool) -> Vec<Video> {
        let is_hot = |index: &usize| {
            let tile = &self.tiles[*index];
            tile.changes >= MANY && now - tile.last <= TOGETHER && !known(tile.extent)
        };
        let mut seen = vec![false; self.tiles.len()];
        let hot: Vec<usize> = (0..self.tiles.len()).filter(is_hot).collect();
        hot.into_iter().filter_map(|index| self.video(index, now, &mut seen)).collect()
    }

    /// The video that a tile belongs to, if it was not seen yet.
    fn video(&self, first: usize, now: f64, seen: &mut [bool]) -> Option<Video> {
        let (mut open, mut area, mut changed, mut changes, mut pictures) =
            (vec![first], Area::default(), 0, 0, 0);
        while let Some(index) = open.pop() {
            let tile = &self.tiles[index];
            if seen[index] || tile.changes < SOME || now - tile.last > TOGETHER {
                continue;
            }
            seen[index] = true;
            area = area.bounding(&tile.extent);
            changed += tile.extent.pixels();
            changes += usize::from(tile.changes);
            pictures += usize::from(tile.pictures);
            open.extend(
                self.neighbours(index).filter(|next| is_close(&self.tiles[*next].extent, &tile.extent)),
            );
        }
        // Parts that only touch at corners of a large area are no video of that size.
        let is_full = changed * 2 >= area.pixels();
        (!area.is_empty() && is_full).then_some(Video { area, is_picture: pictures * 5 >= changes })
    }

    fn neighbours(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, tiles) = (self.across, self.tiles.len());
        let left = (!index.is_multiple_of(across)).then(|| index - 1);
        let right = (index % across + 1 < across).then_some(index + 1);
        let above = index.checked_sub(across);
        let below = Some(index + across).filter(|below| *below < tiles);
        [left, right, above, below].into_iter().flatten()
    }

    fn parts(&self, region: &Region, wanted: impl Fn(&Tile) -> bool) -> Region {
        let parts = region.areas().iter().flat_map(|area| {
            let area = area.intersect(&self.bounds);
            let indices = self.indices(area).filter(|index| wanted(&self.tiles[*index]));
            indices.map(move |index| self.place(index).intersect(&area)).collect::<Vec<_>>()
        });
        Region::of(parts, usize::MAX).unwrap_or_default()
    }

    fn place(&self, index: usize) -> Area {
        let (left, top) = ((index % self.across) as i32 * TILE, (index / self.across) as i32 * TILE);
        Area { left, top, right: left + TILE, bottom: top + TILE }
    }

    /// The tiles under an area that lies inside.
    fn indices(&self, area: Area) -> impl Iterator<Item = usize> + use<> {
        let across = self.across;
        let cells =
            |start: i32, end: i32| start.max(0) / TILE..if start < end { (end - 1) / TILE + 1 } else { 0 };
        let (columns, rows) = match area.is_empty() {
            true => (0..0, 0..0),
            false => (cells(area.left, area.right), cells(area.top, area.bottom)),
        };
        rows.flat_map(move |row| columns.clone().map(move |column| row as usize * across + column as usize))
    }
}

impl Tile {
    fn change(&mut self, part: Area, picture: u8, now: f64) {
        if now - self.last > TOGETHER {
            (self.changes, self.pictures, self.extent) = (0, 0, Area::default());
        }
        // Several changes at the same time are one.
        if now > self.last || self.changes == 0 {
            self.changes = self.changes.saturating_add(1);
            self.pictures = self.pictures.saturating_add(picture);
        }
        self.last = now;
        self.extent = self.extent.bounding(&part);
    }
}

/// Whether two parts are one rather than two beside each other.
fn is_close(one: &Area, other: &Area) -> bool {
    let around = Area {
        left: one.left - CLOSE,
        top: one.top - CLOSE,
        right: one.right + CLOSE,
        bottom: one.bottom + CLOSE,
    };
    !around.intersect(other).is_empty()
}

/// Pixels between parts that are one.
const CLOSE: i32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: i32, top: i32, right: i32, bottom: i32) -> Area {
        Area { left, top, right, bottom }
    }

    #[test]
    fn what_changes_twenty_times_in_a_row_is_a_video() {
        let mut heat = Heat::new(area(0, 0, 1000, 700));
        let place = area(100, 130, 500, 430);
        for frame in 0..20 {
            assert!(heat.videos(f64::from(frame) * 0.1, |_| false).is_empty(), "frame {frame}");
            let parts = [area(100, 130, 300, 430), area(300, 140, 500, 430), area(310, 130, 500, 140)];
            heat.changed(&parts, f64::from(frame) * 0.1, |_| frame % 4 == 0);
        }
        assert_eq!(heat.videos(1.9, |_| false), [Video { area: place, is_picture: true }]);
        assert!(heat.videos(1.9, |part| place.contains(&part)).is_empty());
        assert!(heat.videos(3.0, |_| false).is_empty(), "it rests");
    }

    #[test]
    fn what_changes_now_and_then_is_none() {
        let mut heat = Heat::new(area(0, 0, 1000, 700));
        for frame in 0..100 {
            let now = f64::from(frame) * 0.3;
            heat.changed(&[area(100, 130, 500, 430)], now, |_| true);
            heat.touched(area(500, 130, 900, 430), now);
            assert!(heat.videos(now, |_| false).is_empty());
        }
    }

    #[test]
    fn what_has_not_changed_for_a_while_rests() {
        let mut heat = Heat::new(area(0, 0, 1000, 700));
        heat.changed(&[area(0, 0, 1000, 700)], 1.0, |_| true);
        heat.changed(&[area(70, 70, 80, 80)], 2.0, |_| true);
        let all = Region::from(area(60, 60, 140, 140));
        assert!(heat.resting(&all, 1.0, 1.5).is_empty());
        assert_eq!(heat.resting(&all, 1.0, 2.5).pixels(), 80 * 80 - 64 * 64);
        assert_eq!(heat.oldest(&all), Some(1.0));
        assert_eq!(heat.moving(area(60, 60, 140, 140), 1.0, 2.5), Region::from(area(64, 64, 128, 128)));
    }
}
