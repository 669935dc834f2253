//! A stale region to the rectangles that are sent.

use spice_canvas::{Area, Region};

/// What a message costs beside its pixels, in pixels: header, descriptor, and the start of a coder.
const OVERHEAD: usize = 512;

/// Rectangles that were found last and may still grow.
const OPEN: usize = 8;

/// Rectangles of at most `most` pixels that cover a region and little besides. They may overlap: all show the same screen.
pub(crate) fn cut(region: &Region, most: usize) -> Vec<Area> {
    join(region.areas(), is_worth_joining).into_iter().flat_map(|area| stripes(area, most)).collect()
}

/// Areas from top to bottom, taken together where that is worth it.
pub(crate) fn join(areas: &[Area], is_worth: impl Fn(&Area, &Area) -> bool) -> Vec<Area> {
    let mut joined: Vec<Area> = Vec::new();
    for area in areas {
        let start = joined.len().saturating_sub(OPEN);
        match joined[start..].iter_mut().rev().find(|open| is_worth(open, area)) {
            Some(open) => *open = open.bounding(area),
            None => joined.push(*area),
        }
    }
    joined
}

/// Whether one rectangle costs less than two.
pub(crate) fn is_worth_joining(one: &Area, other: &Area) -> bool {
    let apart = one.pixels() + other.pixels();
    one.bounding(other).pixels() <= apart + apart / 8 + OVERHEAD
}

/// Whether two areas that changed may have changed together: most of the area around both has changed, or nearly so.
pub(crate) fn is_one_change(one: &Area, other: &Area) -> bool {
    one.bounding(other).pixels() <= 3 * (one.pixels() + other.pixels())
}

/// An area in stripes of about the same height.
fn stripes(area: Area, most: usize) -> impl Iterator<Item = Area> {
    let rows = (most / area.width().max(1)).max(1);
    let count = area.height().div_ceil(rows).max(1);
    let edge = move |index: usize| area.top + (area.height() * index / count) as i32;
    (0..count).map(move |index| Area { top: edge(index), bottom: edge(index + 1), ..area })
}

/// Pixels of a change that goes before others: somebody may be typing.
const SMALL: usize = 1 << 13;

/// Brings rectangles into the order in which they are sent: small ones first, then from row `from` on downwards and around,
/// so that what changes all the time above does not keep what lies below from being sent.
pub(crate) fn order(areas: &mut [Area], from: i32) {
    areas.sort_by_key(|area| (area.pixels() > SMALL, area.top < from));
}
