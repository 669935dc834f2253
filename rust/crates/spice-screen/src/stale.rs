//! What one client has not been shown yet.

use spice_canvas::{Area, Region};

/// Moves that wait for one client; another one makes its target stale instead.
const MOST_MOVES: usize = 16;

/// Areas of a stale region; more are taken together where they lie close.
const MOST_AREAS: usize = 256;

/// Pixels that were moved inside of the screen: they came from `(dx, dy)` before `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) target: Area,
    pub(crate) dx: i32,
    pub(crate) dy: i32,
}

impl Move {
    /// Where the pixels come from.
    pub(crate) fn source(&self) -> Area {
        self.target.moved(-i64::from(self.dx), -i64::from(self.dy))
    }

    /// What becomes of a property of pixels (being stale, being lossy) when they are moved.
    pub(crate) fn carry(&self, region: &Region) -> Region {
        if region.is_empty() {
            return Region::default();
        }
        let carried = region.within(&self.source()).moved(self.dx, self.dy);
        region.subtract(&Region::from(self.target)).union(&carried)
    }
}

/// What one client has not been shown yet.
///
/// INVARIANT: a client that carries out `moves` in their order and then draws the screen's pixels in `dirty` shows the
/// screen.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// Which size of the screen this is about.
    pub(crate) generation: u64,
    pub(crate) moves: Vec<Move>,
    pub(crate) dirty: Region,
    /// What has changed since the view last looked, whether it was shown or not.
    pub(crate) news: Region,
    /// Which parts are monitors.
    pub(crate) monitors: bool,
}

impl Stale {
    /// Everything, of a surface that the client does not have yet.
    pub(crate) fn everything(generation: u64, bounds: Area) -> Self {
        Self {
            generation,
            moves: Vec::new(),
            dirty: Region::from(bounds),
            news: Region::default(),
            monitors: true,
        }
    }

    /// Whether the client shows the picture.
    pub(crate) fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.dirty.is_empty()
    }

    /// Pixels that change for the client when it is shown the screen.
    pub(crate) fn pixels(&self) -> usize {
        let moved: usize = self.moves.iter().map(|motion| motion.target.pixels()).sum();
        self.dirty.pixels() + moved
    }

    /// Pixels changed.
    pub(crate) fn changed(&mut self, region: &Region) {
        self.dirty = self.dirty.union(region);
        simplify(&mut self.dirty);
        self.news = self.news.union(region);
        simplify(&mut self.news);
    }

    /// Pixels moved.
    pub(crate) fn moved(&mut self, motion: Move) {
        let unseen = self.dirty.within(&motion.source()).pixels();
        if self.moves.len() >= MOST_MOVES || unseen * 2 > motion.target.pixels() {
            return self.changed(&Region::from(motion.target));
        }
        if self.moves.is_empty() && self.dirty.is_empty() {
            self.moves.push(motion);
            return;
        }
        self.dirty = motion.carry(&self.dirty);
        simplify(&mut self.dirty);
        self.moves.push(motion);
    }
}

/// Keeps a region small by rounding it out to an ever coarser grid.
pub(crate) fn simplify(region: &mut Region) {
    let mut grid = 8;
    while region.areas().len() > MOST_AREAS {
        let (bounds, areas) = (region.bounds(), region.areas().iter());
        let round = |area: &Area| {
            let down = |value: i32| value.div_euclid(grid) * grid;
            let up = |value: i32| down(value.saturating_add(grid - 1));
            let out = Area {
                left: down(area.left),
                top: down(area.top),
                right: up(area.right),
                bottom: up(area.bottom),
            };
            out.intersect(&bounds)
        };
        *region = Region::of(areas.map(round), usize::MAX).unwrap_or(Region::from(bounds));
        grid *= 2;
    }
}
