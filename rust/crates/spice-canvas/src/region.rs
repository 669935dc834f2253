//! Areas and sets of areas: clips, damage, what is not exact.

use spice_wire::messages::draw::Rect;

/// A rectangle in pixels; right and bottom are exclusive. Where right or bottom do not lie behind left and top it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Area {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Column behind the last one.
    pub right: i32,
    /// Row behind the last one.
    pub bottom: i32,
}

impl Area {
    /// The area with its left top corner at the origin.
    pub fn sized(width: usize, height: usize) -> Self {
        let side = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
        Self { left: 0, top: 0, right: side(width), bottom: side(height) }
    }

    /// Whether there is no pixel in it.
    pub fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// Pixels in a row; 0 where the area is empty.
    pub fn width(&self) -> usize {
        self.size().0.try_into().unwrap_or(0)
    }

    /// Number of rows; 0 where the area is empty.
    pub fn height(&self) -> usize {
        self.size().1.try_into().unwrap_or(0)
    }

    /// Width and height as the peer said them, which may be negative.
    pub fn size(&self) -> (i64, i64) {
        (i64::from(self.right) - i64::from(self.left), i64::from(self.bottom) - i64::from(self.top))
    }

    /// What both have.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The smallest area that has both.
    #[must_use]
    pub fn bounding(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => *other,
            (_, true) => *self,
            _ => Self {
                left: self.left.min(other.left),
                top: self.top.min(other.top),
                right: self.right.max(other.right),
                bottom: self.bottom.max(other.bottom),
            },
        }
    }

    /// Whether every pixel of `other` is in this area.
    pub fn contains(&self, other: &Self) -> bool {
        other.is_empty() || self.intersect(other) == *other
    }

    /// The area moved; what would leave the range of coordinates stops at its end.
    #[must_use]
    pub fn moved(&self, x: i64, y: i64) -> Self {
        let clamp = |value: i64| value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let shift = |value: i32, by: i64| clamp(i64::from(value).saturating_add(by));
        Self {
            left: shift(self.left, x),
            top: shift(self.top, y),
            right: shift(self.right, x),
            bottom: shift(self.bottom, y),
        }
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.width().saturating_mul(self.height())
    }
}

impl From<&Rect> for Area {
    fn from(rect: &Rect) -> Self {
        Self { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom }
    }
}

/// A set of pixels as areas that do not touch each other's pixels.
///
/// INVARIANT: the areas are not empty and stand in bands: sorted by top, those of one top have one bottom, are sorted by
/// left and do not meet. A set of one area allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Region {
    /// The only area, or an empty one; of no meaning when `many` holds something.
    one: Area,
    many: Vec<Area>,
}

impl From<Area> for Region {
    fn from(area: Area) -> Self {
        let one = if area.is_empty() { Area::default() } else { area };
        Self { one, many: Vec::new() }
    }
}

impl Region {
    /// All pixels of `areas`, which may overlap, or `None` where that would be more than `most` areas.
    pub fn of(areas: impl Iterator<Item = Area>, most: usize) -> Option<Self> {
        let areas: Vec<Area> = areas.filter(|area| !area.is_empty()).collect();
        if areas.len() <= most && is_banded(&areas) {
            // What servers send comes from regions of their own.
            return Some(Self::from_bands(areas));
        }
        let mut parts: Vec<Self> = areas.into_iter().map(Self::from).collect();
        while parts.len() > 1 {
            let joined = |pair: &[Self]| match pair {
                [one, other] => Some(one.union(other)).filter(|region| region.areas().len() <= most),
                rest => rest.first().cloned(),
            };
            parts = parts.chunks(2).map(joined).collect::<Option<_>>()?;
        }
        Some(parts.pop().unwrap_or_default())
    }

    /// The areas, from top to bottom and in each band from left to right.
    pub fn areas(&self) -> &[Area] {
        match self.many.is_empty() {
            false => &self.many,
            true if self.one.is_empty() => &[],
            true => std::slice::from_ref(&self.one),
        }
    }

    /// Whether there is no pixel in it.
    pub fn is_empty(&self) -> bool {
        self.many.is_empty() && self.one.is_empty()
    }

    /// The smallest area around it.
    pub fn bounds(&self) -> Area {
        self.areas().iter().fold(Area::default(), |bounds, area| bounds.bounding(area))
    }

    /// Pixels of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.areas(), other.areas()) {
            ([], _) => other.clone(),
            (_, []) => self.clone(),
            ([one], [two]) if one.contains(two) => self.clone(),
            ([one], [two]) if two.contains(one) => other.clone(),
            _ => self.combine(other, |here, there| here || there),
        }
    }

    /// Pixels of this set that are not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && !there)
    }

    /// Pixels of both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && there)
    }

    /// Pixels of this set that lie in `area`.
    #[must_use]
    pub fn within(&self, area: &Area) -> Self {
        let inside = self.areas().iter().map(|own| own.intersect(area)).filter(|own| !own.is_empty());
        match self.many.is_empty() {
            true => Self::from(self.one.intersect(area)),
            false => Self::from_bands(inside.collect()),
        }
    }

    /// The same pixels `(x, y)` away. What would leave the range of coordinates is lost.
    #[must_use]
    pub fn moved(&self, x: i32, y: i32) -> Self {
        let moved = |area: &Area| area.moved(x.into(), y.into());
        let areas: Vec<Area> = self.areas().iter().map(moved).filter(|area| !area.is_empty()).collect();
        Self::from_bands(areas)
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.areas().iter().map(Area::pixels).sum()
    }

    /// Makes it at most `most` areas, by taking in pixels that were not in it.
    pub fn coarsen(&mut self, most: usize) {
        if self.many.len() > most {
            *self = Self::from(self.bounds());
        }
    }

    fn from_bands(areas: Vec<Area>) -> Self {
        match areas.as_slice() {
            [] => Self::default(),
            [one] => Self::from(*one),
            _ => Self { one: Area::default(), many: areas },
        }
    }

    /// Sweeps over both from top to bottom; `keep` says which pixels stay by where they are.
    fn combine(&self, other: &Self, keep: impl Fn(bool, bool) -> bool) -> Self {
        let (here, there) = (self.areas(), other.areas());
        let mut edges: Vec<i32> = here.iter().chain(there).flat_map(|area| [area.top, area.bottom]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut bands = Bands::default();
        let (mut here, mut there) = (Cursor(here), Cursor(there));
        for pair in edges.windows(2) {
            if let [top, bottom] = *pair {
                bands.add(top, bottom, here.band(top), there.band(top), &keep);
            }
        }
        Self::from_bands(bands.areas)
    }
}

/// Whether areas, none of them empty, stand in bands already.
fn is_banded(areas: &[Area]) -> bool {
    areas.iter().zip(areas.iter().skip(1)).all(|(one, next)| {
        let same_band = (one.top, one.bottom) == (next.top, next.bottom) && one.right < next.left;
        same_band || one.bottom <= next.top
    })
}

/// What of a region is not above the sweep.
struct Cursor<'a>(&'a [Area]);

impl<'a> Cursor<'a> {
    /// The areas that have row `y`; rows are asked for from top to bottom.
    fn band(&mut self, y: i32) -> &'a [Area] {
        let passed = self.0.iter().take_while(|area| area.bottom <= y).count();
        self.0 = self.0.get(passed..).unwrap_or(&[]);
        let covering = self.0.iter().take_while(|area| area.top <= y).count();
        self.0.get(..covering).unwrap_or(&[])
    }
}

/// A region under construction.
#[derive(Default)]
struct Bands {
    areas: Vec<Area>,
    /// Where the last band starts in `areas`.
    last: usize,
    edges: Vec<i32>,
}

impl Bands {
    fn add(
        &mut self,
        top: i32,
        bottom: i32,
        here: &[Area],
        there: &[Area],
        keep: impl Fn(bool, bool) -> bool,
    ) {
        self.edges.clear();
        self.edges.extend(here.iter().chain(there).flat_map(|area| [area.left, area.right]));
        self.edges.sort_unstable();
        self.edges.dedup();
        let start = self.areas.len();
        let (mut here, mut there) = (here.iter().peekable(), there.iter().peekable());
        for pair in self.edges.windows(2) {
            let [left, right] = *pair else { continue };
            while here.next_if(|area| area.right <= left).is_some() {}
            while there.next_if(|area| area.right <= left).is_some() {}
            let covers = |area: Option<&&Area>| area.is_some_and(|area| area.left <= left);
            if keep(covers(here.peek()), covers(there.peek())) {
                match self.areas.get_mut(start..).and_then(<[Area]>::last_mut) {
                    Some(last) if last.right == left => last.right = right,
                    _ => self.areas.push(Area { left, top, right, bottom }),
                }
            }
        }
        self.join(start);
    }

    /// Makes the band at `start` part of the one above where both have the same columns.
    fn join(&mut self, start: usize) {
        let (above, new) = self.areas.split_at_mut(start);
        let above = above.get_mut(self.last..).unwrap_or_default();
        let same = |(one, other): (&Area, &Area)| {
            (one.left, one.right, one.bottom) == (other.left, other.right, other.top)
        };
        if above.len() == new.len() && above.iter().zip(new.iter()).all(same) {
            above.iter_mut().zip(new.iter()).for_each(|(one, other)| one.bottom = other.bottom);
            self.areas.truncate(start);
        } else if !new.is_empty() {
            self.last = start;
        }
    }
}
